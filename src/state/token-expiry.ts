import type { ProviderName } from "#core/record.ts";
import type { Happening } from "#state/happening.ts";

/** An account whose token ends on a day that the user has told. */
export interface ExpiringAccount {
  readonly name: ProviderName;
  readonly tokenExpires?: Date | undefined;
}

const DAY = 86_400_000;
/** Days before the end; 0: it has come. */
const STAGES = [14, 7, 3, 1, 0] as const;

/**
 * What is due to be said of tokens that end, at most one for each account:
 *
 *   days left     | > 14 | 14 to 7 | 7 to 3 | 3 to 1 | 1 to 0 | past
 *   told, once at | no   | 14      | 7      | 3      | 1      | 0
 *
 * @param since when this was asked last; absent: never, so that a token within its last days is told of at once
 */
export function expiryHappenings(
  accounts: readonly ExpiringAccount[],
  { since, now }: { readonly since: Date | undefined; readonly now: Date },
): readonly Happening[] {
  return accounts.flatMap(({ name, tokenExpires }) => {
    if (!tokenExpires) return [];
    const stage = stageOf(tokenExpires, now);
    const isTold = since !== undefined && stageOf(tokenExpires, since) === stage;
    return stage === undefined || isTold ? [] : [happeningOf(name, tokenExpires, now)];
  });
}

/** The last of {@link STAGES} that has come. */
function stageOf(end: Date, now: Date): number | undefined {
  return STAGES.findLast((days) => end.getTime() - now.getTime() <= days * DAY);
}

function happeningOf(provider: ProviderName, end: Date, now: Date): Happening {
  const day = end.toISOString().slice(0, 10);
  const left = Math.ceil((end.getTime() - now.getTime()) / DAY);
  const title =
    left > 0
      ? `The token of ${provider} ends in ${left} ${left === 1 ? "day" : "days"}, on ${day}`
      : `The token of ${provider} has ended, on ${day}`;
  const detail = "make a new one, put it in its place, and change `tokenExpires`";
  return { kind: "token-expiring", at: now, provider, title, detail };
}
