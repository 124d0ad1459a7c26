/** What has to happen even when the process ends without unwinding. One listener, however many wait. */
const pending = new Set<() => void>();

process.once("exit", () => {
  for (const act of pending) act();
});

/** @returns no longer needed */
export function atExit(act: () => void): () => void {
  pending.add(act);
  return () => pending.delete(act);
}
