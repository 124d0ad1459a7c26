import { createHash } from "node:crypto";
import { ASSET_NAMES, type AssetName, readAsset } from "#service/assets/files.ts";
import { NOT_FOUND } from "#service/http/problem.ts";
import type { Route } from "#service/http/route.ts";
import { type SafeUrl, url } from "#service/pages/markup.ts";

interface Asset {
  /** E.g. `style.3f0a9c21b7de.css`: another content has another name. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

const loaded = new Map<AssetName, Asset>();

export function assetUrl(name: AssetName): SafeUrl {
  return url(`/assets/${asset(name).file}`);
}

export function assetRoutes(): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/assets/{file}",
      access: "open",
      handle: ({ parameters }) => {
        const name = ASSET_NAMES.find((name) => asset(name).file === parameters["file"]);
        if (!name) return { kind: "problem", ...NOT_FOUND };
        return { kind: "asset", type: TYPES[extensionOf(name)], bytes: asset(name).bytes };
      },
    },
  ];
}

const TYPES = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
} as const;

function extensionOf(name: AssetName): keyof typeof TYPES {
  if (name.endsWith(".css")) return "css";
  return name.endsWith(".js") ? "js" : "svg";
}

/** Read when it is first asked for: most commands have no pages. */
function asset(name: AssetName): Asset {
  const before = loaded.get(name);
  if (before) return before;
  const text = withHashedImports(readAsset(name));
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
  const extension = extensionOf(name);
  const made = { file: `${name.slice(0, -extension.length)}${hash}.${extension}`, bytes: Buffer.from(text) };
  loaded.set(name, made);
  return made;
}

/** A script names others as they lie beside it; in a browser each has its hash. */
function withHashedImports(text: string): string {
  return text.replaceAll(
    /(from ?")\.\/([a-z]+\.js)(";)/g,
    (line, before: string, file: string, after: string) => {
      const name = ASSET_NAMES.find((name) => name === file);
      return name ? `${before}./${asset(name).file}${after}` : line;
    },
  );
}
