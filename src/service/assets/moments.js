// Points in time as people say them. The server says them in UTC, the browser again in its reader's zone; both by
// these functions, so that nothing on the page changes its width for it.

const MONTHS = ["January", "February", "March", "April", "May", "June"].concat([
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
]);
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** One of the formats of `moments.d.ts`. */
export function sayMoment(format, at, now, isUtc) {
  switch (format) {
    case "age":
      return sayAge(now - at);
    case "ago":
      return `${sayAge(now - at)} ago`;
    case "until":
      return sayCountdown(at - now);
    case "exact":
      return sayClock(at, now, isUtc, true);
    case "time":
      return partsOf(at, isUtc).clock;
    case "since":
      return saySince(at, now, isUtc);
    default:
      return sayClock(at, now, isUtc, false);
  }
}

/** `12 s`, `4 min`, `3 h`, `9 days`. */
export function sayAge(span) {
  if (span < 2 * MINUTE) return `${Math.max(0, Math.floor(span / SECOND))} s`;
  if (span < 2 * HOUR) return `${Math.floor(span / MINUTE)} min`;
  if (span < 2 * DAY) return `${Math.floor(span / HOUR)} h`;
  return `${Math.floor(span / DAY)} days`;
}

/** What is due is 0 s away. */
export function sayCountdown(span) {
  return sayAge(Math.max(0, Math.ceil(span / SECOND)) * SECOND);
}

/** `14:03`, `21 Nov 14:03`, `21 Nov 2025`. */
function sayClock(at, now, isUtc, hasSeconds) {
  const [then, today] = [partsOf(at, isUtc), partsOf(now, isUtc)];
  const clock = hasSeconds ? `${then.clock}:${two(then.second)}` : then.clock;
  if (then.date === today.date) return clock;
  const day = `${then.day} ${MONTHS[then.month].slice(0, 3)}`;
  if (then.year !== today.year) return hasSeconds ? `${day} ${then.year} ${clock}` : `${day} ${then.year}`;
  return `${day} ${clock}`;
}

/** `14:03 today`, `Tuesday 14:03`, `3 October`, `3 October 2025`. */
function saySince(at, now, isUtc) {
  const [then, today] = [partsOf(at, isUtc), partsOf(now, isUtc)];
  if (then.date === today.date) return `${then.clock} today`;
  if (now - at < 6 * DAY) return `${WEEKDAYS[then.weekday]} ${then.clock}`;
  const day = `${then.day} ${MONTHS[then.month]}`;
  return then.year === today.year ? day : `${day} ${then.year}`;
}

function partsOf(at, isUtc) {
  const get = (part) => at[`get${isUtc ? "UTC" : ""}${part}`]();
  const [year, month, day] = [get("FullYear"), get("Month"), get("Date")];
  const clock = `${two(get("Hours"))}:${two(get("Minutes"))}`;
  return {
    year,
    month,
    day,
    date: `${year} ${month} ${day}`,
    weekday: get("Day"),
    clock,
    second: get("Seconds"),
  };
}

function two(number) {
  return String(number).padStart(2, "0");
}
