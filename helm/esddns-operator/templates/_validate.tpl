{{/*
What must not be installed, in words that say what to do. The schema finds more, and earlier; these hold where it
was skipped, and say what it cannot.
*/}}
{{- define "esddns.validate" -}}
{{- include "esddns.refuseOriginalKeys" . -}}
{{- include "esddns.validateProviders" . -}}
{{- include "esddns.validateRecords" . -}}
{{- include "esddns.validateConfig" . -}}
{{- include "esddns.validateDashboard" . -}}
{{- include "esddns.validateMonitoring" . -}}
{{- if not (has .Values.workload (list "DaemonSet" "Deployment")) -}}
{{- fail (printf "workload is %q, expected DaemonSet or Deployment" .Values.workload) -}}
{{- end -}}
{{- end -}}

{{/* Keys of the original chart that mean nothing here any more. */}}
{{- define "esddns.refuseOriginalKeys" -}}
{{- $gone := dict
  "daemon" "resources, securityContext and updateStrategy are keys of their own now, logLevel is config.log.level, updateInterval is config.schedule.interval"
  "namespace" "the namespace is that of the release: helm install --namespace NAME --create-namespace"
  "development" "take values-development.yaml: helm install -f values-development.yaml"
  "initContainers" "there are none, and no busybox image, any more"
  "healthCheck" "startupProbe, livenessProbe and readinessProbe are keys of their own now"
  "volumes" "extraVolumes and extraVolumeMounts add some" -}}
{{- range $key, $instead := $gone -}}
{{- if hasKey $.Values $key -}}
{{- fail (printf "%s is gone: %s" $key $instead) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "esddns.validateProviders" -}}
{{- $gandi := .Values.gandi -}}
{{- if and $gandi.existingSecret.name $gandi.apiKey -}}
{{- fail "gandi.existingSecret.name and gandi.apiKey are both set: take one of them, better existingSecret" -}}
{{- end -}}
{{- if not (or (include "esddns.gandiSecret" .) .Values.providers) -}}
{{- fail (printf "No DNS provider is set: make a Secret (kubectl -n %s create secret generic esddns-gandi --from-file=api-key=FILE) and set gandi.existingSecret.name=esddns-gandi, or set gandi.apiKey, or `providers` for any other than Gandi" .Release.Namespace) -}}
{{- end -}}
{{- if and (include "esddns.gandiSecret" .) (hasKey .Values.providers "main") -}}
{{- fail "Two providers are called main: that of `gandi` and providers.main. Give the latter another name, or leave `gandi` out" -}}
{{- end -}}
{{- end -}}

{{- define "esddns.validateRecords" -}}
{{- $records := (include "esddns.records" . | fromYaml).list -}}
{{- if not $records -}}
{{- fail "No record is set: set global.domain (and global.recordName), `records`, or recordPerNode" -}}
{{- end -}}
{{- if and .Values.global.domain (hasSuffix (printf ".%s" .Values.global.domain) .Values.global.recordName) -}}
{{- fail (printf "global.recordName is %q and has the domain in it: set what stands before it, %s" .Values.global.recordName (trimSuffix (printf ".%s" .Values.global.domain) .Values.global.recordName)) -}}
{{- end -}}
{{- $perNode := 0 -}}
{{- range $records -}}
{{- if contains "{node}" (toString .name) -}}
{{- $perNode = add1 $perNode -}}
{{- end -}}
{{- end -}}
{{- if and .Values.recordPerNode (not (contains "{node}" .Values.recordPerNode)) -}}
{{- fail (printf "recordPerNode is %q: it has no {node}, expected a name such as {node}.example.org" .Values.recordPerNode) -}}
{{- end -}}
{{- if and $perNode (ne (int $perNode) (len $records)) -}}
{{- fail "Some records have {node} in their name and some have not: either every node tells its own address or all share one. Leave out global.domain and records, or recordPerNode" -}}
{{- end -}}
{{- end -}}

{{/* Whatever stands in the configuration is in a ConfigMap, for all to read. */}}
{{- define "esddns.validateConfig" -}}
{{- $own := dict "providers" "providers" "records" "records" "service" "dashboard" "kubernetes" "fullnameOverride" -}}
{{- range $key, $instead := $own -}}
{{- if hasKey $.Values.config $key -}}
{{- fail (printf "config.%s is not for you to set: %s has a place of its own among the values, `%s`" $key $key $instead) -}}
{{- end -}}
{{- end -}}
{{- $plain := .Files.Get "files/secret-keys.yaml" | fromYaml -}}
{{- include "esddns.refusePlainSecrets" (dict "at" "providers" "entries" .Values.providers "keys" $plain.providers) -}}
{{- include "esddns.refusePlainSecrets" (dict "at" "config.notify" "entries" (default (dict) .Values.config.notify) "keys" $plain.notify) -}}
{{- range $index, $token := .Values.dashboard.tokens -}}
{{- if kindIs "string" $token.token -}}
{{- include "esddns.refusePlainSecret" (printf "dashboard.tokens[%d].token" $index) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "esddns.refusePlainSecrets" -}}
{{- range $name, $entry := .entries -}}
{{- range $path := default (list) (index $.keys (toString (default "" $entry.type))) -}}
{{- $value := $entry -}}
{{- range splitList "." $path -}}
{{- $value = ternary (index $value .) nil (and (kindIs "map" $value) (hasKey (ternary $value (dict) (kindIs "map" $value)) .)) -}}
{{- end -}}
{{- if kindIs "string" $value -}}
{{- include "esddns.refusePlainSecret" (printf "%s.%s.%s" $.at $name $path) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "esddns.refusePlainSecret" -}}
{{- fail (printf "%s is a secret in plain text and would be in a ConfigMap: put it into a Secret and write { secretKeyRef: { name: SECRET, key: KEY } }" .) -}}
{{- end -}}

{{- define "esddns.validateDashboard" -}}
{{- $how := printf "make a Secret with what `esddns password` prints (kubectl -n %s create secret generic esddns-dashboard --from-literal=password=HASH) and set dashboard.existingSecret.name=esddns-dashboard" .Release.Namespace -}}
{{- if and .Values.dashboard.insecure (include "esddns.isGuarded" .) -}}
{{- fail "dashboard.insecure is set together with a password or tokens: take one of them" -}}
{{- end -}}
{{- if and (ne .Values.service.type "ClusterIP") .Values.service.enabled (not (include "esddns.isGuarded" .)) -}}
{{- fail (printf "service.type is %s and the dashboard has no password: everybody who reaches it could do everything. Please %s" .Values.service.type $how) -}}
{{- end -}}
{{- range $kind := list "ingress" "httpRoute" -}}
{{- if (index $.Values $kind).enabled -}}
{{- if not (include "esddns.isGuarded" $) -}}
{{- fail (printf "%s.enabled is set and the dashboard has no password: everybody who reaches it could do everything. Please %s" $kind $how) -}}
{{- end -}}
{{- if not (include "esddns.hasService" $) -}}
{{- fail (printf "%s.enabled needs service.enabled" $kind) -}}
{{- end -}}
{{- if not $.Values.dashboard.proxies -}}
{{- fail (printf "%s.enabled needs dashboard.proxies: the block of addresses that its proxies come from, such as [10.244.0.0/16] for the pods' network. Without, the sign-in refuses what they pass on" $kind) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) -}}
{{- fail "ingress.enabled needs ingress.hosts: the names that browsers call the dashboard by" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not (and .Values.httpRoute.hostnames .Values.httpRoute.parentRefs)) -}}
{{- fail "httpRoute.enabled needs httpRoute.hostnames and httpRoute.parentRefs: the names that browsers call the dashboard by, and the Gateways" -}}
{{- end -}}
{{- end -}}

{{- define "esddns.validateMonitoring" -}}
{{- $monitoring := .Values.monitoring -}}
{{- if $monitoring.enabled -}}
{{- if and $monitoring.podMonitor.enabled $monitoring.serviceMonitor.enabled -}}
{{- fail "monitoring.podMonitor and monitoring.serviceMonitor are both enabled: every pod would be asked twice. Take the podMonitor" -}}
{{- end -}}
{{- include "esddns.requireApi" (dict "root" . "enabled" $monitoring.podMonitor.enabled "key" "monitoring.podMonitor" "api" "monitoring.coreos.com/v1/PodMonitor") -}}
{{- include "esddns.requireApi" (dict "root" . "enabled" $monitoring.serviceMonitor.enabled "key" "monitoring.serviceMonitor" "api" "monitoring.coreos.com/v1/ServiceMonitor") -}}
{{- include "esddns.requireApi" (dict "root" . "enabled" $monitoring.prometheusRules.enabled "key" "monitoring.prometheusRules" "api" "monitoring.coreos.com/v1/PrometheusRule") -}}
{{- end -}}
{{- include "esddns.requireApi" (dict "root" . "enabled" .Values.httpRoute.enabled "key" "httpRoute" "api" "gateway.networking.k8s.io/v1/HTTPRoute") -}}
{{- end -}}

{{- define "esddns.requireApi" -}}
{{- if and .enabled (not (.root.Capabilities.APIVersions.Has .api)) -}}
{{- fail (printf "%s.enabled needs %s, which this cluster does not have: install its custom resource definitions first. Without a cluster, render with: helm template --api-versions %s" .key .api .api) -}}
{{- end -}}
{{- end -}}
