{{/* The provider that `gandi` means; empty: none. */}}
{{- define "esddns.gandiSecret" -}}
{{- if .Values.gandi.existingSecret.name -}}
{{- .Values.gandi.existingSecret.name -}}
{{- else if .Values.gandi.apiKey -}}
{{- printf "%s-provider" (include "esddns.prefix" .) -}}
{{- end -}}
{{- end -}}

{{- define "esddns.gandiKey" -}}
{{- ternary .Values.gandi.existingSecret.key "api-key" (not (empty .Values.gandi.existingSecret.name)) -}}
{{- end -}}

{{- define "esddns.providers" -}}
{{- $providers := deepCopy .Values.providers -}}
{{- if include "esddns.gandiSecret" . -}}
{{- $main := dict "type" "gandi" "token" (dict "file" "/var/run/secrets/esddns/api-key") -}}
{{- if ne .Values.gandi.scheme "bearer" -}}
{{- $_ := set $main "scheme" .Values.gandi.scheme -}}
{{- end -}}
{{- $_ := set $providers "main" $main -}}
{{- end -}}
{{- toYaml $providers -}}
{{- end -}}

{{/* `list: [...]`, because a document that is a list cannot be read back */}}
{{- define "esddns.records" -}}
{{- $records := list -}}
{{- $global := .Values.global -}}
{{- $common := dict "types" $global.recordTypes -}}
{{- with $global.recordTTL -}}
{{- $_ := set $common "ttl" . -}}
{{- end -}}
{{- if and (include "esddns.gandiSecret" .) .Values.providers -}}
{{- $_ := set $common "provider" "main" -}}
{{- end -}}
{{- with $global.domain -}}
{{- $name := ternary . (printf "%s.%s" $global.recordName .) (eq $global.recordName "@") -}}
{{- $records = append $records (merge (dict "name" $name) $common) -}}
{{- end -}}
{{- with .Values.recordPerNode -}}
{{- $records = append $records (merge (dict "name" .) $common) -}}
{{- end -}}
{{- dict "list" (concat $records .Values.records) | toYaml -}}
{{- end -}}

{{- define "esddns.serviceSection" -}}
{{- $shown := include "esddns.isShown" . -}}
{{- $everywhere := ternary "[::]" .Values.listenAddress (eq .Values.listenAddress "::") -}}
{{- $section := dict
  "listen" (printf "%s:51339" (ternary $everywhere "127.0.0.1" (not (empty $shown))))
  "health" (printf "%s:8080" $everywhere)
  "metrics" (merge (dict "open" true) (ternary (dict "address" true) (dict) .Values.monitoring.showAddress)) -}}
{{- if .Values.dashboard.existingSecret.name -}}
{{- $_ := set $section "password" (dict "file" "/var/run/secrets/esddns-dashboard/password") -}}
{{- end -}}
{{- with .Values.dashboard.tokens -}}
{{- $_ := set $section "tokens" . -}}
{{- end -}}
{{- if .Values.dashboard.tls.existingSecret -}}
{{- $_ := set $section "tls" (dict
  "certificateFile" "/var/run/secrets/esddns-tls/tls.crt" "keyFile" "/var/run/secrets/esddns-tls/tls.key") -}}
{{- end -}}
{{- if $shown -}}
{{- with .Values.dashboard.proxies -}}
{{- $_ := set $section "proxies" . -}}
{{- end -}}
{{- end -}}
{{- $_ := set $section "hosts" (include "esddns.hosts" . | fromYaml).list -}}
{{- toYaml $section -}}
{{- end -}}

{{/* What it may be called beside its address: names of our Services, and of whatever stands before them. */}}
{{- define "esddns.hosts" -}}
{{- $prefix := include "esddns.prefix" . -}}
{{- $services := list (printf "%s-metrics" $prefix) -}}
{{- if include "esddns.hasService" . -}}
{{- $services = append $services $prefix -}}
{{- end -}}
{{- $hosts := list -}}
{{- range $services -}}
{{- $local := printf "%s.%s" . $.Release.Namespace -}}
{{- $hosts = concat $hosts (list $local (printf "%s.svc" $local) (printf "%s.svc.cluster.local" $local)) -}}
{{- end -}}
{{- if .Values.ingress.enabled -}}
{{- $hosts = concat $hosts .Values.ingress.hosts -}}
{{- end -}}
{{- if .Values.httpRoute.enabled -}}
{{- $hosts = concat $hosts .Values.httpRoute.hostnames -}}
{{- end -}}
{{- with index .Values.service.annotations "metallb.io/loadBalancerIPs" -}}
{{- $hosts = concat $hosts (splitList "," (. | replace " " "")) -}}
{{- end -}}
{{- dict "list" (concat $hosts .Values.dashboard.hosts | uniq) | toYaml -}}
{{- end -}}

{{- define "esddns.kubernetesSection" -}}
{{- $prefix := include "esddns.prefix" . -}}
configMap: {{ $prefix }}-wan-ip
lease: {{ $prefix }}-leader
agents: {{ $prefix }}-agents
{{- with include "esddns.watchedService" . }}
service: {{ . }}
{{- end }}
{{- end -}}

{{/*
The configuration before its references to Secrets are resolved. `config` adds sections, and to the chart's own of
`log` and `store`.
*/}}
{{- define "esddns.unresolvedConfig" -}}
{{- $config := dict
  "kubernetes" (include "esddns.kubernetesSection" . | fromYaml)
  "providers" (include "esddns.providers" . | fromYaml)
  "records" (include "esddns.records" . | fromYaml).list
  "service" (include "esddns.serviceSection" . | fromYaml)
  "store" false
  "log" (dict "format" "json" "level" "info") -}}
{{- mergeOverwrite $config (deepCopy .Values.config) | toJson -}}
{{- end -}}

{{/*
esddns.yaml. A reference to a Secret becomes the path where it is mounted. That is done in the JSON text, whose keys
are sorted, because templates have no functions that could walk through a tree.
*/}}
{{- define "esddns.config" -}}
{{- $reference := `\{"secretKeyRef":\{"key":"([^"]+)","name":"([^"]+)"\}\}` -}}
{{- $mounted := `{"file":"/var/run/secrets/esddns/$2/$1"}` -}}
{{- mustRegexReplaceAll $reference (include "esddns.unresolvedConfig" .) $mounted | fromJson | toYaml -}}
{{- end -}}

{{/* `list: ["NAME/KEY", ...]` of all Secrets that the configuration refers to */}}
{{- define "esddns.secretKeys" -}}
{{- $reference := `\{"secretKeyRef":\{"key":"([^"]+)","name":"([^"]+)"\}\}` -}}
{{- $keys := list -}}
{{- range mustRegexFindAll $reference (include "esddns.unresolvedConfig" .) -1 -}}
{{- $keys = append $keys (mustRegexReplaceAll $reference . `$2/$1`) -}}
{{- end -}}
{{- dict "list" ($keys | uniq | sortAlpha) | toYaml -}}
{{- end -}}
