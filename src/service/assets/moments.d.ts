/**
 * `clock`: `14:03`, `21 Nov 14:03`, `21 Nov 2025`; `exact`: with seconds; `since`: `14:03 today`, `Tuesday 14:03`,
 * `3 October`; `time`: `14:03`, whatever the day; `age`: `12 s`, `9 days`; `ago`: the same with that word; `until`: as
 * `age`, of what is to come.
 */
export type MomentFormat = "age" | "ago" | "clock" | "exact" | "since" | "time" | "until";

export function sayMoment(format: MomentFormat, at: Date, now: Date, isUtc: boolean): string;
export function sayAge(milliseconds: number): string;
export function sayCountdown(milliseconds: number): string;
