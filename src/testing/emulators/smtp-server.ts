import { createServer, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";

export interface SmtpServerOptions {
  readonly certificate: { readonly certificatePem: string; readonly keyPem: string };
  /** `starttls`: offered and required; `tls`: from the start; `none`: neither. */
  readonly security: "none" | "starttls" | "tls";
  readonly account?: { readonly user: string; readonly password: string } | undefined;
}

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** As it came, dots unstuffed. */
  readonly data: string;
  readonly isEncrypted: boolean;
}

/**
 * A mail server on loopback that is as strict as RFC 5321, 3207 and 4954 let it be: lines end with CRLF and have 1,000
 * bytes at most, commands come in their order, nobody signs in or sends mail in the clear unless it is `none`, and what
 * was said before STARTTLS is forgotten.
 */
export class SmtpServer {
  readonly mails: ReceivedMail[] = [];
  /** Every command line, with `(tls) ` before those that came encrypted. */
  readonly lines: string[] = [];
  /** What to answer to the next command that begins so, in place of doing it; `""` for nothing, ever. */
  readonly faults = new Map<string, string>();
  readonly options: SmtpServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(options: SmtpServerOptions) {
    this.options = options;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket)).on("error", () => socket.destroy());
      new Session(this, options.security === "tls" ? this.secure(socket) : socket).greet();
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(0, "127.0.0.1", resolve);
    });
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new TypeError("the server does not listen");
    return address.port;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  secure(socket: Socket): TLSSocket {
    const { certificatePem: cert, keyPem: key } = this.options.certificate;
    const secured = new TLSSocket(socket, { isServer: true, cert, key });
    return secured.on("error", () => socket.destroy());
  }
}

class Session {
  readonly #server: SmtpServer;
  #socket: Socket;
  #buffer = "";
  #isKnown = false;
  #hasGreeted = false;
  #from: string | undefined;
  #to: string[] = [];
  #isReadingData = false;

  constructor(server: SmtpServer, socket: Socket) {
    this.#server = server;
    this.#socket = socket;
    this.#listen();
  }

  greet(): void {
    this.#say("220 mail.example.org ESMTP");
  }

  get #isEncrypted(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  #listen(): void {
    this.#socket.on("data", (bytes: Buffer) => {
      this.#buffer += bytes.toString("latin1");
      if (this.#isReadingData) this.#readData();
      else this.#readLines();
    });
  }

  #readLines(): void {
    for (let end = this.#buffer.indexOf("\n"); end >= 0; end = this.#buffer.indexOf("\n")) {
      const line = this.#buffer.slice(0, end + 1);
      this.#buffer = this.#buffer.slice(end + 1);
      if (!line.endsWith("\r\n") || line.length > 1000) return this.#say("500 5.5.2 no such line");
      this.#obey(line.slice(0, -2));
      if (this.#isReadingData) return this.#readData();
    }
  }

  #obey(line: string): void {
    const { lines, faults, options } = this.#server;
    lines.push(`${this.#isEncrypted ? "(tls) " : ""}${line}`);
    const [fault] = [...faults].filter(([prefix]) => line.startsWith(prefix));
    if (fault) {
      if (fault[1] !== "") this.#say(fault[1]);
      return;
    }
    const [verb = ""] = line.toUpperCase().split(/[ :]/);
    const mustSecure = options.security === "starttls" && !this.#isEncrypted;
    if (verb === "EHLO") return this.#hello(mustSecure);
    if (verb === "QUIT") return void this.#socket.end("221 2.0.0 bye\r\n");
    if (!this.#hasGreeted) return this.#say("503 5.5.1 EHLO first");
    if (verb === "STARTTLS") return this.#startTls(mustSecure);
    if (mustSecure) return this.#say("530 5.7.0 Must issue a STARTTLS command first");
    if (verb === "AUTH") return this.#authenticate(line);
    if (options.account && !this.#isKnown) return this.#say("530 5.7.0 Authentication required");
    this.#mail(verb, line);
  }

  #hello(mustSecure: boolean): void {
    this.#hasGreeted = true;
    const offers = [
      ...(mustSecure ? ["STARTTLS"] : []),
      ...(this.#server.options.account && !mustSecure ? ["AUTH PLAIN"] : []),
    ];
    const lines = ["mail.example.org", ...offers, "SIZE 1000000"];
    this.#say(lines.map((line, index) => `250${index === lines.length - 1 ? " " : "-"}${line}`).join("\r\n"));
  }

  #startTls(mustSecure: boolean): void {
    if (!mustSecure) return this.#say("502 5.5.1 not offered");
    this.#say("220 2.0.0 go ahead");
    this.#socket.removeAllListeners("data");
    this.#socket = this.#server.secure(this.#socket);
    [this.#buffer, this.#hasGreeted, this.#isKnown, this.#from] = ["", false, false, undefined];
    this.#listen();
  }

  #authenticate(line: string): void {
    const { account } = this.#server.options;
    const [, , encoded = ""] = line.split(" ");
    const expected = account && Buffer.from(`\0${account.user}\0${account.password}`).toString("base64");
    this.#isKnown = encoded === expected;
    this.#say(this.#isKnown ? "235 2.7.0 welcome" : `535 5.7.8 not you: ${encoded}`);
  }

  #mail(verb: string, line: string): void {
    const address = /^[^:]+:<([^<>\s]+@[^<>\s]+)>/.exec(line)?.[1];
    if (verb === "MAIL" && address !== undefined && this.#from === undefined) {
      [this.#from, this.#to] = [address, []];
      return this.#say("250 2.1.0 ok");
    }
    if (verb === "RCPT" && address !== undefined && this.#from !== undefined) {
      this.#to.push(address);
      return this.#say("250 2.1.5 ok");
    }
    if (verb !== "DATA" || this.#to.length === 0) return this.#say("503 5.5.1 not now");
    this.#isReadingData = true;
    this.#say("354 end with a dot");
  }

  #readData(): void {
    const end = this.#buffer.indexOf("\r\n.\r\n");
    if (end < 0) return;
    const data = this.#buffer.slice(0, end + 2);
    this.#buffer = this.#buffer.slice(end + 5);
    this.#isReadingData = false;
    if (/(^|[^\r])\n|\r(?!\n)|[^\n]{999}/.test(data))
      return this.#say("554 5.6.0 bare line ends or long lines");
    const from = this.#from ?? "";
    this.#from = undefined;
    this.#server.mails.push({
      from,
      to: this.#to,
      data: data.replace(/^\.\./gm, "."),
      isEncrypted: this.#isEncrypted,
    });
    this.#say("250 2.0.0 taken");
  }

  #say(text: string): void {
    if (this.#socket.writable) this.#socket.write(`${text}\r\n`);
  }
}
