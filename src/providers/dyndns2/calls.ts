import type { Address } from "#core/address.ts";
import type { DomainName } from "#core/name.ts";
import type { Change } from "#core/plan.ts";
import type { Ipv6Form, Preset } from "#providers/dyndns2/presets.ts";

/** What the calls of one account have in common. */
export interface Service extends Preset {
  /** Absent: the record's own name is the user name, which makes one call for each host. */
  readonly username: string | undefined;
}

/** One update request: the same addresses for all of its hosts. */
export interface Call {
  readonly hosts: readonly DomainName[];
  readonly ipv4: Address | undefined;
  readonly ipv6: Address | undefined;
  readonly changes: readonly Change[];
}

/** The fewest calls: both families of a host together, hosts with equal addresses together, where it may be. */
export function callsFor(changes: readonly Change[], service: Service): readonly Call[] {
  const isSeparate = service.ipv6.kind === "separate";
  const byHost = Map.groupBy(changes, ({ after }) =>
    isSeparate ? `${after.name} ${after.type}` : after.name,
  );
  const hosts = [...byHost.values()];
  const byAddresses = Map.groupBy(hosts, (group) =>
    group
      .map(({ address }) => address.text)
      .toSorted()
      .join(),
  );
  const perCall = service.username === undefined ? 1 : service.hosts;
  return [...byAddresses.values()].flatMap((groups) => chunks(groups, perCall)).map(callOf);
}

/** The URL of a call; the query is spelled like the services' own examples, with bare commas and colons. */
export function urlOf(call: Call, service: Service, token: string): URL {
  const url = new URL(service.url);
  if (service.ipv6.kind === "separate" && service.ipv6.host && call.ipv6) url.host = service.ipv6.host;
  const parameters = {
    ...service.extra,
    hostname: call.hosts.join(","),
    ...addressParameters(call, service.ipv6),
    ...(service.token === undefined ? {} : { [service.token]: token }),
  };
  url.search = Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replace(/%2C/g, ",").replace(/%3A/g, ":")}`)
    .join("&");
  return url;
}

function addressParameters({ ipv4, ipv6 }: Call, form: Ipv6Form): Readonly<Record<string, string>> {
  if (form.kind !== "parameter") {
    return { myip: [ipv4, ipv6].flatMap((address) => (address ? [address.text] : [])).join(",") };
  }
  const [four, six] = [ipv4?.text ?? form.keep, ipv6?.text ?? form.keep];
  return {
    ...(four === undefined ? {} : { [form.ipv4]: four }),
    ...(six === undefined ? {} : { [form.ipv6]: six }),
  };
}

function callOf(groups: readonly (readonly Change[])[]): Call {
  const changes = groups.flat();
  return {
    hosts: [...new Set(changes.map(({ after }) => after.name))],
    ipv4: changes.find(({ address }) => address.family === 4)?.address,
    ipv6: changes.find(({ address }) => address.family === 6)?.address,
    changes,
  };
}

function chunks<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
