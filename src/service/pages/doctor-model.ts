import type { Finding } from "#service/context.ts";

export interface FindingGroup {
  readonly result: Finding["result"];
  readonly title: string;
  readonly findings: readonly Finding[];
}

export interface DoctorModel {
  readonly groups: readonly FindingGroup[];
  /** E.g. `1 problem, 2 warnings, 14 fine`. */
  readonly summary: string;
}

const TITLES: Readonly<Record<Finding["result"], string>> = {
  problem: "Problems",
  warning: "Warnings",
  ok: "Fine",
};

/** The worst first, within a group in the order in which they came. */
export function doctorModel(findings: readonly Finding[]): DoctorModel {
  const groups = (["problem", "warning", "ok"] as const).map((result) => ({
    result,
    title: TITLES[result],
    findings: findings.filter((finding) => finding.result === result),
  }));
  const [problems = 0, warnings = 0, fine = 0] = groups.map(({ findings }) => findings.length);
  return {
    groups: groups.filter(({ findings }) => findings.length > 0),
    summary: `${count(problems, "problem")}, ${count(warnings, "warning")}, ${fine} fine`,
  };
}

function count(amount: number, noun: string): string {
  if (amount === 0) return `no ${noun}s`;
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}
