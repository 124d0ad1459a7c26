import type { Configuration } from "#config/configuration.ts";
import type { ConfiguredNotifier } from "#config/notify-settings.ts";
import type { Ports } from "#core/ports.ts";
import type { Secret, SecretReference } from "#core/secret.ts";
import type { Heartbeat, Notice } from "#notify/definition.ts";
import type { Subscriber } from "#notify/subscriber.ts";
import { withSecretRefresh } from "#notify/with-secret-refresh.ts";

/**
 * The configured notifiers, with secrets read again when they are refused.
 *
 * @throws {ConfigError} when a secret is not of the form that its service gives out
 */
export function createSubscribers(
  { notify }: Pick<Configuration, "notify">,
  ports: Ports,
): readonly Subscriber[] {
  return notify.map((notifier) => createSubscriber(notifier, ports));
}

function createSubscriber(notifier: ConfiguredNotifier, ports: Ports): Subscriber {
  const opened: Secret[] = [];
  const secret = (reference: SecretReference) => {
    const value = ports.secrets.open(reference);
    opened.push(value);
    return value;
  };
  const { name, definition, config } = notifier;
  const named = { name, type: definition.id };
  switch (notifier.kind) {
    case "message": {
      const account = notifier.definition.create(config, ports, secret);
      const send = withSecretRefresh<Notice>((notice, signal) => account.send(notice, signal), opened);
      return {
        ...named,
        kind: "message",
        on: notifier.on,
        notifier: { send },
      };
    }
    case "heartbeat": {
      const monitor = notifier.definition.create(config, ports, secret);
      const beat = withSecretRefresh<Heartbeat>(
        (heartbeat, signal) => monitor.beat(heartbeat, signal),
        opened,
      );
      return {
        ...named,
        kind: "heartbeat",
        every: notifier.every,
        monitor: { beat },
      };
    }
  }
}
