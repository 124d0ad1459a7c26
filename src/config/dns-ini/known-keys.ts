import { didYouMean } from "#config/suggest.ts";
import type { Draft } from "#config/dns-ini/draft.ts";
import type { IniEntry, IniFile } from "#config/dns-ini/ini.ts";
import { unquote } from "#config/dns-ini/values.ts";

/** Keys by section; those of the original, and `on_mismatch` and `auth_scheme`, which are ours. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  gandi: [
    "api_key",
    "api_url_base",
    "api_url_domains",
    "api_url_domains_ns",
    "api_url_domains_records",
    "api_url_domains_records_create",
    "auth_scheme",
    "record_name_root",
    "record_ttl",
    "record_type_a",
    "record_type_cname",
    "target_domain_fqdn",
  ],
  WANIPState: ["ip_check_services", "on_mismatch", "retry_attempts", "retry_cooldown_seconds"],
  log: ["log_file", "log_to_console"],
  ESDDNS: ["daemon_thread_interval", "on_mismatch", "service_host", "service_port"],
  STUNConfig: [
    "bind_request",
    "magic_cookie",
    "retry_attempts",
    "retry_cooldown_seconds",
    "tcp_host_list_url",
    "tcp_limit",
    "udp_host_list_url",
    "udp_limit",
    "xor_mapped_address",
  ],
};

/** Parts of Gandi's URLs and of STUN that the original let one write, and that have one right value each. */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  "gandi.api_url_domains": ["/v5/livedns/domains"],
  "gandi.api_url_domains_ns": ["/{}/nameservers"],
  "gandi.api_url_domains_records": ["/{}/records"],
  "gandi.api_url_domains_records_create": ["/{}/records/{}"],
  // RFC 8489 sections 5, 14.2 and 18.2
  "STUNConfig.bind_request": ["1", "0x1", "0x01", "0x0001"],
  "STUNConfig.magic_cookie": ["554869826", "0x2112a442"],
  "STUNConfig.xor_mapped_address": ["32", "0x20", "0x0020"],
};

/** Old files must keep working: what is unknown, or cannot be otherwise, is said and passed over. */
export function warnOfUnknown(ini: IniFile, draft: Draft): void {
  for (const section of ini.sections.values()) {
    const keys = Object.hasOwn(KEYS, section.name) ? KEYS[section.name] : undefined;
    if (!keys) {
      const hint = didYouMean(section.name, Object.keys(KEYS));
      draft.warning(section, `The section [${section.name}] is not known and has no effect`, hint);
      continue;
    }
    for (const entry of section.entries.values()) {
      if (entry.key.startsWith("msg_")) continue;
      if (keys.includes(entry.key)) warnOfFixed(entry, draft);
      else
        draft.warning(
          entry,
          `The key "${entry.key}" is not known and has no effect`,
          didYouMean(entry.key, keys),
        );
    }
  }
}

function warnOfFixed(entry: IniEntry, draft: Draft): void {
  const id = `${entry.section}.${entry.key}`;
  const right = Object.hasOwn(FIXED, id) ? FIXED[id] : undefined;
  if (!right || right.includes(unquote(entry.value).toLowerCase())) return;
  draft.warning(entry, `The value of "${entry.key}" has no effect: it can only be ${right[0]}`);
}
