import { counter, type Definition, gauge, histogram } from "#metrics/definition.ts";

/** A loopback answer takes 1 ms, the deadline of a round is a matter of seconds. */
const QUICK = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Name servers follow within seconds, or within the minutes that a zone transfer takes. */
const SLOW = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

export const ADDRESS = {
  verdict: gauge(
    "esddns_verdict",
    "1 for the kind of the latest verdict, 0 for the others; absent before the first",
    ["family", "verdict"],
  ),
  operatorsAgreeing: gauge(
    "esddns_operators_agreeing",
    "Operators that speak for the strongest address of the latest verdict",
    ["family"],
  ),
  operatorsAsked: gauge(
    "esddns_operators_asked",
    "Operators whose answer or failure the latest verdict rests on",
    ["family"],
  ),
  addressConfirmed: gauge(
    "esddns_address_confirmed_timestamp_seconds",
    "When a round or a probe said last that the address is still this one",
    ["family"],
  ),
  addressSince: gauge("esddns_address_since_timestamp_seconds", "Since when the address is this one", [
    "family",
  ]),
  lastKnown: gauge("esddns_last_known_timestamp_seconds", "When this process last came to a known verdict", [
    "family",
  ]),
  addressInfo: gauge(
    "esddns_address_info",
    "The address itself; only with service.metrics.address, because it is personal data",
    ["family", "address"],
  ),
  changes: counter("esddns_wan_ip_changes_total", "Times that the public address became another one", [
    "family",
  ]),
} as const;

export const ROUNDS = {
  rounds: counter("esddns_rounds_total", "Finished rounds by what started them", ["trigger"]),
  verdicts: counter("esddns_verdicts_total", "Verdicts of finished rounds by family and trigger", [
    "family",
    "trigger",
    "verdict",
  ]),
  detectionTime: histogram(
    "esddns_wan_ip_discovery_duration_seconds",
    "From the first question of a round to its decision",
    QUICK,
    ["family"],
  ),
  roundTime: histogram(
    "esddns_round_duration_seconds",
    "From the start of a round to its last outcome",
    QUICK,
  ),
  lastRound: gauge("esddns_last_round_timestamp_seconds", "When the last round ended"),
  nextRound: gauge(
    "esddns_next_round_timestamp_seconds",
    "When the next round is due, unless something starts one before",
  ),
  probes: counter("esddns_probes_total", "Questions to one witness between rounds", ["family", "result"]),
  crashes: counter("esddns_crashes_total", "Bugs that cut a round or a loop short; please report them"),
} as const;

export const WITNESSES = {
  observations: counter("esddns_observations_total", "Questions to witnesses by what became of them", [
    "source",
    "result",
  ]),
  failures: counter(
    "esddns_wan_ip_discovery_failures_total",
    "Questions that an operator's witnesses did not answer, or answered with an unusable address",
    ["operator"],
  ),
  dissent: counter(
    "esddns_dissent_total",
    "Answers that differed from the verdict that was known, late ones included",
    ["family", "operator"],
  ),
  quarantines: counter("esddns_quarantines_total", "Witnesses put into quarantine", ["family", "reason"]),
  quarantined: gauge("esddns_witnesses_quarantined", "Witnesses in quarantine now", ["family"]),
  operatorsOffered: gauge(
    "esddns_operators_offered",
    "Operators that have a vote, whether their witnesses can be asked now or not",
    ["family"],
  ),
  operatorsUsable: gauge(
    "esddns_operators_usable",
    "Operators with a witness that is not in quarantine and did not fail when it was asked last",
    ["family"],
  ),
} as const;

export const RECORDS = {
  inSync: gauge(
    "esddns_record_in_sync",
    "1 when the record is right, 0 when it is not; absent while that cannot be said",
    ["domain", "record_type"],
  ),
  condition: gauge("esddns_record_condition", "Always 1: how the record stands", [
    "domain",
    "record_type",
    "condition",
  ]),
  updates: counter("esddns_dns_updates_total", "Changes that a provider made", ["domain", "record_type"]),
  failures: counter("esddns_dns_update_failures_total", "Changes that a provider did not make or confirm", [
    "domain",
    "record_type",
    "error_type",
  ]),
  lastUpdate: gauge("esddns_last_dns_update_timestamp_seconds", "When this process last changed the record", [
    "domain",
    "record_type",
  ]),
  withheld: counter("esddns_withheld_changes_total", "Changes that were due and held back", ["reason"]),
  published: histogram(
    "esddns_first_sight_to_published_seconds",
    "From the first sight of what has to change to the provider's answer that it is done",
    SLOW,
  ),
  converged: histogram(
    "esddns_first_sight_to_converged_seconds",
    "From the first sight of what has to change to the last of the zone's name servers having it",
    SLOW,
  ),
  verifications: counter(
    "esddns_verifications_total",
    "Changes that were looked for at every name server of their zone",
    ["result"],
  ),
} as const;

export const PROVIDERS = {
  calls: counter("esddns_provider_calls_total", "Calls to providers; the worst record stands for a call", [
    "provider",
    "operation",
    "result",
  ]),
  updateTime: histogram("esddns_dns_update_duration_seconds", "Provider calls that change something", SLOW, [
    "provider",
  ]),
  lastSuccess: gauge(
    "esddns_provider_last_success_timestamp_seconds",
    "When a call of this process last went well",
    ["provider"],
  ),
  lastPublish: gauge(
    "esddns_provider_last_publish_timestamp_seconds",
    "When this process last changed a record there",
    ["provider"],
  ),
  budgetLeft: gauge("esddns_provider_budget_left", "Requests that the published rate limit leaves now", [
    "provider",
  ]),
  budgetLimit: gauge("esddns_provider_budget_limit", "Requests that the published rate limit allows", [
    "provider",
  ]),
  paused: gauge("esddns_provider_paused", "1 while the provider is left alone after a failure", ["provider"]),
} as const;

export const CLUSTER = {
  role: gauge(
    "esddns_cluster_role",
    "1 for what this pod does, 0 for the others: leading, following, alone (detects for itself, because the shared address cannot be relied on), independent (every node has records of its own)",
    ["role"],
  ),
  age: gauge(
    "esddns_shared_address_age_seconds",
    "How long ago witnesses confirmed the shared address, by the leader's clock",
  ),
  valid: gauge("esddns_shared_address_valid_seconds", "For how long it may be relied on"),
  stale: gauge(
    "esddns_shared_address_stale",
    "1 when it was not renewed for so long, by this pod's own clock",
  ),
  watching: gauge("esddns_shared_address_watching", "1 while a watch of the shared address is open"),
  agents: gauge(
    "esddns_cluster_agents",
    "Agents that gave a sign of life lately (current), or did not (stale); only of the pod that leads",
    ["state"],
  ),
  leaderChanges: counter("esddns_cluster_leader_changes_total", "Times that this pod saw another leader"),
  takeovers: counter(
    "esddns_cluster_takeovers_total",
    "Records that this pod wrote in place of a leader that could not",
  ),
  requests: counter(
    "esddns_kubernetes_requests_total",
    "Requests of this pod to the API server; the code 0 is for those without an answer",
    ["verb", "code"],
  ),
  loadBalancerPending: gauge(
    "esddns_load_balancer_pending",
    "1 while the watched Service's load balancer has no address; absent without such a Service",
  ),
} as const;

export const SERVICE = {
  requests: counter("esddns_endpoint_requests_total", "HTTP requests by route", [
    "method",
    "endpoint",
    "status",
  ]),
  readers: gauge("esddns_event_stream_readers", "Open event streams"),
  notifications: counter("esddns_notifications_total", "Messages to people and programs", [
    "notifier",
    "result",
  ]),
  happenings: counter("esddns_happenings_total", "What was worth telling a person", ["kind"]),
} as const;

export const PROCESS = {
  build: gauge("esddns_build_info", "Always 1: what runs", ["version", "node"]),
  storeSize: gauge("esddns_store_size_bytes", "What the store takes on the disk; absent for one in memory"),
  lagMedian: gauge(
    "nodejs_eventloop_lag_p50_seconds",
    "Delay of the event loop since the last scrape: median",
  ),
  lagP99: gauge("nodejs_eventloop_lag_p99_seconds", "The same: 99th percentile"),
  lagMax: gauge("nodejs_eventloop_lag_max_seconds", "The same: the longest"),
  heapUsed: gauge("nodejs_heap_size_used_bytes", "Heap in use"),
  cpu: counter("process_cpu_seconds_total", "Processor time, user and system"),
  resident: gauge("process_resident_memory_bytes", "Resident memory"),
  openFiles: gauge("process_open_fds", "Open file descriptors; absent where there is no /proc"),
  start: gauge("process_start_time_seconds", "When the process started"),
} as const;

/** Everything that /metrics can show, for the documentation and for tests. */
export const GROUPS: readonly {
  readonly title: string;
  readonly metrics: readonly Definition[];
}[] = [
  { title: "Address and verdicts", metrics: Object.values(ADDRESS) },
  { title: "Rounds", metrics: Object.values(ROUNDS) },
  { title: "Witnesses", metrics: Object.values(WITNESSES) },
  { title: "Records", metrics: Object.values(RECORDS) },
  { title: "Providers", metrics: Object.values(PROVIDERS) },
  { title: "Cluster", metrics: Object.values(CLUSTER) },
  { title: "Service", metrics: Object.values(SERVICE) },
  { title: "Process", metrics: Object.values(PROCESS) },
];
