import { beforeEach, describe, expect, it } from "vitest";
import type { Note } from "#kubernetes/events/event-note.ts";
import { EventRecorder } from "#kubernetes/events/event-recorder.ts";
import type { ApiAnswer } from "#kubernetes/api/ports.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";
import { KubeApi } from "#testing/kube-api.ts";
import { ManualClock, settled } from "#testing/manual-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";

const ABOUT = { apiVersion: "v1", kind: "ConfigMap", namespace: "home", name: "esddns-wan-ip", uid: "u-1" };

let clock: ManualClock;
let api: KubeApi;
let log: MemoryLog;
let recorder: EventRecorder;
let stop: AbortController;
let ended: Promise<void>;
/** What answers in the API server's place; absent: the API server does. */
let impostor: (() => ApiAnswer) | undefined;

beforeEach(() => {
  clock = new ManualClock(new Date("2026-03-01T10:00:00.900Z"));
  api = new KubeApi(clock);
  log = new MemoryLog();
  stop = new AbortController();
  impostor = undefined;
  const transport = api.transport();
  let drawn = 0;
  recorder = new EventRecorder({
    client: createKubernetesClient({
      transport: { open: async (request, signal) => impostor?.() ?? transport.open(request, signal) },
      clock,
      purpose: "events",
    }),
    clock,
    random: { bytes: (length) => new Uint8Array(length).fill((drawn += 1)), fraction: () => 0.5 },
    log,
    source: { component: "esddns", host: "pod-a" },
  });
  ended = recorder.run(stop.signal);
});

async function tell(note: Partial<Note> = {}): Promise<void> {
  recorder.record({
    about: ABOUT,
    type: "Normal",
    reason: "AddressChanged",
    message: "now 192.0.2.1",
    ...note,
  });
  await settled();
}

function events() {
  return api.objects.list("v1/home/events");
}

describe("the recorder of Events", () => {
  it("tells what happened to which object, by whom", async () => {
    await tell();
    expect(events()).toEqual([
      expect.objectContaining({
        apiVersion: "v1",
        kind: "Event",
        metadata: expect.objectContaining({ namespace: "home", name: "esddns-wan-ip.0101010101010101" }),
        involvedObject: ABOUT,
        type: "Normal",
        reason: "AddressChanged",
        message: "now 192.0.2.1",
        count: 1,
        firstTimestamp: "2026-03-01T10:00:00Z",
        lastTimestamp: "2026-03-01T10:00:00Z",
        source: { component: "esddns", host: "pod-a" },
        reportingComponent: "esddns",
        reportingInstance: "pod-a",
      }),
    ]);
  });

  it("counts what is told again", async () => {
    await tell();
    await clock.advance(60_000);
    await tell();
    await tell();
    expect(events()).toHaveLength(1);
    expect(events()[0]).toMatchObject({
      count: 3,
      firstTimestamp: "2026-03-01T10:00:00Z",
      lastTimestamp: "2026-03-01T10:01:00Z",
    });
  });

  it("makes another Event when the one that it counted up is gone", async () => {
    await tell();
    api.objects.delete("v1/home/events", "esddns-wan-ip.0101010101010101");
    await tell();
    await tell();
    expect(events().map(({ metadata, ...event }) => [metadata.name, event["count"]])).toEqual([
      ["esddns-wan-ip.0202020202020202", 2],
    ]);
  });

  it("keeps apart what differs in object, type or reason", async () => {
    await tell();
    await tell({ about: { ...ABOUT, uid: "u-2" } });
    await tell({ type: "Warning" });
    await tell({ reason: "Published" });
    expect(events()).toHaveLength(4);
  });

  it("puts together what differs by its message alone, from the tenth on", async () => {
    for (let count = 1; count <= 12; count += 1) await tell({ message: `now 192.0.2.${count}` });
    expect(events()).toHaveLength(10);
    expect(events().at(-1)).toMatchObject({
      count: 3,
      message: "(combined from similar events): now 192.0.2.12",
    });
  });

  it("takes the tenth for a single one again after ten quiet minutes", async () => {
    for (let count = 1; count <= 9; count += 1) await tell({ message: `now 192.0.2.${count}` });
    await clock.advance(600_001);
    await tell({ message: "now 192.0.2.10" });
    expect(events().at(-1)).toMatchObject({ count: 1, message: "now 192.0.2.10" });
  });

  it("says no more than 25 times at once and once in five minutes about one object", async () => {
    for (let count = 0; count < 100; count += 1) await tell();
    expect(events()[0]).toMatchObject({ count: 25 });
    expect(api.requests).toHaveLength(25);
    await clock.advance(299_999);
    await tell();
    expect(events()[0]).toMatchObject({ count: 25 });
    await clock.advance(1);
    await tell();
    await tell();
    expect(events()[0]).toMatchObject({ count: 26 });
    await tell({ about: { ...ABOUT, kind: "Lease" } });
    expect(events()).toHaveLength(2);
  });

  it("cuts a message that the API would refuse", async () => {
    await tell({ message: "x".repeat(5000) });
    expect(events()[0]).toMatchObject({ message: "x".repeat(1024) });
  });

  it("makes a name that the API takes, however long that of the object is", async () => {
    await tell({ about: { ...ABOUT, name: "a".repeat(253) } });
    expect(events()[0]?.metadata.name).toHaveLength(253);
  });

  it.each([{ status: 503 }, { status: 401 }, { status: 429 }, { status: 503, broken: true }])(
    "waits while the server is away (%o), and then says when it was",
    async (fault) => {
      api.fail({ ...fault, times: 3 });
      await tell();
      await clock.advance(40_000);
      expect(events()[0]).toMatchObject({ firstTimestamp: "2026-03-01T10:00:00Z" });
      expect(log.entries).toEqual([]);
    },
  );

  it("waits while something else answers in the server's place", async () => {
    let answered = 0;
    async function* page() {
      yield Buffer.from("<html>Please log in</html>");
    }
    impostor = () => {
      answered += 1;
      return { status: 200, headers: { "content-type": "text/html" }, body: page() };
    };
    await tell();
    expect([answered, events()]).toEqual([1, []]);
    impostor = undefined;
    await clock.advance(10_000);
    expect(events()[0]).toMatchObject({ firstTimestamp: "2026-03-01T10:00:00Z" });
    expect(log.entries).toEqual([]);
  });

  it("asks a server that is away no more than every ten seconds", async () => {
    api.fail({ status: 503, times: Infinity });
    await tell();
    await clock.advance(600_000);
    const spans = Array.from({ length: 12 }, (_, index) => 10_000 * index);
    expect(api.requests.map(({ at }) => at)).toEqual(spans);
    expect(log.messages("warn")).toEqual(["Cannot record an Event"]);
  });

  it("gives up after two minutes, and does not pile up what it could not say", async () => {
    api.fail({ status: 503, times: Infinity });
    for (let count = 0; count < 1000; count += 1) {
      const about = { ...ABOUT, name: `map-${count}` };
      recorder.record({ about, type: "Normal", reason: "AddressChanged", message: "now 192.0.2.1" });
    }
    await clock.advance(130_000);
    expect(log.messages("warn")).toEqual(["Cannot record an Event"]);
    api.heal();
    await clock.advance(20_000);
    expect(events().length).toBeGreaterThan(0);
    expect(events().length).toBeLessThan(100);
  });

  it("does not insist on what is refused, and complains once", async () => {
    api.forbid("create", "events");
    await tell();
    expect(api.requests).toHaveLength(1);
    await tell();
    expect(log.messages("warn")).toHaveLength(1);
    expect(log.entries[0]).toMatchObject({
      level: "warn",
      fields: { error: expect.stringContaining('lacks the verb "create"') },
    });
  });

  it("complains anew of what is refused after one was taken", async () => {
    api.fail({ status: 403 });
    await tell();
    await tell();
    api.fail({ status: 403 });
    await tell();
    expect(log.messages("warn")).toHaveLength(2);
  });

  it("says the last words before it ends", async () => {
    recorder.record({ about: ABOUT, type: "Normal", reason: "Stopped", message: "leading no more" });
    stop.abort();
    await ended;
    expect(events()[0]).toMatchObject({ reason: "Stopped" });
    expect(clock.pending).toBe(0);
  });

  it("ends although the server is away", async () => {
    api.fail({ status: 503, times: Infinity });
    for (let count = 0; count < 5; count += 1) await tell({ message: `${count}` });
    stop.abort();
    await ended;
    expect(clock.pending).toBe(0);
    expect(api.requests.length).toBeLessThan(3);
  });
});
