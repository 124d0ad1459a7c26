const SHOWN_CHARACTERS = 60;

/** The beginning of what somebody else wrote, in quotes, on one line and without control characters. */
export function excerpt(text: string): string {
  const printable = text
    .slice(0, 4 * SHOWN_CHARACTERS)
    .replaceAll(/\s+/g, " ")
    .trim()
    .replaceAll(/[^\x20-\x7e]/g, ".");
  if (printable === "") return "nothing";
  const shown = printable.slice(0, SHOWN_CHARACTERS);
  return shown === printable ? `"${shown}"` : `"${shown}…"`;
}
