type Schema = Readonly<Record<string, unknown>>;

const NAME_IN_CLUSTER: Schema = {
  type: "string",
  pattern: "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$",
  maxLength: 253,
};
const SECRET_KEY: Schema = { type: "string", pattern: "^[-._a-zA-Z0-9]+$" };
const PORT: Schema = { type: "integer", minimum: 1, maximum: 65_535 };
const PULL_SECRETS: Schema = {
  items: {
    type: "object",
    properties: { name: { type: "string" } },
    required: ["name"],
    additionalProperties: false,
  },
};
const TEXTS: Schema = { items: { type: "string", minLength: 1 } };
/** No wildcards: the dashboard answers to names that it knows. */
const HOST_NAMES: Schema = {
  items: { type: "string", pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)+$" },
};
const MAPPINGS: Schema = { items: { type: "object" } };
const TEXT_VALUES: Schema = { additionalProperties: { type: "string" } };
const DURATION: Schema = {
  type: "string",
  pattern: "^(([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$",
};
const COUNT: Schema = { type: "integer", minimum: 0 };
const COUNT_OR_SHARE: Schema = { type: ["integer", "string", "null"] };

/** What the default of a value does not say about it, by its path. What Kubernetes itself defines, its API server checks. */
export const VALUE_RULES: Readonly<Record<string, Schema>> = {
  enabled: { type: ["boolean", "null"] },
  "global.domain": { type: "string", pattern: "^[^@]*$" },
  "global.recordName": { type: "string", minLength: 1 },
  "global.recordTTL": { type: ["integer", "string", "null"], minimum: 1 },
  "global.recordTypes": { items: { enum: ["A", "AAAA"] }, minItems: 1, uniqueItems: true },
  "global.imagePullSecrets": PULL_SECRETS,
  "gandi.existingSecret.name": NAME_IN_CLUSTER,
  "gandi.existingSecret.key": SECRET_KEY,
  "gandi.scheme": { enum: ["bearer", "apikey"] },
  environment: { type: "string", pattern: "^([A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?)?$", maxLength: 63 },
  workload: { enum: ["DaemonSet", "Deployment"] },
  replicas: COUNT,
  "image.digest": { type: "string", pattern: "^(sha256:[0-9a-f]{64})?$" },
  "image.repository": { type: "string", minLength: 1 },
  "image.pullPolicy": { enum: ["Always", "IfNotPresent", "Never"] },
  imagePullSecrets: PULL_SECRETS,
  nameOverride: NAME_IN_CLUSTER,
  fullnameOverride: NAME_IN_CLUSTER,
  commonLabels: TEXT_VALUES,
  commonAnnotations: TEXT_VALUES,
  podLabels: TEXT_VALUES,
  podAnnotations: TEXT_VALUES,
  listenAddress: { enum: ["0.0.0.0", "::"] },
  "dashboard.existingSecret.name": NAME_IN_CLUSTER,
  "dashboard.existingSecret.key": SECRET_KEY,
  "dashboard.tls.existingSecret": NAME_IN_CLUSTER,
  "dashboard.hosts": TEXTS,
  "dashboard.proxies": TEXTS,
  "service.type": { enum: ["ClusterIP", "NodePort", "LoadBalancer"] },
  "service.port": PORT,
  "service.nodePort": { ...PORT, type: ["integer", "null"] },
  "service.annotations": TEXT_VALUES,
  "service.labels": TEXT_VALUES,
  "service.ipFamilyPolicy": { enum: ["", "SingleStack", "PreferDualStack", "RequireDualStack"] },
  "service.ipFamilies": { items: { enum: ["IPv4", "IPv6"] }, maxItems: 2, uniqueItems: true },
  "service.externalTrafficPolicy": { enum: ["", "Local", "Cluster"] },
  "service.loadBalancerSourceRanges": TEXTS,
  "service.sessionAffinity": { enum: ["ClientIP", "None"] },
  watchedService: NAME_IN_CLUSTER,
  "ingress.annotations": TEXT_VALUES,
  "ingress.hosts": HOST_NAMES,
  "ingress.tls": MAPPINGS,
  "httpRoute.annotations": TEXT_VALUES,
  "httpRoute.hostnames": HOST_NAMES,
  "httpRoute.parentRefs": MAPPINGS,
  "monitoring.podMonitor.interval": DURATION,
  "monitoring.podMonitor.scrapeTimeout": DURATION,
  "monitoring.podMonitor.labels": TEXT_VALUES,
  "monitoring.podMonitor.relabelings": MAPPINGS,
  "monitoring.podMonitor.metricRelabelings": MAPPINGS,
  "monitoring.serviceMonitor.interval": DURATION,
  "monitoring.serviceMonitor.scrapeTimeout": DURATION,
  "monitoring.serviceMonitor.labels": TEXT_VALUES,
  "monitoring.serviceMonitor.relabelings": MAPPINGS,
  "monitoring.serviceMonitor.metricRelabelings": MAPPINGS,
  "monitoring.prometheusRules.labels": TEXT_VALUES,
  "monitoring.prometheusRules.disabled": TEXTS,
  "monitoring.prometheusRules.overrides": { additionalProperties: { type: "object" } },
  "monitoring.grafanaDashboard.labels": TEXT_VALUES,
  "monitoring.grafanaDashboard.annotations": TEXT_VALUES,
  "serviceAccount.name": NAME_IN_CLUSTER,
  "serviceAccount.annotations": TEXT_VALUES,
  "networkPolicy.ingressFrom": MAPPINGS,
  "networkPolicy.apiServerPorts": { items: PORT, minItems: 1 },
  "networkPolicy.egressPorts": MAPPINGS,
  "networkPolicy.extraEgress": MAPPINGS,
  "podDisruptionBudget.maxUnavailable": COUNT_OR_SHARE,
  "podDisruptionBudget.minAvailable": COUNT_OR_SHARE,
  terminationGracePeriodSeconds: COUNT,
  revisionHistoryLimit: COUNT,
  nodeSelector: TEXT_VALUES,
  tolerations: MAPPINGS,
  topologySpreadConstraints: MAPPINGS,
  extraEnv: MAPPINGS,
  extraVolumes: MAPPINGS,
  extraVolumeMounts: MAPPINGS,
  extraObjects: { items: { type: ["object", "string"] } },
};

/** Keys of the original chart. A template refuses them and says what takes their place, which a schema cannot. */
export const ORIGINAL_KEYS: readonly string[] = [
  "daemon",
  "development",
  "healthCheck",
  "initContainers",
  "namespace",
  "volumes",
];
