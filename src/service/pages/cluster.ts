import type { ServiceContext } from "#service/context.ts";
import type { Route } from "#service/http/route.ts";
import { type ClusterModel, clusterModel } from "#service/pages/cluster-model.ts";
import { agentsPanel, recordsPanel } from "#service/pages/cluster-tables.ts";
import { clusterHead, clusterTruth } from "#service/pages/cluster-truth.ts";
import { html, type Html } from "#service/pages/html.ts";
import { pageAnswer } from "#service/pages/layout.ts";

/** Nothing, where there is no cluster. */
export function clusterRoutes(context: ServiceContext): readonly Route[] {
  const { cluster, lookAtCluster, now } = context;
  if (!cluster) return [];
  return [
    {
      method: "GET",
      path: "/cluster",
      access: "read",
      handle: (request) => {
        lookAtCluster?.();
        const model = clusterModel(cluster(), now());
        const body = clusterBody(model);
        return pageAnswer(context, request, {
          title: model.headline,
          current: "/cluster",
          body,
          refresh: 10,
        });
      },
    },
  ];
}

export function clusterBody(model: ClusterModel): Html {
  const { records, agents, shared, isShared, now } = model;
  return html`${clusterHead(model)} ${clusterTruth(model)}
  ${isShared && recordsPanel(records, shared?.isCurrent !== false)} ${agentsPanel(agents, now)}`;
}
