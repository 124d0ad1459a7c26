import { hostname } from "node:os";
import { createSubscribers } from "#app/notifiers.ts";
import type { Command, Terminal } from "#cli/command.ts";
import { EXIT } from "#cli/exit.ts";
import { loadForCommand } from "#cli/load.ts";
import { ConfigError, describeError } from "#core/errors.ts";
import { createNotifications, type Notifications } from "#notify/notifications.ts";
import { createPorts } from "#platform/ports.ts";

/** What became of one test. */
interface Attempt {
  readonly name: string;
  readonly type: string;
  /** Absent: it was sent. */
  readonly problem?: string | undefined;
}

export const notify: Command = {
  options: {},
  hasJson: true,
  positionals: ["test", "NAME?"],
  usage: "esddns notify test [NAME] [--json]",
  async run(invocation) {
    const { terminal, positionals, json } = invocation;
    const [action, name] = positionals;
    if (action !== "test") {
      terminal.err(`Cannot do "${action}": expected "test"\n`);
      return EXIT.badConfiguration;
    }
    const { configuration, log } = await loadForCommand(invocation);
    const ports = createPorts({ log, secrets: configuration.secrets, caFile: configuration.tls.caFile });
    try {
      const subscribers = createSubscribers(configuration, ports);
      const notifications = createNotifications({ ...ports, subscribers, log, host: hostname() });
      const attempts = await testAll(notifications, name, terminal);
      terminal.out(json ? `${JSON.stringify({ notifiers: attempts }, null, 2)}\n` : linesOf(attempts));
      return attempts.some(({ problem }) => problem !== undefined) ? EXIT.failed : EXIT.ok;
    } finally {
      await ports.close();
    }
  },
};

/** Side by side. @throws {ConfigError} (rejects) when there is nobody of that name, or nobody at all */
async function testAll(
  notifications: Notifications,
  name: string | undefined,
  { ended }: Terminal,
): Promise<readonly Attempt[]> {
  const { list } = notifications;
  const chosen = list.filter((notifier) => name === undefined || notifier.name === name);
  if (chosen.length === 0) throw nobody(list, name);
  return Promise.all(
    chosen.map(async (notifier): Promise<Attempt> => {
      try {
        await notifications.test(notifier.name, ended);
        return notifier;
      } catch (error) {
        return { ...notifier, problem: describeError(error) };
      }
    }),
  );
}

function nobody(list: Notifications["list"], name: string | undefined): ConfigError {
  if (list.length === 0) {
    const hint = "for example: notify: { phone: { type: ntfy, topic: { env: NTFY_TOPIC } } }";
    return new ConfigError('Cannot test notifications: "notify" names nobody, expected a notifier', [], {
      hint,
    });
  }
  const names = list.map((notifier) => notifier.name).join(", ");
  return new ConfigError(`Cannot test "${name}": there is no such notifier, expected one of ${names}`, []);
}

function linesOf(attempts: readonly Attempt[]): string {
  return attempts
    .map(
      ({ name, type, problem }) =>
        `${problem === undefined ? "ok  " : "BAD "} ${name} (${type}): ${problem ?? "sent"}\n`,
    )
    .join("");
}
