import { unpublishableReason } from "#core/publishable.ts";
import { parseAddress } from "#core/address.ts";
import type { Draft } from "#config/dns-ini/draft.ts";
import type { IniEntry, IniFile, IniSection } from "#config/dns-ini/ini.ts";
import { unlink, unquote, wholeNumber } from "#config/dns-ini/values.ts";
import { isMapping } from "#config/raw.ts";

/** What the original asks of each list when the file does not say. */
const DEFAULT_LIMIT = 3;
const MAX_LIMIT = 50;

/** The modes of the original: which of the two sections is there decides what is asked. */
export function readDiscovery(ini: IniFile, draft: Draft): void {
  const http = ini.sections.get("WANIPState");
  const stun = ini.sections.get("STUNConfig");
  if (!http && !stun) {
    const message =
      "Cannot find the address: the file has neither [STUNConfig] nor [WANIPState], expected one or both";
    draft.problem(undefined, message);
    return;
  }
  if (stun) readStun(stun, draft);
  if (http) readHttp(http, draft);
  // The end of the original's chain on premises: STUN, HTTP, then a public interface of the host
  if (stun && http) draft.set(["sources", "interface"], true);
  draft.set(["consensus", "rule"], "unanimous");
}

function readStun(section: IniSection, draft: Draft): void {
  const at = ["sources", "stun"];
  draft.set(at, {}, section);
  const udp = listUrl(section.entries.get("udp_host_list_url"), draft);
  const tcp = listUrl(section.entries.get("tcp_host_list_url"), draft);
  if (udp !== undefined || tcp !== undefined) {
    // The lists alone, as with the original; without any list the curated servers are asked
    draft.set([...at, "servers"], [], section);
    draft.set([...at, "lists"], {}, section);
    setList("udp", udp, section, draft);
    setList("tcp", tcp, section, draft);
    draft.set([...at, "lists", "probation"], false);
  }
  draft.set([...at, "mappedAddress"], false);
  draft.set([...at, "announce"], true);
}

function setList(kind: "tcp" | "udp", url: string | undefined, section: IniSection, draft: Draft): void {
  if (url === undefined) return;
  const at = ["sources", "stun", "lists"];
  draft.set([...at, kind], url, section.entries.get(`${kind}_host_list_url`));
  const entry = section.entries.get(`${kind}_limit`);
  const limit = wholeNumber(entry, 1, draft) ?? DEFAULT_LIMIT;
  if (limit > MAX_LIMIT) draft.warning(entry, `The value of "${kind}_limit" is lowered to ${MAX_LIMIT}`);
  draft.set([...at, `${kind}Limit`], Math.min(limit, MAX_LIMIT), entry);
}

function listUrl(entry: IniEntry | undefined, draft: Draft): string | undefined {
  const text = entry && unquote(entry.value);
  if (!entry || text === undefined || text === "") return undefined;
  const url = unlink(text);
  if (url !== text) draft.warning(entry, `The value of "${entry.key}" is a Markdown link: its URL is used`);
  return url;
}

function readHttp(section: IniSection, draft: Draft): void {
  const entry = section.entries.get("ip_check_services");
  draft.set(["sources", "http"], {}, section);
  draft.set(["sources", "http", "announce"], true);
  if (!entry) return;
  const urls = serviceUrls(entry, draft);
  const distinct = [...new Set(urls)];
  if (distinct.length < urls.length) draft.warning(entry, "A service is listed twice: it is asked once");
  const services = distinct.map((url) => {
    const isInsecure = isPlainHttp(url);
    if (isInsecure)
      draft.warning(entry, "A service has no https: whoever is on the path can forge its answer");
    return { url, ...(isInsecure ? { insecure: true } : {}) };
  });
  draft.set(["sources", "http", "services"], services, entry);
}

function serviceUrls(entry: IniEntry, draft: Draft): readonly string[] {
  const parsed = parseJson(entry.value);
  const list: unknown = isMapping(parsed) ? parsed["svc"] : parsed;
  if (Array.isArray(list) && list.length > 0) {
    const urls = list.filter((item) => typeof item === "string").map((url) => unlink(url.trim()));
    if (urls.length === list.length) return urls;
  }
  const is = parsed === undefined ? "it is no JSON" : "it has no list of URLs";
  const message = `Cannot read "${entry.key}": ${is}, expected {"svc": ["https://…", "https://…"]}`;
  draft.problem(entry, message, "further lines of the value have to be indented");
  return [];
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function isPlainHttp(text: string): boolean {
  const url = URL.parse(text);
  if (url?.protocol !== "http:") return false;
  const address = parseAddress(url.hostname.replace(/^\[(.*)\]$/, "$1"));
  return url.hostname !== "localhost" && !(address && unpublishableReason(address) === "loopback");
}
