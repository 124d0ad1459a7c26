import type { ChronicleListener } from "#state/chronicle.ts";
import { reportEvent, reportHappening } from "#service/api/event-report.ts";
import type { EventFeed } from "#service/event-feed.ts";

/** Tells the feed's readers everything that the engine does, and what it means to a person. */
export function feedEngine(feed: Pick<EventFeed, "push">): ChronicleListener {
  return ({ event, happenings }) => {
    if (event) feed.push(event.kind, reportEvent(event));
    for (const happening of happenings) feed.push("happening", reportHappening(happening));
  };
}
