/** Exit codes: a contract, see the README's table. */
export const EXIT = {
  ok: 0,
  /** Some record could not be made right; some check of the doctor failed. */
  failed: 1,
  /** Wrong usage or configuration; nothing was sent. */
  badConfiguration: 2,
  disputed: 3,
  unavailable: 4,
  /** `plan --exit-code`: changes are pending. */
  pending: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
