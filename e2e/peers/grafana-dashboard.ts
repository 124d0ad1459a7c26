import { z } from "zod";

/** What Grafana 11 reads of a dashboard, as far as ours goes. */
const datasource = z.strictObject({ type: z.literal("prometheus"), uid: z.literal("${datasource}") });

const gridPos = z.strictObject({
  x: z.int().min(0),
  y: z.int().min(0),
  w: z.int().min(1).max(24),
  h: z.int().min(1),
});

const target = z.looseObject({ refId: z.string(), datasource, expr: z.string(), legendFormat: z.string() });

const row = z.looseObject({
  type: z.literal("row"),
  id: z.int(),
  title: z.string(),
  gridPos,
  collapsed: z.boolean(),
  targets: z.array(target).default([]),
});

const panel = z.looseObject({
  type: z.enum(["gauge", "stat", "state-timeline", "table", "timeseries"]),
  id: z.int(),
  title: z.string().min(1),
  datasource,
  gridPos,
  fieldConfig: z.strictObject({
    defaults: z.looseObject({ unit: z.string() }),
    overrides: z.array(z.unknown()),
  }),
  targets: z.array(target).min(1),
});

const variable = z.looseObject({
  name: z.string(),
  type: z.enum(["datasource", "query"]),
  definition: z.string().optional(),
});

export const dashboard = z.looseObject({
  uid: z.string(),
  title: z.string(),
  /** 39 is Grafana 11's; newer ones migrate it. */
  schemaVersion: z.literal(39),
  /** Grafana gives it one. */
  id: z.null(),
  panels: z.array(z.discriminatedUnion("type", [row, panel])).min(1),
  annotations: z.object({ list: z.array(z.looseObject({ name: z.string(), expr: z.string() })) }),
  templating: z.object({ list: z.array(variable) }),
});

export type Dashboard = z.output<typeof dashboard>;
