import { daemonCommand } from "#cli/daemon-command.ts";

export const run = daemonCommand("run", () => Promise.resolve({}));
