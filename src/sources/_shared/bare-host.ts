/** The host of a URL, which puts IPv6 addresses into brackets, without them. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}
