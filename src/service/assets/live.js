// Keeps the page true: reads along with what happens, fetches the page again when something did, and says so when the
// daemon does not answer.
import { announce, takeForms } from "./forms.js";
import { sayMoment } from "./moments.js";
import { swapPage } from "./swap.js";

const AT_MOST_EVERY = 250;
/** The stream says something every so often, and be it that nothing happened. */
const SILENCE = 45_000;
const LATE = 20_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

const live = document.getElementById("live");
/** The server's clock next to ours. */
let drift = 0;
let lastWord = Date.now();
let pause = FIRST_PAUSE;
let isLost = false;

// The page

let fetchedAt = 0;
let isFetching = false;
let isStale = false;
let timer;
let dueAt = 0;

/** Never more often than a person can follow. What happens together makes one visit: a round says dozens of things. */
function refresh() {
  refreshAt(Date.now() + AT_MOST_EVERY);
}

/** For what a person waits for. */
function refreshNow() {
  refreshAt(Math.max(Date.now(), fetchedAt + AT_MOST_EVERY));
}

function refreshAt(time) {
  // A page that stays as it is, such as a plan, is not made again
  if (!document.querySelector("[data-live]")) return;
  if (document.hidden || isFetching) {
    isStale = true;
    return;
  }
  if (timer && dueAt <= time) return;
  clearTimeout(timer);
  dueAt = time;
  timer = setTimeout(() => {
    timer = undefined;
    void fetchPage();
  }, time - Date.now());
}

async function fetchPage() {
  isFetching = true;
  isStale = false;
  fetchedAt = Date.now();
  try {
    const answer = await fetch(location.href, {
      headers: { accept: "text/html" },
      cache: "no-store",
      // One that was under way when the lid was closed may never come
      signal: AbortSignal.timeout(LATE),
    });
    if (answer.status === 401 || answer.redirected) return location.reload();
    if (!answer.ok) return;
    synchronize(answer);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    prepare(fresh);
    if (!swapPage(fresh)) location.reload();
  } catch {
    // The stream tells when the daemon is gone, and the next one is fetched when it is back
  } finally {
    isFetching = false;
    if (isStale) refreshNow();
  }
}

function synchronize(answer) {
  const date = Date.parse(answer.headers.get("date") ?? "");
  // The header counts in seconds: what is less is no drift
  if (Number.isFinite(date)) drift = Math.abs(date - Date.now()) < 2000 ? 0 : date - Date.now();
}

/** What scripts make of a page, made of one that was fetched before it is compared. */
function prepare(page) {
  for (const each of page.querySelectorAll("time[data-moment]")) sayTime(each);
  for (const each of page.querySelectorAll("[data-copy]")) each.hidden = false;
  for (const each of page.querySelectorAll("[data-without-scripts]")) each.hidden = true;
}

// Time

function sayTime(element) {
  const now = new Date(Date.now() + drift);
  const words = sayMoment(element.dataset.moment, new Date(element.dateTime), now, false);
  if (element.textContent !== words) element.textContent = words;
}

function tick() {
  if (document.hidden) return;
  for (const each of document.querySelectorAll('[data-moment^="ag"], [data-moment="until"]')) sayTime(each);
}

// The stream

async function follow() {
  for (;;) {
    await untilSeen();
    const ending = new AbortController();
    const hide = () => document.hidden && ending.abort();
    document.addEventListener("visibilitychange", hide);
    const watch = setInterval(() => Date.now() - lastWord > SILENCE && ending.abort(), 5000);
    try {
      await read(ending.signal);
    } catch {
      // Gone, for whatever reason
    }
    clearInterval(watch);
    document.removeEventListener("visibilitychange", hide);
    if (document.hidden) continue;
    showLost();
    await new Promise((resolve) => setTimeout(resolve, pause * (0.75 + Math.random() / 2)));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

function untilSeen() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener("visibilitychange", () => resolve(), { once: true });
  });
}

async function read(signal) {
  lastWord = Date.now();
  const answer = await fetch("/api/v1/events?state=0", {
    headers: { accept: "text/event-stream" },
    cache: "no-store",
    signal,
  });
  if (answer.status === 401) return location.reload();
  if (!answer.ok || !answer.body) return;
  showLive();
  // Whatever happened since the page was made
  refreshNow();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    lastWord = Date.now();
    if (/^event: happening$/m.test(piece.value)) refreshNow();
    else if (/^data:/m.test(piece.value)) refresh();
  }
}

function showLive() {
  pause = FIRST_PAUSE;
  if (isLost) announce("The daemon answers again");
  isLost = false;
  document.documentElement.classList.remove("lost");
  if (live) {
    live.hidden = false;
    live.dataset.state = "live";
    live.textContent = "live";
  }
}

function showLost() {
  if (isLost) return;
  isLost = true;
  document.documentElement.classList.add("lost");
  if (live) {
    live.hidden = false;
    live.dataset.state = "lost";
    live.textContent = `no answer from the daemon since ${new Date(lastWord).toTimeString().slice(0, 8)}`;
  }
}

// From here on

prepare(document);
const zone = document.querySelector("[data-zone]");
if (zone)
  zone.textContent = `Times are in ${Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll("_", " ")}.`;
// On a phone the row of pages is wider than the screen
document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
takeForms(refreshNow);
setInterval(tick, 1000);
// Pages without anything that moves, such as the one to sign in, have nothing to follow
if (live) void follow();
