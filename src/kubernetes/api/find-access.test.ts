import { beforeEach, describe, expect, it } from "vitest";
import { findAccess } from "#kubernetes/api/find-access.ts";
import { MemoryFiles } from "#testing/memory-files.ts";

const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const IN_POD = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" };

let files: MemoryFiles;

beforeEach(() => {
  files = new MemoryFiles();
});

function put(path: string, text: string): Promise<void> {
  return files.write(path, new TextEncoder().encode(text));
}

describe("in a pod", () => {
  it("the API server is the one that Kubernetes names, and the namespace that of the pod", async () => {
    await put(`${ACCOUNT}/namespace`, "ddns");
    expect(await findAccess(IN_POD, files)).toEqual({
      server: new URL("https://10.96.0.1"),
      authorities: { kind: "file", path: `${ACCOUNT}/ca.crt` },
      token: { kind: "file", path: `${ACCOUNT}/token` },
      namespace: "ddns",
    });
  });

  it("an IPv6 address is one", async () => {
    const { server } = await findAccess({ ...IN_POD, KUBERNETES_SERVICE_HOST: "fd00::1" }, files);
    expect(server.href).toBe("https://[fd00::1]/");
  });

  it("the namespace may be given, and is `default` otherwise", async () => {
    expect((await findAccess(IN_POD, files)).namespace).toBe("default");
    expect((await findAccess({ ...IN_POD, POD_NAMESPACE: "home" }, files)).namespace).toBe("home");
  });

  it("it is said what is missing outside of one", async () => {
    await expect(findAccess({}, files)).rejects.toMatchObject({
      message: "Cannot find an API server: KUBERNETES_SERVICE_HOST is not set, expected to run in a pod",
      hint: "outside a cluster, set KUBECONFIG to the path of a kubeconfig file",
    });
  });
});

describe("a kubeconfig", () => {
  const config = (cluster: string, user: string, context = "") => `
apiVersion: v1
kind: Config
current-context: here
contexts:
- {name: there, context: {cluster: far, user: nobody}}
- {name: here, context: {cluster: near, user: me${context}}}
clusters:
- {name: far, cluster: {server: "https://far.example:6443"}}
- {name: near, cluster: {${cluster}}}
users:
- {name: me, user: {${user}}}
`;
  const read = async (text: string) => {
    await put("/etc/kube/config", text);
    return findAccess({ ...IN_POD, KUBECONFIG: "/etc/kube/config" }, files);
  };

  it("gives server, authorities, namespace and token of its current context", async () => {
    const ca = Buffer.from("-----BEGIN").toString("base64");
    const cluster = `server: "https://127.0.0.1:6443", certificate-authority-data: ${ca}`;
    expect(await read(config(cluster, "token: abc", ", namespace: ddns"))).toEqual({
      server: new URL("https://127.0.0.1:6443"),
      authorities: { kind: "text", text: "-----BEGIN" },
      token: { kind: "text", text: "abc" },
      certificate: undefined,
      namespace: "ddns",
    });
  });

  it("prefers certificates that are written down to files, as kubectl does", async () => {
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const cluster = `server: "https://x", certificate-authority: ca.crt, certificate-authority-data: ${base64("an authority")}`;
    const chain = `client-certificate: me.crt, client-certificate-data: ${base64("a chain")}`;
    const key = `client-key: me.key, client-key-data: ${base64("a key")}`;
    expect(await read(config(cluster, `${chain}, ${key}`))).toMatchObject({
      authorities: { kind: "text", text: "an authority" },
      certificate: { chain: { kind: "text", text: "a chain" }, key: { kind: "text", text: "a key" } },
    });
  });

  it("prefers the token's file, and takes paths from its own folder", async () => {
    const user = "token: abc, tokenFile: token, client-certificate: pki/me.crt, client-key: /pki/me.key";
    const access = await read(config(`server: "https://x", certificate-authority: ca.crt`, user));
    expect(access).toMatchObject({
      authorities: { kind: "file", path: "/etc/kube/ca.crt" },
      token: { kind: "file", path: "/etc/kube/token" },
      certificate: {
        chain: { kind: "file", path: "/etc/kube/pki/me.crt" },
        key: { kind: "file", path: "/pki/me.key" },
      },
      namespace: "default",
    });
  });

  it.each([
    [
      config(`server: "http://x"`, "token: abc"),
      'the server is "http://x", expected a URL that begins with https://',
    ],
    [
      config(`server: "https://x", insecure-skip-tls-verify: true`, "token: abc"),
      "insecure-skip-tls-verify is set",
    ],
    [config(`server: "https://x"`, "exec: {command: aws}"), "the user has exec"],
    [config(`server: "https://x"`, "token: abc, auth-provider: {name: gcp}"), "the user has auth-provider"],
    [config(`server: "https://x"`, "username: a, password: hunter2"), "the user has username"],
    ["current-context: here", 'no entry of contexts is called "here"'],
    ["token: hunter2: {", "it is not YAML with keys and values"],
    ["hunter2", "it is not YAML with keys and values"],
  ])("that cannot be used is refused, without a word of its secrets: %#", async (text, says) => {
    const error: unknown = await read(text).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: "config", message: expect.stringContaining(says) });
    expect(JSON.stringify(error) + String(error)).not.toContain("hunter2");
  });

  it("has to be there", async () => {
    await expect(findAccess({ KUBECONFIG: "/nowhere" }, files)).rejects.toMatchObject({
      message: 'Cannot use the kubeconfig "/nowhere": there is no such file, expected a kubeconfig',
    });
  });
});
