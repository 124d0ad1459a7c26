{{/* What finds the pods. It can never be changed again, so nothing else belongs here. */}}
{{- define "esddns.selectorLabels" -}}
app.kubernetes.io/name: {{ include "esddns.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "esddns.programLabels" -}}
{{ include "esddns.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | replace "+" "_" | quote }}
app.kubernetes.io/part-of: esddns
{{- with .Values.environment }}
environment: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* `commonLabels` may add to ours and not replace them: selectors and clean-up rest on those. */}}
{{- define "esddns.labels" -}}
{{- $chart := dict
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
  "app.kubernetes.io/managed-by" .Release.Service -}}
{{- merge (include "esddns.programLabels" . | fromYaml) $chart .Values.commonLabels | toYaml -}}
{{- end -}}

{{/* Labels of the pods: without the chart's version, for which alone no pod is replaced. */}}
{{- define "esddns.podLabels" -}}
{{- merge (include "esddns.programLabels" . | fromYaml) .Values.podLabels .Values.commonLabels | toYaml -}}
{{- end -}}

{{/*
`metadata` of an object: (dict "root" $ "name" NAME "labels" MAP "annotations" MAP), the last two optional.
The namespace is always the release's.
*/}}
{{- define "esddns.metadata" -}}
{{- $annotations := merge (dict) (default (dict) .annotations) .root.Values.commonAnnotations -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- merge (include "esddns.labels" .root | fromYaml) (default (dict) .labels) | toYaml | nindent 2 }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What finds the pod of `helm test`, and no other. */}}
{{- define "esddns.testLabels" -}}
app.kubernetes.io/name: {{ include "esddns.name" . }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
