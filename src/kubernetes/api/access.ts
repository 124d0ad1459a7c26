import type { TextSource } from "#kubernetes/api/fresh-text.ts";

/** How an API server is reached, and as whom. */
export interface ApiAccess {
  /** `https:` and a path at most. */
  readonly server: URL;
  /** PEM; absent: those of the host. */
  readonly authorities?: TextSource | undefined;
  readonly token?: TextSource | undefined;
  /** PEM. */
  readonly certificate?: { readonly chain: TextSource; readonly key: TextSource } | undefined;
  /** Where we live. */
  readonly namespace: string;
}
