{{/* Names are cut at 63 characters, the most that a label may have. */}}
{{- define "piecework.name" -}}
{{- if contains .Chart.Name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* What a pod is found by: must never change between two versions of the chart. */}}
{{- define "piecework.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "piecework.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "piecework.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "piecework.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "piecework.name" .) }}
{{- else }}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{/* The volume of a service's authorities, from (list name ca); empty if it has none of its own. */}}
{{- define "piecework.caVolume" -}}
{{- $name := index . 0 }}{{ $ca := index . 1 }}
{{- if or $ca.configMap $ca.secret }}
- name: {{ $name }}-ca
  {{- if $ca.configMap }}
  configMap:
    name: {{ $ca.configMap }}
  {{- else }}
  secret:
    secretName: {{ $ca.secret }}
  {{- end }}
    items:
      - key: {{ $ca.key }}
        path: ca.pem
{{- end }}
{{- end }}

{{/* Where that volume is mounted. */}}
{{- define "piecework.caMount" -}}
{{- $name := index . 0 }}{{ $ca := index . 1 }}
{{- if or $ca.configMap $ca.secret }}
- name: {{ $name }}-ca
  mountPath: /ca/{{ $name }}
  readOnly: true
{{- end }}
{{- end }}

{{/* The database's URL, with the authorities of its server. */}}
{{- define "piecework.databaseUrl" -}}
{{- $url := .Values.database.url }}
{{- if or .Values.database.ca.configMap .Values.database.ca.secret }}
{{- if contains "sslrootcert=" $url }}
{{- fail "database.url names an sslrootcert, and database.ca is set, too: take one of them away" }}
{{- end }}
{{- if not (contains "sslmode=" $url) }}
{{- $url = printf "%s%ssslmode=verify-full" $url (ternary "&" "?" (contains "?" $url)) }}
{{- end }}
{{- $url = printf "%s&sslrootcert=/ca/database/ca.pem" $url }}
{{- end }}
{{- $url }}
{{- end }}
