import { z } from "zod";
import { bodyOf, fit } from "#notify/_shared/words.ts";
import { defineNotifier, type Notice } from "#notify/definition.ts";
import { type Letter, sendLetter, type Server } from "#notify/email/smtp.ts";
import { secretReference } from "#schemas/secret.ts";

/** A header line has 998 characters at most (RFC 5322 section 2.1.1); a list of messages shows fewer. */
const MAX_SUBJECT = 200;
const PORT = { starttls: 587, tls: 465, none: 25 } as const;

const address = z.email({ pattern: z.regexes.html5Email });

export const email = defineNotifier({
  kind: "message",
  id: "email",
  title: "E-mail",
  docsUrl: "https://github.com/esddns/esddns/blob/main/docs/notifiers/email.md",
  description:
    "A message by SMTP. The connection is encrypted and the server's certificate is checked, or nothing is sent; " +
    "`security: none` is for a relay on this host or in a network of your own, and then without a password.",
  example: {
    server: "smtp.example.org",
    username: "esddns@example.org",
    password: { env: "SMTP_PASSWORD" },
    from: "esddns@example.org",
    to: ["me@example.org"],
  },
  config: z
    .strictObject({
      server: z
        .string()
        .regex(/^[^\s/:@]+$|^[0-9a-f:.]+$/i)
        .meta({ description: "Name or address of the SMTP server" }),
      port: z
        .int()
        .min(1)
        .max(65_535)
        .optional()
        .meta({ description: "Absent: 587, 465 or 25, by `security`" }),
      security: z.enum(["starttls", "tls", "none"]).default("starttls").meta({
        description: "How the connection is encrypted: from the `STARTTLS` on, from its start, or not",
      }),
      username: z.string().min(1).optional().meta({ description: "To sign in with" }),
      password: secretReference.optional().meta({ description: "To sign in with" }),
      from: address.meta({ description: "Sender" }),
      to: z.array(address).min(1).max(20).meta({ description: "Recipients" }),
      caFile: z.string().startsWith("/").optional().meta({
        description:
          "Absolute path of a PEM file with authorities to trust besides the usual ones, for this server",
      }),
    })
    .superRefine(({ security, username, password }, context) => {
      const complain = (message: string) => context.addIssue({ code: "custom", message });
      if ((username === undefined) !== (password === undefined)) {
        complain('it has one of "username" and "password", expected both or none');
      }
      if (password && security === "none")
        complain("a password would be sent in the clear, expected starttls or tls");
    }),
  secrets: ({ password }) => (password ? [password] : []),
  create(config, ports, secret) {
    const { server: host, security, username: user } = config;
    const password = config.password && secret(config.password);
    return {
      async send(notice, signal) {
        const server: Server = {
          host,
          port: config.port ?? PORT[security],
          security,
          account: user === undefined || !password ? undefined : { user, password: password.reveal() },
          authorities: config.caFile === undefined ? undefined : await ports.files.read(config.caFile),
        };
        await sendLetter(server, letterOf(notice, config), signal);
      },
    };
  },
});

function letterOf(notice: Notice, { from, to }: Pick<Letter, "from" | "to">): Letter {
  const { title, at } = notice.happening;
  return {
    from,
    to,
    subject: fit(title, MAX_SUBJECT),
    text: `${title}\n\n${bodyOf(notice)}\n`,
    // The same for every attempt: mailboxes drop a message that they have already
    id: `<${notice.id}@${from.slice(from.lastIndexOf("@") + 1)}>`,
    date: at,
  };
}
