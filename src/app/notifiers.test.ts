import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createSubscribers } from "#app/notifiers.ts";
import { registries } from "#app/registries.ts";
import { loadConfiguration } from "#config/load.ts";
import { temporaryFolder } from "#config/testdata/temporary-folder.ts";
import { createNotifications } from "#notify/notifications.ts";
import { MessageService } from "#testing/emulators/message-service.ts";
import { testPorts } from "#testing/emulators/world.ts";

it("a rotated secret is read again when the old one is refused, and the message arrives", async () => {
  const service = new MessageService(({ headers }) =>
    headers["x-gotify-key"] === "new-token"
      ? { read: "taken", answer: { status: 200, body: {} } }
      : { answer: { status: 401, body: { error: "Unauthorized" } } },
  );
  await service.listen();
  const cwd = temporaryFolder({ token: "old-token" });
  const phone = { type: "gotify", server: service.endpoint, token: { file: "token" } };
  const text = {
    providers: { home: { type: "memory" } },
    records: [{ name: "home.example.org" }],
    notify: { phone },
  };
  writeFileSync(path.join(cwd, "esddns.yaml"), JSON.stringify(text));
  const configuration = await loadConfiguration({ cwd, env: {}, registries });
  const ports = { ...testPorts(), secrets: configuration.secrets };
  onTestFinished(async () => {
    await ports.close();
    await service.close();
  });
  const subscribers = createSubscribers(configuration, ports);
  const notifications = createNotifications({ ...ports, subscribers, host: "router-1" });
  const { signal } = new AbortController();

  await expect(notifications.test("phone", signal)).rejects.toMatchObject({ code: "authentication" });
  expect(service.log).toHaveLength(1);
  writeFileSync(path.join(cwd, "token"), "new-token\n");
  await notifications.test("phone", signal);
  expect(service.texts).toEqual(["taken"]);
  expect(notifications.status()).toMatchObject([{ name: "phone", trouble: undefined }]);
});
