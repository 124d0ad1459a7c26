import { z } from "zod";

/** The base URL of somebody's API, with or without a path of its own. */
export const httpUrl = z
  .string()
  .refine(isBase, "expected an http or https URL without credentials, query and fragment")
  .transform((text) => new URL(text));

/** Whether whoever is on the path can read what is sent there. */
export function isReadableOnTheWay({ protocol, hostname }: URL): boolean {
  return protocol !== "https:" && !isThisHost(hostname);
}

function isBase(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  const isHttp = protocol === "http:" || protocol === "https:";
  return isHttp && username + password + search + hash === "";
}

function isThisHost(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}
