{{/* The chart's name, as label and in names. */}}
{{- define "esddns.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Name of the workload and its rights. Short enough for every suffix below and for the hashes of pods. */}}
{{- define "esddns.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 44 | trimSuffix "-" -}}
{{- else if contains (include "esddns.name" .) .Release.Name -}}
{{- .Release.Name | trunc 44 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "esddns.name" .) | trunc 44 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What all other names begin with: `esddns` for a release called esddns-operator, so that it has esddns-wan-ip. */}}
{{- define "esddns.prefix" -}}
{{- $fullname := include "esddns.fullname" . -}}
{{- ternary "esddns" $fullname (eq $fullname "esddns-operator") -}}
{{- end -}}

{{- define "esddns.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "esddns.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The Service whose load balancer is watched; empty: none. */}}
{{- define "esddns.watchedService" -}}
{{- if .Values.watchedService -}}
{{- .Values.watchedService -}}
{{- else if and (include "esddns.hasService" .) (eq .Values.service.type "LoadBalancer") -}}
{{- include "esddns.prefix" . -}}
{{- end -}}
{{- end -}}

{{/* Whether the dashboard asks who comes; empty: no. */}}
{{- define "esddns.isGuarded" -}}
{{- if or .Values.dashboard.existingSecret.name .Values.dashboard.tokens -}}true{{- end -}}
{{- end -}}

{{/* Whether the dashboard listens for others than its own pod; empty: no. */}}
{{- define "esddns.isShown" -}}
{{- if or (include "esddns.isGuarded" .) .Values.dashboard.insecure -}}true{{- end -}}
{{- end -}}

{{- define "esddns.hasService" -}}
{{- if and .Values.service.enabled (include "esddns.isShown" .) -}}true{{- end -}}
{{- end -}}

{{/* A repository that names its registry (its first part has a dot or a port, as with docker) gets no other. */}}
{{- define "esddns.image" -}}
{{- $image := .Values.image -}}
{{- $name := $image.repository -}}
{{- if and $image.registry (not (regexMatch "^([^/]*[.:][^/]*|localhost)/" $name)) -}}
{{- $name = printf "%s/%s" $image.registry $name -}}
{{- end -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}
