/** Replaces what stands between `<!-- generated: name -->` and the next `<!-- end -->`. */
export function fillIn(text: string, parts: Readonly<Record<string, string>>): string {
  return text.replace(/<!-- generated: (\w+) -->[^]*?<!-- end -->/g, (_whole, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`A page asks for "${name}", which nothing generates`);
    return `<!-- generated: ${name} -->\n\n${part}\n<!-- end -->`;
  });
}
