import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** What of the OCI distribution specification 1.1 a push and a look need: blobs, manifests, tags. A fake. */
export class OciRegistry implements AsyncDisposable {
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #blobs = new Map<string, Buffer>();
  readonly #manifests = new Map<string, Buffer>();
  /** `repository:tag`, in the order of pushes. */
  readonly pushed: string[] = [];
  host = "";

  static async start(): Promise<OciRegistry> {
    const registry = new OciRegistry();
    registry.#server.listen(0, "127.0.0.1");
    await once(registry.#server, "listening");
    const address = registry.#server.address();
    if (typeof address === "object" && address) registry.host = `127.0.0.1:${address.port}`;
    return registry;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const { pathname, searchParams } = new URL(request.url ?? "/", `http://${this.host}`);
    const [, repository = "", kind, reference = ""] =
      /^\/v2\/(.+)\/(blobs|manifests)\/(.*)$/.exec(pathname) ?? [];
    if (kind === undefined) return void response.writeHead(200).end();
    if (request.method === "POST") {
      const location = `/v2/${repository}/blobs/uploads/1`;
      return void response.writeHead(202, { location }).end();
    }
    if (request.method === "PUT") {
      if (kind === "blobs") this.#blobs.set(searchParams.get("digest") ?? "", body);
      else this.#keep(repository, reference, body);
      return void response.writeHead(201, { "docker-content-digest": digest(body) }).end();
    }
    const found =
      kind === "blobs" ? this.#blobs.get(reference) : this.#manifests.get(`${repository}:${reference}`);
    if (!found) return void response.writeHead(404).end();
    response.writeHead(200, {
      "content-type":
        kind === "blobs" ? "application/octet-stream" : "application/vnd.oci.image.manifest.v1+json",
      "content-length": found.length,
      "docker-content-digest": digest(found),
    });
    response.end(request.method === "HEAD" ? undefined : found);
  }

  #keep(repository: string, reference: string, manifest: Buffer): void {
    this.#manifests.set(`${repository}:${reference}`, manifest);
    this.#manifests.set(`${repository}:${digest(manifest)}`, manifest);
    if (!reference.startsWith("sha256:")) this.pushed.push(`${repository}:${reference}`);
  }
}

function digest(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
