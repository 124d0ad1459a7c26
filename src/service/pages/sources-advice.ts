import type { Family } from "#core/address.ts";
import type { SourceKind } from "#core/witness.ts";
import { familyLabel } from "#report/verdict.ts";
import { describeTransport } from "#report/transport.ts";
import type { WitnessState } from "#state/state.ts";

const TO_DO: Readonly<Record<SourceKind, string>> = {
  stun: "A firewall may drop it on the way out. Allow it, or configure STUN servers over another transport",
  http: "A proxy or a firewall may stand in between. Open one of the addresses by hand to see what answers",
  whoami: "The network may intercept or block DNS. Allow it, or use witnesses over HTTPS in its place",
  interface: "The interface may be down, or have no public address. Compare with `ip address`",
  static: "Look at the address in the configuration",
  command: "Run the command by hand, as the user that the daemon runs as",
  file: "Look whether the file is there, readable, and holds one address",
  cluster: "The Cluster page says why the shared address cannot be relied on",
};

/** What to do when nobody answers: of all, of one family, or of one kind. The widest says it, once. */
export function adviceOnSilence(witnesses: readonly WitnessState[]): readonly string[] {
  const asked = witnesses.filter(({ latest }) => latest && latest.answer.kind !== "unneeded");
  if (asked.length > 1 && asked.every(isSilent))
    return [
      "No witness answers: the line seems to be down. Every record stays as it is, and asking goes on.",
    ];
  return [...Map.groupBy(asked, ({ family }) => family)].flatMap(([family, own]) => adviceFor(family, own));
}

function adviceFor(family: Family, asked: readonly WitnessState[]): readonly string[] {
  const label = familyLabel(family);
  if (asked.length > 1 && asked.every(isSilent))
    return [
      `No witness answers over ${label}: this host seems to have no ${label} to the outside. Its records stay as they are; without ${label} for good, take them out of the configuration.`,
    ];
  return [...Map.groupBy(asked, ({ witness }) => describeTransport(witness).by)].flatMap(([by, own]) => {
    const [first] = own;
    if (!first || own.length < 2 || !own.every(isSilent)) return [];
    return [
      `None of the ${own.length} witnesses by ${by} answers over ${label}. ${TO_DO[first.witness.source]}.`,
    ];
  });
}

function isSilent({ latest }: WitnessState): boolean {
  return latest?.answer.kind === "silent";
}
