import { writeFile, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { parseAddress } from "#core/address.ts";
import { CancelledError, describeError } from "#core/errors.ts";
import { createAuthority } from "#lab/certificate.ts";
import type { Notifier } from "#notify/definition.ts";
import { email } from "#notify/email/email.ts";
import { openPlain, testPorts } from "#testing/emulators/world.ts";
import { SmtpServer, type SmtpServerOptions } from "#testing/emulators/smtp-server.ts";
import { HOSTILE, noticeOf } from "#testing/notifier-contract.ts";

const PASSWORD = "s3cret-pass word";
const ACCOUNT = { user: "esddns", password: PASSWORD };
const authority = createAuthority({ name: "esddns test", now: new Date() });
const certificate = authority.issue({ addresses: [loopback()], now: new Date() });
const { signal } = new AbortController();
let caFile: string;

beforeAll(async () => {
  caFile = path.join(await mkdtemp(path.join(tmpdir(), "esddns-email-")), "ca.pem");
  await writeFile(caFile, authority.certificatePem);
});

function loopback() {
  const address = parseAddress("127.0.0.1");
  if (!address) throw new TypeError("no address");
  return address;
}

async function world(
  security: SmtpServerOptions["security"],
  { account, ...config }: { account?: typeof ACCOUNT; [key: string]: unknown } = {},
): Promise<{ readonly server: SmtpServer; readonly notifier: Notifier; readonly logged: () => string }> {
  const server = new SmtpServer({ certificate, security, account });
  await server.listen();
  const ports = testPorts();
  onTestFinished(async () => {
    await ports.close();
    await server.close();
  });
  const parsed = email.config.parse({
    server: "127.0.0.1",
    port: server.port,
    security,
    from: "esddns@example.org",
    to: ["me@example.org", "you@example.net"],
    caFile,
    ...(account && { username: account.user, password: account.password }),
    ...config,
  });
  return { server, notifier: email.create(parsed, ports, openPlain), logged: () => ports.logged() };
}

const caught = (sending: Promise<void>) =>
  sending.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("a message by e-mail", () => {
  it.each(["starttls", "tls"] as const)("arrives encrypted and signed in, by %s", async (security) => {
    const { server, notifier } = await world(security, { account: ACCOUNT });
    await notifier.send(noticeOf(), signal);
    expect(server.mails).toMatchObject([
      { from: "esddns@example.org", to: ["me@example.org", "you@example.net"], isEncrypted: true },
    ]);
    const clear = server.lines.filter((line) => !line.startsWith("(tls)"));
    expect(clear.map((line) => line.split(" ")[0])).toEqual(security === "tls" ? [] : ["EHLO", "STARTTLS"]);
    const [mail] = server.mails;
    expect(mail?.data).toMatch(/^Subject: home\.example\.org A: home refused the change\r$/m);
    expect(mail?.data).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(mail?.data).toMatch(/^Message-ID: <0123456789abcdef0123456789abcdef@example\.org>\r$/m);
    expect(mail?.data).toContain("no such zone\r\nrouter-1, 2026-11-22 10:11 UTC");
  });

  it("shows hostile words as they are, and none of them becomes a header", async () => {
    const { server, notifier } = await world("starttls");
    const title = `${HOSTILE}\r\nBcc: victim@example.org`;
    await notifier.send(noticeOf({ title, detail: ".\r\n..\r\n.hidden" }), signal);
    const [{ data, to } = { data: "", to: [] }] = server.mails;
    expect(to).toEqual(["me@example.org", "you@example.net"]);
    expect(data.split("\r\n\r\n")[0]).not.toMatch(/^Bcc:/im);
    expect(decodedSubject(data)).toBe(`${HOSTILE} Bcc: victim@example.org`);
    expect(decodedBody(data)).toContain(HOSTILE);
    expect(decodedBody(data)).toContain("\r\n.\r\n..\r\n.hidden\r\n");
  });

  it("goes to a relay in the clear when that was asked for, without a password", async () => {
    const { server, notifier } = await world("none");
    await notifier.send(noticeOf(), signal);
    expect(server.mails).toMatchObject([{ isEncrypted: false }]);
  });
});

describe("e-mail sends nothing", () => {
  it("when the server offers no STARTTLS", async () => {
    const { server, notifier } = await world("none", { security: "starttls" });
    const error = await caught(notifier.send(noticeOf(), signal));
    expect(error).toMatchObject({ code: "certificate", hint: expect.stringContaining("nothing was sent") });
    expect(server.mails).toEqual([]);
    expect(server.lines.some((line) => line.startsWith("MAIL"))).toBe(false);
  });

  it.each(["starttls", "tls"] as const)("to a server that nobody vouches for, by %s", async (security) => {
    const { server, notifier } = await world(security, { account: ACCOUNT, caFile: undefined });
    const error = await caught(notifier.send(noticeOf(), signal));
    expect(error).toMatchObject({ code: "certificate", retry: "next-round" });
    expect(server.mails).toEqual([]);
    expect(server.lines.some((line) => line.includes("AUTH"))).toBe(false);
  });

  it("to a server that has the certificate of another one", async () => {
    const other = authority.issue({ dnsNames: ["mail.example.org"], now: new Date() });
    const server = new SmtpServer({ certificate: other, security: "starttls" });
    await server.listen();
    onTestFinished(() => server.close());
    const { notifier } = await world("starttls", { port: server.port });
    expect(await caught(notifier.send(noticeOf(), signal))).toMatchObject({ code: "certificate" });
    expect(server.mails).toEqual([]);
  });

  it("without signing in, where the server would not have asked", async () => {
    const { server, notifier } = await world("starttls", { username: "esddns", password: PASSWORD });
    expect(await caught(notifier.send(noticeOf(), signal))).toMatchObject({ code: "authentication" });
    expect(server.mails).toEqual([]);
  });
});

describe("what a mail server says", () => {
  it("to a wrong password is final, and shows no secret", async () => {
    const { notifier, logged } = await world("starttls", { account: ACCOUNT, password: "wrong-pass word" });
    const error = await caught(notifier.send(noticeOf(), signal));
    expect(error).toMatchObject({
      code: "authentication",
      retry: "never",
      hint: "check the username and the password",
    });
    const shown = `${inspect(error, { depth: 9 })} ${describeError(error)} ${logged()}`;
    const spellings = ["wrong-pass word", "\0esddns\0wrong-pass word"];
    for (const secret of [...spellings, ...spellings.map((text) => Buffer.from(text).toString("base64"))]) {
      expect(shown).not.toContain(secret);
    }
  });

  it.each([
    ["MAIL", "550 5.7.1 sender rejected", { code: "refused", status: 550, retry: "never" }],
    ["RCPT", "550 5.1.1 no such user", { code: "refused", status: 550, retry: "never" }],
    ["MAIL", "451 4.3.0 try later", { code: "server-error", status: 451, retry: "next-round" }],
    ["DATA", "452 4.2.2 mailbox full", { code: "server-error", status: 452, retry: "next-round" }],
    ["RCPT TO:<you@", "550 5.1.1 no such user", { code: "refused", retry: "never" }],
  ])("%s is answered with %s", async (command, answer, expected) => {
    const { server, notifier } = await world("starttls");
    server.faults.set(command, answer);
    expect(await caught(notifier.send(noticeOf(), signal))).toMatchObject(expected);
  });

  it("nothing: the caller's signal ends it, and the connection with it", { timeout: 3000 }, async () => {
    const { server, notifier } = await world("starttls");
    server.faults.set("MAIL", "");
    const stop = new AbortController();
    const sending = caught(notifier.send(noticeOf(), stop.signal));
    await expect.poll(() => server.lines.some((line) => line.includes("MAIL"))).toBe(true);
    stop.abort();
    expect(await sending).toBeInstanceOf(CancelledError);
    await expect.poll(() => server.connections).toBe(0);
  });

  it("is nothing when there is no server", async () => {
    const { server, notifier } = await world("starttls");
    const peer = `127.0.0.1:${server.port}`;
    await server.close();
    const error = await caught(notifier.send(noticeOf(), signal));
    expect(error).toMatchObject({ code: "network", retry: "next-round", peer });
  });
});

it.each([
  [{ username: "a" }, 'it has one of "username" and "password", expected both or none'],
  [{ username: "a", password: "b", security: "none" }, "a password would be sent in the clear"],
])("e-mail with %j is no configuration", (keys, words) => {
  const base = { server: "smtp.example.org", from: "a@example.org", to: ["b@example.org"] };
  const { error } = email.config.safeParse({ ...base, ...keys });
  expect(error?.issues[0]?.message).toContain(words);
});

/** RFC 2047. */
function decodedSubject(data: string): string {
  const folded = /^Subject: ((?:.*\r\n[ \t])*.*)\r$/m.exec(data)?.[1] ?? "";
  return folded
    .replace(/\?=\s+=\?/g, "?==?")
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, form: string, text: string) =>
      form.toLowerCase() === "b"
        ? Buffer.from(text, "base64").toString()
        : decodeQuoted(text.replaceAll("_", " ")),
    );
}

function decodedBody(data: string): string {
  const [head = "", ...rest] = data.split("\r\n\r\n");
  const body = rest.join("\r\n\r\n");
  if (/transfer-encoding: base64/i.test(head)) return Buffer.from(body, "base64").toString();
  return /transfer-encoding: quoted-printable/i.test(head)
    ? decodeQuoted(body.replaceAll("=\r\n", ""))
    : body;
}

function decodeQuoted(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString();
}
