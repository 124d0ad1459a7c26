import { stringify } from "yaml";
import type { NotifierDefinition } from "../../src/notify/definition.ts";
import { keyTable, type JsonSchema, notifierSchema } from "./json-schema-keys.ts";
import { table } from "./markdown.ts";

export function notifierTable(notifiers: readonly NotifierDefinition[]): string {
  const rows = notifiers.map(({ id, title, kind }) => [
    `[\`${id}\`](/docs/notifiers/${id}.md)`,
    title,
    kind === "message" ? "a message for each happening" : "a sign of life after the rounds",
  ]);
  return table(["type", "service", "it gets"], rows);
}

export function notifierPage(notifier: NotifierDefinition, schema: JsonSchema): string {
  const { id, title, description, docsUrl, example, notes } = notifier;
  return [
    `# ${title}`,
    description,
    ...(docsUrl.endsWith(`/docs/notifiers/${id}.md`) ? [] : [`The vendor's documentation: <${docsUrl}>`]),
    "```yaml\n" + stringify({ notify: { [NAMES[notifier.kind]]: { type: id, ...object(example) } } }) + "```",
    `Try it: \`esddns notify test ${NAMES[notifier.kind]}\`.`,
    "## Keys",
    keyTable(notifierSchema(schema, id)),
    ...(notes === undefined ? [] : [notes]),
  ].join("\n\n");
}

/** The page above the table: what is sent, when, and what is not. */
export function notifierIntroduction(): string {
  return `# Notifications

Off until \`notify:\` names somebody. Each entry has a name of yours, a \`type\`, the keys of its type, and:

- of a **message**: \`on\`, the list of what it tells of. Absent: the address has changed, is disputed or settled; a record has failed or is right again; credentials were refused; a token is about to end.
- of a **sign of life**: \`every\`. After a round with every record in sync there is a ping, at most one in so long (5 minutes unless set); when a record has failed, a failure signal at once, and again each \`every\`; when the address is not known or a change is held back, nothing, so that the service raises the alarm by itself if that lasts.

\`esddns notify test [NAME]\` sends a test to all, or to one.

A round never waits for a message. What cannot be delivered is tried again after 5 seconds, then twice as long each time up to ten minutes, or when the service says (an hour at most), for a day; 50 messages wait at most, and the oldest are dropped. What a service refuses for good (a wrong token, a message it does not take) is not repeated; the log says so once.

Nobody is flooded: the same is told once an hour; what goes back and forth five times within an hour is from then on summed up hourly, with how it is in the end; and each notifier gets twenty messages an hour at most, then one that says that further ones are held back.

A token that ends, as those of many services do after a year, is told of 14, 7, 3 and 1 days before and when it has ended, if the provider's entry has \`tokenExpires: 2027-03-01\`.

Addresses and tokens are secrets: \`{ env: NAME }\`, \`{ file: PATH }\`, or plain text, which earns a warning. They appear in no message, log line or page. A file is read again when a service refuses what it held. Redirects are not followed, and no proxy is used.
`;
}

const NAMES = { message: "me", heartbeat: "watch" } as const;

function object(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
