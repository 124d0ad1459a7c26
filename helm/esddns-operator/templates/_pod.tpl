{{/* The pod, the same for DaemonSet and Deployment. */}}
{{- define "esddns.podTemplate" -}}
metadata:
  annotations:
    # Another configuration is another pod; a rotated Secret is read again by the one that runs
    checksum/config: {{ include "esddns.config" . | sha256sum }}
    {{- with merge (dict) .Values.podAnnotations .Values.commonAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  labels:
    {{- include "esddns.podLabels" . | nindent 4 }}
spec:
  serviceAccountName: {{ include "esddns.serviceAccountName" . }}
  automountServiceAccountToken: false # a token of its own below, for one hour
  {{- with concat .Values.imagePullSecrets .Values.global.imagePullSecrets | uniq }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with include "esddns.affinity" . | fromYaml }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.dnsConfig }}
  dnsConfig:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  containers:
    - name: esddns
      {{- include "esddns.container" . | nindent 6 }}
  volumes:
    {{- include "esddns.volumes" . | nindent 4 }}
{{- end -}}

{{/* Agents are told apart by their node: two pods of a Deployment on one node would be one agent. */}}
{{- define "esddns.affinity" -}}
{{- $affinity := deepCopy .Values.affinity -}}
{{- if eq .Values.workload "Deployment" -}}
{{- $apart := dict "topologyKey" "kubernetes.io/hostname"
  "labelSelector" (dict "matchLabels" (include "esddns.selectorLabels" . | fromYaml)) -}}
{{- $anti := default (dict) $affinity.podAntiAffinity -}}
{{- $required := append (default (list) $anti.requiredDuringSchedulingIgnoredDuringExecution) $apart -}}
{{- $_ := set $anti "requiredDuringSchedulingIgnoredDuringExecution" $required -}}
{{- $_ := set $affinity "podAntiAffinity" $anti -}}
{{- end -}}
{{- toYaml $affinity -}}
{{- end -}}

{{- define "esddns.container" -}}
image: {{ include "esddns.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args:
  - operator
  - --config
  - /etc/esddns/esddns.yaml
  {{- if .Values.dashboard.insecure }}
  - --insecure-no-auth
  {{- end }}
env:
  - name: NODE_NAME
    valueFrom: { fieldRef: { fieldPath: spec.nodeName } }
  - name: POD_NAME
    valueFrom: { fieldRef: { fieldPath: metadata.name } }
  - name: POD_NAMESPACE
    valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
  - name: XDG_CACHE_HOME
    value: /tmp/.cache
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
ports:
  - { name: metrics, containerPort: 8080, protocol: TCP }
  - { name: http, containerPort: 51339, protocol: TCP }
# None of them asks a provider or the internet: a restart mends neither
startupProbe:
  {{- merge (dict "httpGet" (dict "path" "/livez" "port" "metrics")) .Values.startupProbe | toYaml | nindent 2 }}
livenessProbe:
  {{- merge (dict "httpGet" (dict "path" "/livez" "port" "metrics")) .Values.livenessProbe | toYaml | nindent 2 }}
readinessProbe:
  {{- merge (dict "httpGet" (dict "path" "/readyz" "port" "metrics")) .Values.readinessProbe | toYaml | nindent 2 }}
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
volumeMounts:
  - { name: config, mountPath: /etc/esddns, readOnly: true }
  {{- if or (include "esddns.gandiSecret" .) (include "esddns.secretKeys" . | fromYaml).list }}
  - { name: provider, mountPath: /var/run/secrets/esddns, readOnly: true }
  {{- end }}
  {{- if .Values.dashboard.existingSecret.name }}
  - { name: dashboard, mountPath: /var/run/secrets/esddns-dashboard, readOnly: true }
  {{- end }}
  {{- if .Values.dashboard.tls.existingSecret }}
  - { name: tls, mountPath: /var/run/secrets/esddns-tls, readOnly: true }
  {{- end }}
  - { name: token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true }
  - { name: tmp, mountPath: /tmp }
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "esddns.volumes" -}}
- name: config
  configMap:
    name: {{ include "esddns.prefix" . }}-config
{{- $gandi := include "esddns.gandiSecret" . }}
{{- $keys := (include "esddns.secretKeys" . | fromYaml).list }}
{{- if or $gandi $keys }}
- name: provider
  projected:
    defaultMode: 0440
    sources:
      {{- with $gandi }}
      - secret:
          name: {{ . }}
          items:
            - { key: {{ include "esddns.gandiKey" $ | quote }}, path: api-key }
      {{- end }}
      {{- range $keys }}
      {{- $parts := splitList "/" . }}
      - secret:
          name: {{ first $parts }}
          items:
            - { key: {{ last $parts | quote }}, path: {{ . | quote }} }
      {{- end }}
{{- end }}
{{- with .Values.dashboard.existingSecret }}
{{- if .name }}
- name: dashboard
  secret:
    secretName: {{ .name }}
    defaultMode: 0440
    items:
      - { key: {{ .key | quote }}, path: password }
{{- end }}
{{- end }}
{{- with .Values.dashboard.tls.existingSecret }}
- name: tls
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
- name: token
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken: { path: token, expirationSeconds: 3607 }
      - configMap:
          name: kube-root-ca.crt
          items:
            - { key: ca.crt, path: ca.crt }
      - downwardAPI:
          items:
            - path: namespace
              fieldRef: { fieldPath: metadata.namespace }
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
