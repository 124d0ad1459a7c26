import { describe, expect, it } from "vitest";
import { configurationModel } from "#service/pages/configuration-model.ts";
import type { ConfigurationReport } from "#service/context.ts";

const REPORT: ConfigurationReport = {
  file: "/etc/esddns/esddns.yaml",
  values: [
    { path: "schedule.interval", value: "5m", origin: "default" },
    { path: "schedule.probe", value: "10s", origin: "/etc/esddns/esddns.yaml:4" },
    { path: "providers.home.token", value: "•••", origin: "$GANDI_TOKEN" },
    { path: "records.0.name", value: "home.example.org", origin: "/etc/esddns/esddns.yaml:20" },
    { path: "records.1.name", value: "vpn.example.org", origin: "/etc/esddns/esddns.yaml:22" },
    { path: "verify", value: false, origin: "default" },
    { path: "log.file", value: null, origin: "default" },
  ],
  notes: [
    { severity: "warning", words: "no password" },
    { severity: "problem", words: "records.1.ttl is no duration", line: 24 },
  ],
};

describe("the configuration's view", () => {
  const model = configurationModel(REPORT);
  const rowOf = (path: string) => model.groups.flatMap(({ rows }) => rows).find((row) => row.path === path);

  it("groups by the first part of the path; each item of a list is a group of its own", () => {
    expect(model.groups.map(({ title }) => title)).toEqual([
      "schedule",
      "providers",
      "records 1",
      "records 2",
      "verify",
      "log",
    ]);
  });

  it("names a value by the rest of its path, and one without a rest by its own name", () => {
    expect(rowOf("providers.home.token")?.key).toBe("home.token");
    expect(rowOf("records.1.name")?.key).toBe("name");
    expect(rowOf("verify")?.key).toBe("verify");
  });

  it("keeps values as they are told: masked, false, and not set", () => {
    expect(rowOf("providers.home.token")?.value).toBe("•••");
    expect(rowOf("verify")).toMatchObject({ value: "false", isSet: true });
    expect(rowOf("log.file")).toMatchObject({ value: "", isSet: false });
  });

  it("says where a value comes from: a line of the file by its number", () => {
    expect(rowOf("schedule.probe")).toMatchObject({ origin: "line 4", isDefault: false });
    expect(rowOf("schedule.interval")).toMatchObject({ origin: "default", isDefault: true });
    expect(rowOf("providers.home.token")?.origin).toBe("$GANDI_TOKEN");
  });

  it("puts problems apart from warnings, and counts what was configured", () => {
    expect(model.problems).toEqual([
      { severity: "problem", words: "records.1.ttl is no duration", line: 24 },
    ]);
    expect(model.warnings).toHaveLength(1);
    expect(model.summary).toBe("7 values: 4 as configured, 3 by default");
  });
});
