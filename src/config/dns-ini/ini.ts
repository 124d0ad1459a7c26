/** One `key = value` of an INI file, or a problem's place. */
export interface IniEntry {
  readonly section: string;
  /** Lower case, as Python's configparser has it. */
  readonly key: string;
  /** Lines of a value are joined with a line break; `%%` is one `%`. */
  readonly value: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
}

export interface IniSection {
  readonly name: string;
  readonly line: number;
  readonly entries: ReadonlyMap<string, IniEntry>;
}

export interface IniFile {
  readonly sections: ReadonlyMap<string, IniSection>;
  readonly problems: readonly { readonly line: number; readonly section: string; readonly message: string }[];
}

interface OpenEntry extends IniEntry {
  readonly indent: number;
  readonly lines: string[];
}

interface OpenSection {
  readonly name: string;
  readonly line: number;
  readonly entries: Map<string, OpenEntry>;
}

/**
 * INI as Python's configparser reads it by default: `=` or `:`, whole-line comments with `#` or `;`, values
 * that go on in deeper lines, keys in any letter case, `[DEFAULT]` for every section. What it would refuse is a
 * problem here, except `%`: that stands for itself, as nobody who writes a URL expects otherwise.
 *
 * @see https://docs.python.org/3/library/configparser.html#supported-ini-file-structure (read 2026-11-22)
 */
export function parseIni(text: string): IniFile {
  const sections = new Map<string, OpenSection>();
  const problems: { line: number; section: string; message: string }[] = [];
  let section: OpenSection | undefined;
  let entry: OpenEntry | undefined;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = index + 1;
    const content = raw.trim();
    if (content.startsWith("#") || content.startsWith(";")) continue;
    if (content === "") {
      entry?.lines.push("");
      continue;
    }
    const indent = raw.length - raw.trimStart().length;
    if (entry && indent > entry.indent) {
      entry.lines.push(content);
      continue;
    }
    entry = undefined;
    const complain = (message: string) => problems.push({ line, section: section?.name ?? "", message });
    const header = /^\[(.+)\]/.exec(content)?.[1];
    if (header !== undefined) {
      if (sections.has(header)) complain(`Cannot read [${header}] twice: expected each section once`);
      section = sections.get(header) ?? { name: header, line, entries: new Map() };
      sections.set(header, section);
      continue;
    }
    const at = content.search(/[=:]/);
    const key = content.slice(0, Math.max(0, at)).trim().toLowerCase();
    if (!section) complain("Cannot read the line: it stands before the first [section]");
    else if (key === "") complain("Cannot read the line: it is neither [section] nor `key = value`");
    else if (section.entries.has(key)) complain(`Cannot read "${key}" twice: expected each key once`);
    else {
      const lines = [content.slice(at + 1).trim()];
      entry = { section: section.name, key, value: "", line, column: indent + 1, indent, lines };
      section.entries.set(key, entry);
    }
  }
  return { sections: finish(sections), problems };
}

function finish(sections: ReadonlyMap<string, OpenSection>): ReadonlyMap<string, IniSection> {
  const defaults = sections.get("DEFAULT")?.entries ?? new Map<string, OpenEntry>();
  const named = [...sections.values()].filter(({ name }) => name !== "DEFAULT");
  return new Map(
    named.map(({ name, line, entries }) => {
      const all = [...new Map([...defaults, ...entries]).values()];
      return [name, { name, line, entries: new Map(all.map((entry) => [entry.key, close(entry, name)])) }];
    }),
  );
}

function close({ key, line, column, lines }: OpenEntry, section: string): IniEntry {
  return { section, key, line, column, value: lines.join("\n").trimEnd().replaceAll("%%", "%") };
}
