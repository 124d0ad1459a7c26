import { describe, expect, it } from "vitest";
import { Findings } from "#config/findings.ts";
import { withNodeNames } from "#config/node-name.ts";

function read(value: unknown, env: Readonly<Record<string, string>> = { NODE_NAME: "node-1" }) {
  const findings = new Findings({ file: "esddns.yaml", value: { records: value }, places: new Map() });
  return {
    ...withNodeNames(value, env, findings),
    problems: findings.problems.map(({ message }) => message),
  };
}

describe("records with the name of the node in theirs", () => {
  it("are of this node", () => {
    const { entries, isPerNode, problems } = read([{ name: "{node}.example.org", ttl: 60 }]);
    expect([entries, isPerNode, problems]).toEqual([[{ name: "node-1.example.org", ttl: 60 }], true, []]);
  });

  it("need a node that has one", () => {
    expect(read([{ name: "{node}.example.org" }], {}).problems).toEqual([
      expect.stringContaining("NODE_NAME is not set"),
    ]);
  });

  it("do not go with records of the whole cluster", () => {
    const { problems } = read([{ name: "{node}.example.org" }, { name: "home.example.org" }]);
    expect(problems).toEqual([expect.stringContaining("records of nodes and of the whole cluster")]);
  });

  it("leave others as they are", () => {
    const records = [{ name: "home.example.org" }];
    expect(read(records, {})).toEqual({ entries: records, isPerNode: false, problems: [] });
    expect(read("nonsense", {})).toEqual({ entries: "nonsense", isPerNode: false, problems: [] });
  });
});
