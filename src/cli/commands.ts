import type { Command } from "#cli/command.ts";

export interface CommandEntry {
  /** One line of help. */
  readonly summary: string;
  /** Each command is read from disk only when it runs. */
  readonly load: () => Promise<Command>;
}

export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  detect: {
    summary: "find the public address once; no DNS",
    load: async () => (await import("#cli/detect.ts")).detect,
  },
  plan: {
    summary: "show what would change and why; touches nothing",
    load: async () => (await import("#cli/plan.ts")).plan,
  },
  sync: {
    summary: "one full round: find, decide, write what follows",
    load: async () => (await import("#cli/sync.ts")).sync,
  },
  run: { summary: "the daemon", load: async () => (await import("#cli/run.ts")).run },
  operator: {
    summary: "the daemon in a pod of Kubernetes",
    load: async () => (await import("#cli/operator.ts")).operator,
  },
  status: {
    summary: "what is believed and since when",
    load: async () => (await import("#cli/status.ts")).status,
  },
  history: { summary: "what was changed", load: async () => (await import("#cli/history.ts")).history },
  config: {
    summary: "check, print, schema, import",
    load: async () => (await import("#cli/config.ts")).config,
  },
  doctor: {
    summary: "what works, what does not, and what to do",
    load: async () => (await import("#cli/doctor.ts")).doctor,
  },
  notify: {
    summary: "send a test to those who are told",
    load: async () => (await import("#cli/notify.ts")).notify,
  },
  healthcheck: {
    summary: "whether the daemon is live; for containers",
    load: async () => (await import("#cli/healthcheck.ts")).healthcheck,
  },
  password: {
    summary: "make a password or token for the dashboard",
    load: async () => (await import("#cli/password.ts")).password,
  },
  lab: {
    summary: "a world on loopback whose public address you can move",
    load: async () => (await import("#cli/lab.ts")).lab,
  },
  demo: {
    summary: "the lab and the daemon together, live",
    load: async () => (await import("#cli/demo.ts")).demo,
  },
};

/** The page of `esddns --help`. */
export function helpPage(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: esddns [--config FILE] COMMAND [--json] [--help]

Commands:
${lines.join("\n")}

Without --config: ./esddns.yaml, ./dns.ini, $XDG_CONFIG_HOME/esddns/, /etc/esddns/.
Try it without any: esddns demo
`;
}
