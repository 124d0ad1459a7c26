import { cacheFolder } from "#app/cache-folder.ts";
import { detectOnce } from "#app/detection.ts";
import type { Command } from "#cli/command.ts";
import { EXIT, type ExitCode } from "#cli/exit.ts";
import { loadForCommand } from "#cli/load.ts";
import { FAMILIES, type Family } from "#core/address.ts";
import type { Verdict } from "#core/consensus.ts";
import { ConfigError } from "#core/errors.ts";
import { familyOf } from "#core/record.ts";
import { type DecidedVerdict, describeVerdict, reportObservation, reportVerdict } from "#report/verdict.ts";

export const detect: Command = {
  options: { family: { type: "string" }, explain: { type: "boolean" } },
  hasJson: true,
  positionals: [],
  usage: "esddns detect [--family 4|6|both] [--explain] [--json]",
  async run(invocation) {
    const { terminal, options, json } = invocation;
    const asked = parseFamilies(options["family"]);
    const { configuration, log } = await loadForCommand(invocation);
    const families =
      asked ??
      FAMILIES.filter((family) => configuration.records.some(({ type }) => familyOf(type) === family));
    const cache = cacheFolder(terminal.env);
    const decided = await detectOnce(configuration, { families, log, cacheFolder: cache }, terminal.ended);
    const explain = options["explain"] === true;
    if (json) terminal.out(`${JSON.stringify(toJson(decided, explain), null, 2)}\n`);
    else terminal.out(`${toLines(decided, explain).join("\n")}\n`);
    const code = exitCodeOf([...decided.values()].map(({ verdict }) => verdict));
    if (code !== EXIT.ok && !explain) {
      terminal.err("esddns detect --explain tells what each witness said, esddns doctor asks all of them\n");
    }
    return code;
  },
};

/** The worst of the families: a dispute before an unknown address. */
export function exitCodeOf(verdicts: readonly Verdict[]): ExitCode {
  if (verdicts.some(({ kind }) => kind === "disputed")) return EXIT.disputed;
  return verdicts.some(({ kind }) => kind === "unavailable") || verdicts.length === 0
    ? EXIT.unavailable
    : EXIT.ok;
}

function toJson(decided: ReadonlyMap<Family, DecidedVerdict>, explain: boolean) {
  const [four, six] = [decided.get(4), decided.get(6)];
  return {
    ...(four ? { ipv4: reportVerdict(four, { explain }) } : {}),
    ...(six ? { ipv6: reportVerdict(six, { explain }) } : {}),
  };
}

function toLines(decided: ReadonlyMap<Family, DecidedVerdict>, explain: boolean): readonly string[] {
  const ordered = [...decided.values()].toSorted((a, b) => a.verdict.family - b.verdict.family);
  return ordered.flatMap((verdict) => [
    describeVerdict(verdict),
    ...(explain ? [...explanation(verdict.verdict), ...verdict.notes.map((note) => `  note: ${note}`)] : []),
  ]);
}

function explanation({ observations }: Verdict): readonly string[] {
  return observations
    .map(reportObservation)
    .map(({ witness, operator, result, address, reason, message, elapsedMs }) => {
      const said = [address, reason, message].filter((part) => part !== undefined).join(", ");
      return `  ${result.padEnd(9)} ${witness} (${operator}) ${said} ${elapsedMs} ms`;
    });
}

/** `undefined`: the families of the configured records. */
function parseFamilies(text: boolean | string | undefined): readonly Family[] | undefined {
  switch (text) {
    case undefined:
      return undefined;
    case "4":
      return [4];
    case "6":
      return [6];
    case "both":
      return FAMILIES;
    default:
      throw new ConfigError(`Cannot look for the family "${String(text)}": expected 4, 6 or both`, []);
  }
}
