import type { Family } from "#core/address.ts";
import { recordId } from "#core/record.ts";
import type { Archive, HistoryEntry, StoredHappening } from "#core/store.ts";
import { MEASURE_SPAN } from "#core/store.ts";
import { milliseconds } from "#core/units.ts";
import { operator } from "#core/witness.ts";
import { address, fixedRandom, type ScriptedProvider } from "#testing/engine-world.ts";
import { RECORDS, SIX, WITNESSES } from "#testing/service-world/scenery.ts";

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;

/** Of IPv4, one every other day, the last one 52 hours ago. */
const ADDRESSES = [
  "44.128.3.18",
  "44.128.91.4",
  "44.130.7.201",
  "44.128.66.12",
  "44.129.14.90",
  "44.131.200.5",
  "44.128.10.70",
  "44.128.10.77",
] as const;

const MOVING = RECORDS.filter(({ name, type }) => type === "A" && !/^(mail|shop)/.test(name));

/** What an earlier process of 30 days left behind, until a minute ago. */
export function addPast(archive: Archive, now: Date): void {
  addMoves(archive, now);
  addFailures(archive, now);
  addEpisodesOfSix(archive, now);
  addMeasures(archive, now);
  for (const family of [4, 6] as const) addBelief(archive, family, now);
}

/** Eight addresses in 30 days, with a dispute, an outage and three hours without a daemon between them. */
function addMoves(archive: Archive, now: Date): void {
  const random = fixedRandom(7);
  for (const [index, text] of ADDRESSES.entries()) {
    const at = ago(
      now,
      52 * HOUR + (ADDRESSES.length - 1 - index) * 4 * DAY - Math.round(random.fraction() * HOUR),
    );
    archive.beginEpisode({ family: 4, kind: "known", address: address(text), from: at });
    const before = ADDRESSES[index - 1];
    archive.addHappening(changed(at, text, before));
    for (const record of MOVING.slice(0, 3 + (index % 2))) {
      archive.addHistory({
        at: new Date(at.getTime() + 180),
        record: recordId(record),
        provider: record.provider,
        before: before === undefined ? [] : [before],
        after: [text],
        reason: before === undefined ? "missing" : "address-changed",
        outcome: "applied",
        took: milliseconds(120 + Math.round(random.fraction() * 700)),
        converged: milliseconds(1500 + Math.round(random.fraction() * 9000)),
        operators: ["alpha.example", "bravo.example", "foxtrot.example"],
        ...(before !== undefined && { sight: milliseconds(300 + Math.round(random.fraction() * 600)) }),
      });
      archive.addHappening({
        kind: "record-changed",
        at: new Date(at.getTime() + 180),
        record: recordId(record),
        provider: record.provider,
        title: `${record.name} ${record.type} is now ${text}`,
        detail: `before: ${before ?? "nothing"}; written at ${record.provider} in 148 ms`,
      });
    }
    addGap(archive, index, at, text);
  }
}

function addGap(archive: Archive, index: number, at: Date, text: string): void {
  const later = (hours: number) => new Date(at.getTime() + hours * HOUR);
  const gaps = { 1: "disputed", 3: "unavailable", 5: "unwatched" } as const;
  const kind = index === 1 || index === 3 || index === 5 ? gaps[index] : undefined;
  if (!kind) return;
  archive.beginEpisode({ family: 4, kind, from: later(20) });
  archive.beginEpisode({ family: 4, kind: "known", address: address(text), from: later(23) });
  if (kind === "unwatched") return;
  const isLost = kind === "unavailable";
  archive.addHappening({
    kind: isLost ? "address-lost" : "address-disputed",
    at: later(20),
    family: 4,
    title: isLost ? "The IPv4 address is not known" : "The witnesses disagree about the IPv4 address",
    detail: isLost
      ? "no witness gave a usable answer; records stay as they are"
      : `alpha.example, bravo.example: ${text}; echo.example: 44.128.255.1; records stay as they are`,
  });
  archive.addHappening({
    kind: "address-settled",
    at: later(23),
    family: 4,
    title: `The IPv4 address is ${text} again`,
    detail: "after 3 hours",
  });
}

function changed(at: Date, text: string, before: string | undefined): StoredHappening {
  const from = before === undefined ? "" : `before ${before}, held for 4 days; `;
  return {
    kind: "address-changed",
    at,
    family: 4,
    title: `The IPv4 address is now ${text}`,
    detail: `${from}decided by alpha.example, bravo.example, foxtrot.example in 41 ms`,
  };
}

/** Lines that are no success, one with words that a spreadsheet would take for a formula. */
function addFailures(archive: Archive, now: Date): void {
  const line = (hours: number, more: Partial<HistoryEntry>): HistoryEntry => ({
    at: ago(now, hours * HOUR),
    record: "shop.example.net/A",
    provider: "office",
    before: ["44.128.10.70"],
    after: ["44.128.10.77"],
    reason: "address-changed",
    outcome: "failed",
    took: milliseconds(30_000),
    ...more,
  });
  archive.addHistory(line(51, { words: "Cannot reach api.cloudflare.com: no answer within 30 s" }));
  archive.addHistory(line(50, { outcome: "refused", words: '=HYPERLINK("https://evil.example","10000")' }));
  archive.addHistory(
    line(49, { outcome: "unconfirmed", words: 'the connection broke off, "as it happens"\n' }),
  );
  archive.addHappening({
    kind: "record-failed",
    at: ago(now, 51 * HOUR),
    record: "shop.example.net/A",
    provider: "office",
    title: "shop.example.net A: office did not make the change",
    detail: "Cannot reach api.cloudflare.com: no answer within 30 s",
  });
}

function addEpisodesOfSix(archive: Archive, now: Date): void {
  const from = ago(now, 30 * DAY);
  archive.beginEpisode({ family: 6, kind: "known", address: address(SIX), from });
}

/** Two days of them; one witness is silent every other span, one differs now and then. */
function addMeasures(archive: Archive, now: Date): void {
  const random = fixedRandom(11);
  const first = Math.floor((now.getTime() - 2 * DAY) / MEASURE_SPAN);
  for (let span = first; span < Math.floor(now.getTime() / MEASURE_SPAN); span += 1) {
    const at = new Date(span * MEASURE_SPAN);
    archive.addMeasures(
      WITNESSES.flatMap((witness, index) =>
        ([4, 6] as const).map((family) => {
          const { id = "", operator: name = "", rtt = 10, roundTrips = 1 } = witness;
          const asked = 3;
          const answered = index === 4 && span % 2 === 0 ? 0 : asked;
          const differed = index === 3 && span % 8 === 0 ? 1 : 0;
          const mean = rtt * roundTrips * (1 + random.fraction() / 4);
          return {
            at,
            family,
            witness: id,
            operator: operator(name),
            asked,
            answered,
            agreed: answered - Math.min(answered, differed),
            differed: Math.min(answered, differed),
            ...(answered > 0 && {
              roundTrip: {
                mean: milliseconds(mean),
                min: milliseconds(mean * 0.9),
                max: milliseconds(mean * 1.4),
              },
            }),
          };
        }),
      ),
    );
  }
}

function addBelief(archive: Archive, family: Family, now: Date): void {
  archive.setBelief({
    family,
    kind: "known",
    address: address(family === 4 ? "44.128.10.77" : SIX),
    since: family === 4 ? ago(now, 52 * HOUR) : ago(now, 30 * DAY),
    lastRound: ago(now, 60_000),
    for: ["stun:stun.alpha.example:3478:udp", "http:https://ip.foxtrot.example/"],
    against: [],
  });
}

/** What the records hold, and that we put it there. */
export function addPublished(
  archive: Archive,
  { home, office }: { readonly home: ScriptedProvider; readonly office: ScriptedProvider },
  now: Date,
): void {
  for (const record of RECORDS.filter(
    ({ name }) => !["mail.example.org", "shop.example.net"].includes(name),
  )) {
    const text = record.type === "A" ? "44.128.10.77" : SIX;
    const provider = record.provider === "home" ? home : office;
    const others = record.mode === "merge" ? ["44.140.1.1"] : [];
    // This one's provider keeps another TTL than the one that was written
    const ttl = record.name === "vpn.example.org" ? 300 : record.ttl;
    provider.put(record.name, record.type, [...others, text], ttl);
    const published = { record: recordId(record), address: address(text), at: ago(now, 60_000) };
    archive.setPublished({ ...published, ttl: record.ttl });
  }
  office.put("shop.example.net", "A", ["44.128.10.70"], 600);
  archive.setPublished({
    record: "shop.example.net/A",
    address: address("44.128.10.70"),
    at: ago(now, 6 * DAY),
  });
}

function ago(now: Date, span: number): Date {
  return new Date(now.getTime() - span);
}
