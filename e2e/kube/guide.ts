import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./kustomize.ts";

/** A fenced block of a guide. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** From the comment before it, `<!-- not run: why -->`. */
  readonly notRun: string | undefined;
}

const BLOCK = /(?:<!-- not run: ([^]*?) -->\n\n)?```(\w*)\n([^]*?)```$/gm;
const LINK = /\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)/g;

export function blocksOf(file: string): readonly Block[] {
  const found = [...read(file).matchAll(BLOCK)];
  return found.map(([, notRun, language = "", text = ""]) => ({ language, text, notRun }));
}

/** Links to files and headings that are not there. */
export function deadLinks(file: string): readonly string[] {
  const links = [...read(file).matchAll(LINK)].map(([, target = "", anchor]) => ({ target, anchor }));
  return links.filter((link) => !leads(file, link)).map(({ target, anchor }) => `${target}#${anchor ?? ""}`);
}

function leads(
  from: string,
  { target, anchor }: { readonly target: string; readonly anchor: string | undefined },
): boolean {
  const file = target === "" ? from : path.join(path.dirname(from), target);
  if (!existsSync(path.join(ROOT, file))) return false;
  return anchor === undefined || headings(file).includes(anchor);
}

/** As GitHub makes anchors of them. */
function headings(file: string): readonly string[] {
  return [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), "utf8");
}
