/** A kind of request that the API server has answered, and how often. */
export interface AuditRow {
  readonly count: number;
  readonly user: string;
  /** Of RBAC. */
  readonly verb: string;
  /** Without what differs from one request to the next: versions and timeouts. */
  readonly uri: string;
  readonly code: number;
}

/** What `cluster.sh audit` prints. */
export function readAudit(text: string): readonly AuditRow[] {
  return text.split("\n").flatMap((line) => {
    const [count, user = "", verb = "", uri = "", code] = line.trim().split(/\s+/);
    return count ? [{ count: Number(count), user, verb, uri, code: Number(code) }] : [];
  });
}
