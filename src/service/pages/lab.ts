import type { ServiceContext } from "#service/context.ts";
import { type Answer, HttpProblem, type Route } from "#service/http/route.ts";
import type { LabControls } from "#lab/controls.ts";
import { done } from "#service/pages/components/action.ts";
import { html } from "#service/pages/html.ts";
import { turnKnob } from "#service/pages/lab-knobs.ts";
import { labModel } from "#service/pages/lab-model.ts";
import { labIntro, labTruth } from "#service/pages/lab-truth.ts";
import { labLine, labWitnesses } from "#service/pages/lab-world.ts";
import { pageAnswer } from "#service/pages/layout.ts";

/** The world in the user's hand; nothing, where there is no lab. */
export function labRoutes(context: ServiceContext): readonly Route[] {
  const { lab } = context;
  if (!lab) return [];
  return [
    { method: "GET", path: "/lab", access: "read", handle: (request) => page(context, lab, request) },
    {
      method: "POST",
      path: "/lab/{knob}",
      access: "operate",
      handle: async (request) => {
        const words = turnKnob(lab, request.parameters["knob"] ?? "", await request.form());
        if (words !== undefined) return done(request, "/lab", words);
        throw new HttpProblem({ status: 400, type: "bad-request", title: "The lab has no such setting" });
      },
    },
  ];
}

type Request = Parameters<Route["handle"]>[0];

function page(context: ServiceContext, lab: LabControls, request: Request): Answer {
  const model = labModel(lab.view(), context.state());
  const now = context.now();
  const { caller } = request;
  const body = html`${labIntro(model, caller)} ${labTruth(model, now)}
    <div class="two even">${labWitnesses(model, caller, now)} ${labLine(model, caller)}</div>`;
  return pageAnswer(context, request, { title: "Lab", current: "/lab", body, refresh: 5 });
}
