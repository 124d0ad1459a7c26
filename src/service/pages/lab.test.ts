import { describe, expect, it } from "vitest";
import type { LabControls, LabView } from "#lab/controls.ts";
import { turnKnob } from "#service/pages/lab-knobs.ts";
import { labModel } from "#service/pages/lab-model.ts";
import { labRoutes } from "#service/pages/lab.ts";
import { serviceWorld } from "#testing/service-world.ts";

const VIEW: LabView = {
  addresses: [{ family: 4, text: "44.128.10.77" }],
  witnesses: [
    { name: "bravo.example", kind: "stun", transport: "udp", behaviour: "honest", lie: "198.51.100.66" },
    { name: "echo.example", kind: "stun", transport: "tcp", behaviour: "lies", lie: "198.51.100.66" },
  ],
  isOnline: true,
  onlineAgainAt: undefined,
  isUdpBlocked: false,
  loss: 0,
  delay: 20,
  provider: "honest",
  dns: [{ name: "home.lab.test", type: "A", values: ["44.128.10.77"] }],
  followedAfter: 214,
  waitingSince: undefined,
  digLine: "dig @127.0.0.1 -p 5354 home.lab.test +short",
};

/** Writes down what it was told. */
function scriptedLab(view: Partial<LabView> = {}): { readonly lab: LabControls; readonly told: unknown[][] } {
  const told: unknown[][] = [];
  const note =
    (name: string) =>
    (...values: unknown[]) =>
      void told.push([name, ...values]);
  const lab: LabControls = {
    view: () => ({ ...VIEW, ...view }),
    moveAddress: note("moveAddress"),
    setBehaviour: note("setBehaviour"),
    setOnline: note("setOnline"),
    goOffline: note("goOffline"),
    setUdpBlocked: note("setUdpBlocked"),
    setLoss: note("setLoss"),
    setDelay: note("setDelay"),
    setProvider: note("setProvider"),
    reset: note("reset"),
    subscribe: () => () => {},
  };
  return { lab, told };
}

function turn(knob: string, fields: Readonly<Record<string, string>> = {}) {
  const { lab, told } = scriptedLab();
  return { words: turnKnob(lab, knob, new URLSearchParams(fields)), told };
}

describe("the lab's knobs", () => {
  it.each([
    ["move", {}, ["moveAddress"], "The address is now 44.128.10.77"],
    ["offline", {}, ["goOffline", 5000], "Offline for 5 s"],
    ["online", {}, ["setOnline", true], "Online again"],
    ["udp", { blocked: "yes" }, ["setUdpBlocked", true], "UDP is blocked"],
    ["udp", { blocked: "no" }, ["setUdpBlocked", false], "UDP gets through again"],
    ["loss", { loss: "30" }, ["setLoss", 30], "30 % of datagrams are lost, each way"],
    ["delay", { delay: "250" }, ["setDelay", 250], "Every answer takes 250 ms longer"],
    [
      "witness",
      { name: "echo.example", behaviour: "dead" },
      ["setBehaviour", "echo.example", "dead"],
      "echo.example is dead",
    ],
    ["provider", { behaviour: "times-out" }, ["setProvider", "times-out"], "The provider never answers"],
    ["reset", {}, ["reset"], "Everything is as it was at the start, the address excepted"],
  ] as const)("%s %j", (knob, fields, call, said) => {
    const { words, told } = turn(knob, fields);
    expect(words).toBe(said);
    expect(told).toEqual([call]);
  });

  it.each([
    ["loss", { loss: "101" }],
    ["loss", { loss: "-1" }],
    ["loss", { loss: "" }],
    ["loss", {}],
    ["delay", { delay: "1e9" }],
    ["delay", { delay: "99999" }],
    ["witness", { name: "nobody", behaviour: "dead" }],
    ["witness", { name: "echo.example", behaviour: "constructor" }],
    ["provider", { behaviour: "toString" }],
    ["gravity", {}],
  ])("does nothing for %s %j", (knob, fields) => {
    const { words, told } = turn(knob, fields);
    expect(words).toBeUndefined();
    expect(told).toEqual([]);
  });
});

describe("the lab's page", () => {
  it("is not there without a lab", async () => {
    const world = await serviceWorld("empty");
    expect(labRoutes(world.context)).toEqual([]);
    await world.close();
  });

  it("puts what is true, believed and published beside each other", async () => {
    const world = await serviceWorld("lived");
    const { families, dnsWords, isRight, witnesses } = labModel(VIEW, world.context.state());
    await world.close();
    expect(families[0]).toMatchObject({
      truth: "44.128.10.77",
      believed: "44.128.10.77",
      beliefMark: "ok",
      published: "44.128.10.77",
      publishedMark: "ok",
    });
    expect([dnsWords, isRight]).toEqual(["Right, 214 ms after you moved it", true]);
    expect(witnesses.map(({ seen }) => seen?.standing)).toEqual(["agrees", "differs"]);
  });

  it("shows what has not followed a move yet", async () => {
    const world = await serviceWorld("lived");
    const moved = {
      ...VIEW,
      addresses: [{ family: 4 as const, text: "44.128.99.1" }],
      followedAfter: undefined,
      waitingSince: new Date(),
    };
    const { families, dnsWords, isRight, hindrance } = labModel(moved, world.context.state());
    await world.close();
    expect(families[0]).toMatchObject({ beliefMark: "pending", publishedMark: "pending" });
    expect([dnsWords, isRight]).toEqual(["Not there yet", false]);
    expect(hindrance).toMatch(
      /^10000: the token may not edit records of example.net; give it the permission/,
    );
  });

  it("says how old the daemon's word about a witness is, and when one in quarantine is asked again", async () => {
    const world = await serviceWorld("lived");
    const witnesses = VIEW.witnesses.map((each, index) => ({
      ...each,
      name: index === 0 ? "bravo.example" : "alpha.example",
    }));
    const state = world.context.state();
    const { witnesses: seen } = labModel({ ...VIEW, witnesses }, state);
    await world.close();
    const now = world.context.now();
    expect(seen.map(({ asked }) => asked && [asked.isAgain, asked.at > now])).toEqual([
      [false, false],
      [true, true],
    ]);
  });
});
