import { z } from "zod";
import { changesOf, type Plan } from "#core/plan.ts";
import { milliseconds } from "#core/units.ts";
import { planDigest } from "#service/agreed-plan.ts";
import { type Api, endpoint, PLAIN, type Reply } from "#service/api/endpoint.ts";
import { orProblem } from "#service/api/failure.ts";
import { reportFamily } from "#service/api/family-report.ts";
import { reportRecord } from "#service/api/record-report.ts";
import { flag } from "#service/api/schemas/common.ts";
import { plan, planApplication } from "#service/api/schemas/records.ts";
import { roundDone, roundRequested } from "#service/api/schemas/state.ts";
import { reportRoundOver } from "#service/api/state-report.ts";
import { withDeadline } from "#service/deadline.ts";
import { reportPlan } from "#report/plan.ts";

/** Witnesses and providers have deadlines of their own, which end sooner. */
const PLAN_DEADLINE = milliseconds(30_000);
const ROUND_DEADLINE = milliseconds(90_000);
/** What a person started goes on, whoever closes a connection. */
const GOES_ON = new AbortController().signal;

const waitQuery = z.strictObject({ wait: flag.meta({ description: "1: the answer comes when it is over" }) });
const answers = {
  200: { description: "The round is over", schema: roundDone },
  202: { description: "The round begins, or waits for another one to end", schema: roundRequested },
};
const LATE = { 503: "The daemon is ending", 504: "It takes too long to wait for, and goes on" };

type RoundReply = Reply<z.output<typeof roundDone> | z.output<typeof roundRequested>>;

export const roundEndpoints = [
  endpoint(
    {
      ...PLAIN,
      id: "startRound",
      method: "POST",
      path: "/api/v1/round",
      access: "operate",
      summary: "Starts a round now, as `Check now` does",
      description: "While a round that a person started is under way, it is that one.",
      query: waitQuery,
      answers,
      problems: LATE,
    },
    ({ api, query }) => startRound(api, query.wait),
  ),
  endpoint(
    {
      ...PLAIN,
      id: "getPlan",
      path: "/api/v1/plan",
      summary: "What a round would do now",
      description: "Asks the witnesses and reads at the providers as a round does; writes nothing.",
      answers: { 200: { description: "The plan", schema: plan } },
      problems: LATE,
    },
    ({ api }) => orProblem(async () => ({ kind: "value", value: describePlan(await currentPlan(api)) })),
  ),
  endpoint(
    {
      ...PLAIN,
      id: "applyPlan",
      method: "POST",
      path: "/api/v1/plan/apply",
      access: "operate",
      summary: "Makes the changes of a plan that was seen",
      description: "Plans again, and starts a round when that would still make the same changes.",
      query: waitQuery,
      body: planApplication,
      answers,
      problems: {
        ...LATE,
        409: "It would make other changes now: nothing was written, `plan` is the new one",
      },
    },
    ({ api, query, body }) =>
      orProblem<RoundReply>(async () => {
        const current = await currentPlan(api);
        return planDigest(current) === body.plan ? startRound(api, query.wait) : planChanged(current);
      }),
  ),
];

function currentPlan({ service }: Api): Promise<Plan> {
  return withDeadline(service.operations.plan(GOES_ON), PLAN_DEADLINE, "make a plan");
}

function describePlan(current: Plan): z.output<typeof plan> {
  return {
    digest: planDigest(current),
    changes: changesOf(current).length,
    records: reportPlan(current),
  };
}

function planChanged(current: Plan): RoundReply {
  const title = "The plan is another one now";
  const detail = "Nothing was written; look at the new plan and send its digest";
  const members = { plan: describePlan(current) };
  return { kind: "problem", status: 409, type: "plan-changed", title, detail, members };
}

function startRound(api: Api, isAwaited: boolean): Promise<RoundReply> {
  const { operations, log } = api.service;
  const number = nextNumber(api);
  const round = operations.round(GOES_ON);
  return orProblem<RoundReply>(async () => {
    if (isAwaited) {
      await withDeadline(round, ROUND_DEADLINE, "end the round");
      return roundReply(api, number);
    }
    round.catch((error: unknown) => log.warn("A round that a person started did not end", { error }));
    return { kind: "value", status: 202, value: { round: number } };
  });
}

function nextNumber({ service }: Api): number {
  const { round, lastRound } = service.state();
  if (round?.trigger === "command") return round.number;
  return (round ?? lastRound ?? { number: 0 }).number + 1;
}

function roundReply({ service }: Api, number: number): RoundReply {
  const { lastRound, families, records } = service.state();
  if (!lastRound) return { kind: "value", status: 202, value: { round: number } };
  return {
    kind: "value",
    value: {
      round: reportRoundOver(lastRound),
      families: families.map(reportFamily),
      records: records.map(reportRecord),
    },
  };
}
