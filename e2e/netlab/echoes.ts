/**
 * The address echoes of the lab's Internet, over HTTP, HTTPS and DNS, at the address of every STUN server; and the
 * liars, who speak STUN besides.
 *
 * Usage: echoes.ts HONEST,… LIAR,… LIE FOLDER, with `cert.pem` and `key.pem` in the folder. While a file `busy`
 * is there, everybody answers 429 over HTTP.
 */
import { createSocket } from "node:dgram";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer, isIPv4, isIPv6 } from "node:net";
import path from "node:path";

const [honest = [], liars = []] = process.argv.slice(2, 4).map((list) => list.split(","));
const [lie = "", folder = ""] = process.argv.slice(4);
const tls = {
  key: readFileSync(path.join(folder, "key.pem")),
  cert: readFileSync(path.join(folder, "cert.pem")),
};

for (const ip of [...honest, ...liars]) {
  createServer(answerHttp(ip)).listen(80, ip);
  createTlsServer(tls, answerHttp(ip)).listen(443, ip);
  if (isIPv4(ip)) serveDns(ip);
}
for (const ip of liars) serveStun(ip);

/** What a server at `ip` tells a caller. */
function told(ip: string, caller: string | undefined): string {
  return liars.includes(ip) ? lie : (caller ?? "").replace(/^::ffff:/, "");
}

function answerHttp(ip: string) {
  return ({ url = "/", headers, socket }: IncomingMessage, response: ServerResponse) => {
    const address = told(ip, socket.remoteAddress);
    const send = (status: number, type: string, body: string) => {
      response.writeHead(status, { "content-type": type });
      response.end(body);
    };
    if (existsSync(path.join(folder, "busy"))) return send(429, "text/plain", "too many requests\n");
    const [, first, second = ""] = url.split("/");
    switch (first) {
      case "says":
        return send(200, "text/plain", `${second}\n`);
      // A portal that answers in place of the service: the address in it is anybody's
      case "page":
        return send(200, "text/html", `<html><body>Welcome, ${lie}. Please log in.</body></html>`);
      case "500":
        return send(503, "text/plain", "busy\n");
      case "json":
        return send(200, "application/json", JSON.stringify({ ip: address }));
      case "cdn-cgi":
        return send(200, "text/plain", `fl=1f1\nh=${headers.host}\nip=${address}\nts=1\nwarp=off\n`);
      default:
        return send(200, "text/plain", `${address}\n`);
    }
  };
}

function serveDns(ip: string): void {
  const socket = createSocket(isIPv6(ip) ? "udp6" : "udp4");
  socket.on("message", (question, { address, port }) => {
    socket.send(answerDns(question, ip, address), port, address);
  });
  socket.bind(53, ip);
}

/** The services that discovery knows, as they answer: the caller's address as A or TXT. */
function answerDns(question: Buffer, ip: string, caller: string): Buffer {
  const { name, type, end } = readQuestion(question);
  const address = told(ip, caller);
  const data = dataFor(name, type, address);
  const header = Buffer.alloc(12);
  question.copy(header, 0, 0, 2);
  header.writeUInt16BE(data ? 0x8400 : 0x8403, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(data ? 1 : 0, 6);
  const asked = question.subarray(12, end);
  if (!data) return Buffer.concat([header, asked]);
  const record = Buffer.alloc(12);
  record.writeUInt16BE(0xc00c, 0);
  asked.copy(record, 2, asked.length - 4);
  record.writeUInt16BE(data.length, 10);
  return Buffer.concat([header, asked, record, data]);
}

function dataFor(name: string, type: number, address: string): Buffer | undefined {
  const [A, TXT] = [1, 16];
  if (type === A && name === "myip.opendns.com" && isIPv4(address)) {
    return Buffer.from(address.split(".").map(Number));
  }
  if (type === TXT && ["o-o.myaddr.l.google.com", "whoami.cloudflare"].includes(name)) {
    return Buffer.concat([Buffer.from([address.length]), Buffer.from(address)]);
  }
  return undefined;
}

function readQuestion(message: Buffer) {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString("latin1", at + 1, at + 1 + length).toLowerCase());
    at += length + 1;
  }
  return { name: labels.join("."), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function serveStun(ip: string): void {
  const socket = createSocket("udp4");
  socket.on("message", (request, { address, port }) =>
    socket.send(lyingAnswer(request, port), port, address),
  );
  socket.bind(3478, ip);
  createTcpServer((stream) => {
    stream.on("error", () => {});
    stream.once("data", (request: Buffer) => stream.end(lyingAnswer(request, stream.remotePort ?? 0)));
  }).listen(3478, ip);
}

/** RFC 8489: a success with XOR-MAPPED-ADDRESS alone. */
function lyingAnswer(request: Buffer, port: number): Buffer {
  const answer = Buffer.alloc(32);
  answer.writeUInt16BE(0x0101, 0);
  answer.writeUInt16BE(12, 2);
  request.copy(answer, 4, 4, 20);
  answer.writeUInt16BE(0x0020, 20);
  answer.writeUInt16BE(8, 22);
  answer[25] = 1;
  answer.writeUInt16BE(port ^ 0x2112, 26);
  for (const [index, byte] of lie.split(".").entries())
    answer[28 + index] = Number(byte) ^ answer[4 + index]!;
  return answer;
}
