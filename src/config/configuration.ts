import type { ConfigProblem } from "#core/errors.ts";
import type { ConsensusRule } from "#core/consensus.ts";
import type { Endpoint, LogLevel, Secrets } from "#core/ports.ts";
import type { Prefix } from "#core/prefix.ts";
import type { DesiredRecord, ProviderName } from "#core/record.ts";
import type { Milliseconds } from "#core/units.ts";
import type { ConfiguredNotifier } from "#config/notify-settings.ts";
import type { KubernetesSettings } from "#config/kubernetes-section.ts";
import type { ServiceSettings } from "#config/service-settings.ts";
import type { ProviderDefinition } from "#providers/definition.ts";
import type { SourceDefinition } from "#sources/definition.ts";

/** An account at a DNS provider; `config` is what the definition's schema yields, for its `create`. */
export interface ConfiguredProvider {
  readonly name: ProviderName;
  readonly definition: ProviderDefinition;
  readonly config: unknown;
  /** When its token ends, as the user says. */
  readonly tokenExpires?: Date | undefined;
}

/** A source that is switched on; `config` is what the definition's schema yields, for its `create`. */
export interface ConfiguredSource {
  readonly definition: SourceDefinition;
  readonly config: unknown;
}

export interface ConsensusSettings {
  readonly rule: ConsensusRule;
  /** Of one round. */
  readonly deadline: Milliseconds;
  /** Blocks that may be published although they are not public. */
  readonly allowRanges: readonly Prefix[];
}

export interface ScheduleSettings {
  readonly interval: Milliseconds;
  readonly probe: Milliseconds | "off";
  /** How old a provider's reading may get. */
  readonly refresh: Milliseconds;
  /** Fraction of the probe's interval, 0 to 0.5. */
  readonly jitter: number;
  /** Of a change while the address flaps, at most; 0: never. */
  readonly hold: Milliseconds;
}

export interface VerifySettings {
  readonly deadline: Milliseconds;
  /** Absent: the zone's own name servers. */
  readonly servers?: readonly Endpoint[] | undefined;
}

/** `dns.ini`: how the original behaved, for the parts of esddns that keep its promises. */
export type Compatibility =
  | { readonly kind: "native" }
  | {
      readonly kind: "dns.ini";
      readonly onMismatch: "continue" | "exit";
      readonly retryAttempts: number;
      /** Before attempt n the pause is n times this. */
      readonly retryCooldown: Milliseconds;
      readonly logFile?: string | undefined;
      readonly logToConsole: boolean;
      readonly service: { readonly host: string; readonly port: number };
      /** By key, `msg_` included; `{}` stands for a value. */
      readonly messages: Readonly<Record<string, string>>;
    };

/** A configuration that is right in itself, with every default filled in. Nothing in it changes. */
export interface Configuration {
  /** The file it was read from, as it is shown to people. */
  readonly file: string;
  /** Not empty; every provider in it exists and can do what the record asks for. */
  readonly records: readonly DesiredRecord[];
  /** Their names have that of this node in them: other nodes have others. */
  readonly isPerNode: boolean;
  readonly providers: ReadonlyMap<ProviderName, ConfiguredProvider>;
  /** Not empty. */
  readonly sources: readonly ConfiguredSource[];
  readonly consensus: ConsensusSettings;
  readonly schedule: ScheduleSettings;
  readonly verify: VerifySettings | false;
  /** `path` is absolute; `false` keeps the state in memory. */
  readonly store: { readonly path: string } | false;
  readonly log: { readonly level: LogLevel; readonly format: "json" | "text" };
  /** `caFile` is absolute and was readable. */
  readonly tls: { readonly caFile?: string | undefined };
  /** `false`: the daemon serves nothing. */
  readonly service: ServiceSettings | false;
  readonly notify: readonly ConfiguredNotifier[];
  readonly kubernetes: KubernetesSettings;
  readonly compat: Compatibility;
  /** Every secret of every provider and notifier has been opened through it. */
  readonly secrets: Secrets;
  /** What works and should be put right all the same. */
  readonly warnings: readonly ConfigProblem[];
}
