{{/* What PodMonitor and ServiceMonitor have in common. */}}
{{- define "esddns.endpoint" -}}
port: metrics
path: /metrics
interval: {{ .interval }}
{{- with .scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
{{- with .relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The groups of rules without those that are left out, and with what is different. */}}
{{- define "esddns.ruleGroups" -}}
{{- $rules := .Values.monitoring.prometheusRules -}}
{{- $file := .Files.Get "files/alerts.yaml" | fromYaml -}}
{{- $known := list -}}
{{- range $group := $file.groups -}}
{{- $kept := list -}}
{{- range $rule := $group.rules -}}
{{- $known = append $known $rule.alert -}}
{{- if not (has $rule.alert $rules.disabled) -}}
{{- $kept = append $kept (mergeOverwrite $rule (deepCopy (default (dict) (index $rules.overrides $rule.alert)))) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $group "rules" $kept -}}
{{- end -}}
{{- range $name := concat $rules.disabled (keys $rules.overrides) -}}
{{- if not (has $name $known) -}}
{{- fail (printf "There is no alert %q, expected one of: %s" $name (join ", " $known)) -}}
{{- end -}}
{{- end -}}
{{- toYaml $file.groups -}}
{{- end -}}
