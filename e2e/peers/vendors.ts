import { randomBytes } from "node:crypto";
import { createAuthority, type ServerCertificate } from "#lab/certificate.ts";
import { CloudflareEmulator } from "#testing/emulators/cloudflare.ts";
import { Dyndns2Emulator } from "#testing/emulators/dyndns2.ts";
import type { Emulator } from "#testing/emulators/emulator.ts";
import { GandiEmulator } from "#testing/emulators/gandi.ts";
import { type Config, type Lab, loopback, NAME, ZONE } from "../lab.ts";

/** An emulated service with one account, served over HTTPS by a certificate that the program trusts. */
export interface Vendor {
  readonly emulator: Emulator;
  /** The provider's configuration with the secret where the test wants it. */
  provider(secret: unknown): Config;
  /** What the account's secret is now. */
  readonly secret: string;
  /** The account has another secret from now on. */
  rotate(): string;
  /** The values of the one record. */
  values(): readonly string[];
}

export interface VendorKind {
  readonly name: string;
  readonly start: (lab: Lab, caFileName: string) => Promise<Vendor & AsyncDisposable>;
}

export const VENDORS: readonly VendorKind[] = [
  {
    name: "Gandi",
    start: (lab, ca) =>
      open(lab, ca, (tls, account) => {
        const options = { zones: [ZONE], tls, ...account };
        const emulator = new GandiEmulator(options);
        return {
          emulator,
          rename: (token) => (options.token = token),
          provider: (token) => ({ type: "gandi", endpoint: emulator.endpoint, token }),
          values: () => emulator.get(ZONE, "home", "A")?.rrset_values ?? [],
        };
      }),
  },
  {
    name: "Cloudflare",
    start: (lab, ca) =>
      open(lab, ca, (tls, account) => {
        const options = { zones: [ZONE], tls, ...account };
        const emulator = new CloudflareEmulator(options);
        return {
          emulator,
          rename: (token) => (options.token = token),
          provider: (token) => ({ type: "cloudflare", endpoint: emulator.endpoint, token }),
          values: () => emulator.find(NAME, "A").map(({ content }) => content),
        };
      }),
  },
  {
    name: "dyndns2",
    start: (lab, ca) =>
      open(lab, ca, (tls, { token }) => {
        const options = { username: "somebody", password: token, hosts: [NAME], tls };
        const emulator = new Dyndns2Emulator(options);
        const values = () => {
          const address = emulator.get(NAME)?.ipv4?.text;
          return address === undefined ? [] : [address];
        };
        return {
          emulator,
          rename: (password) => (options.password = password),
          provider: (password) => ({
            type: "dyndns2",
            endpoint: emulator.endpoint,
            username: "somebody",
            password,
          }),
          values,
        };
      }),
  },
];

interface Opened {
  readonly emulator: Emulator;
  readonly rename: (secret: string) => void;
  readonly provider: Vendor["provider"];
  readonly values: Vendor["values"];
}

async function open(
  lab: Lab,
  caFileName: string,
  create: (tls: { readonly key: string; readonly cert: string }, account: { token: string }) => Opened,
): Promise<Vendor & AsyncDisposable> {
  const authority = createAuthority({ name: "vendors", now: new Date() });
  const certificate = authority.issue({ addresses: [loopback(4)], now: new Date() });
  // Beside the lab's own authority
  lab.scratch.write(caFileName, `${lab.caPem}${authority.certificatePem}`);
  let secret = newSecret();
  const { emulator, rename, provider, values } = create(pemOf(certificate), { token: secret });
  await emulator.listen();
  const publishing = setInterval(() => publish(lab, values()), 20);
  return {
    emulator,
    provider,
    values,
    get secret() {
      return secret;
    },
    rotate() {
      secret = newSecret();
      rename(secret);
      return secret;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(publishing);
      await emulator.close();
    },
  };
}

/** A service's name servers show what it was told a little later. */
function publish(lab: Lab, values: readonly string[]): void {
  const [value] = values;
  if (value !== undefined) lab.set(value);
}

function newSecret(): string {
  return `s3cret-${randomBytes(16).toString("hex")}`;
}

function pemOf({ certificatePem, keyPem }: ServerCertificate) {
  return { cert: certificatePem, key: keyPem };
}
