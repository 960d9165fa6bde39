{{- define "reliefd.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* 50 characters, so that what is appended to it still makes a name. */}}
{{- define "reliefd.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name }}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- .Values.fullnameOverride | default $full | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "reliefd.selectorLabels" -}}
app.kubernetes.io/name: {{ include "reliefd.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "reliefd.ownLabels" -}}
{{ include "reliefd.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Of a list: the root, and maps of labels from values; an earlier one counts more. */}}
{{- define "reliefd.labels" -}}
{{- $more := dict }}
{{- range rest . }}
{{- $more = merge $more . }}
{{- end }}
{{- include "reliefd.ownLabels" (first .) }}
{{- with merge $more (first .).Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "reliefd.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "reliefd.fullname" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{/* Of a dictionary with image and chart. */}}
{{- define "reliefd.image" -}}
{{- with .image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* Policy files by name, as YAML: the chart's own, and what the values add, replace and take away. */}}
{{- define "reliefd.policies" -}}
{{- $policies := dict }}
{{- if .Values.defaultPolicies }}
{{- range $path, $text := .Files.Glob "files/policies/*.conf" }}
{{- $_ := set $policies (base $path) (toString $text) }}
{{- end }}
{{- end }}
{{- range $name, $text := .Values.policies }}
{{- if $text }}
{{- $_ := set $policies $name $text }}
{{- else }}
{{- $_ := unset $policies $name }}
{{- end }}
{{- end }}
{{- toYaml $policies }}
{{- end }}

{{/* Settings files, likewise. */}}
{{- define "reliefd.config" -}}
reliefd.conf: |
  [Daemon]
  DryRun={{ ternary "yes" "no" .Values.dryRun }}

  [Budget]
  Kills={{ .Values.budget }}
{{- with .Values.config }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* An annotation until Kubernetes 1.29, a field since. */}}
{{- define "reliefd.hasAppArmorField" -}}
{{- if semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version }}yes{{ end }}
{{- end }}

{{- define "reliefd.podAnnotations" -}}
{{- $ours := dict }}
{{- if .Values.restartOnChange }}
{{- $files := print (include "reliefd.policies" .) (include "reliefd.config" .) }}
{{- $_ := set $ours "checksum/config" ($files | sha256sum) }}
{{- end }}
{{- if not (include "reliefd.hasAppArmorField" .) }}
{{- /* The default profile refuses signals to processes of other containers. */}}
{{- $_ := set $ours "container.apparmor.security.beta.kubernetes.io/reliefd" "unconfined" }}
{{- end }}
{{- if .Values.exporter.enabled }}
{{- /* For exec and logs. */}}
{{- $_ := set $ours "kubectl.kubernetes.io/default-container" "reliefd" }}
{{- end }}
{{- toYaml (merge $ours .Values.podAnnotations) }}
{{- end }}

{{/* What values.schema.json cannot say, or not as well. */}}
{{- define "reliefd.check" -}}
{{- range $value := list "policies" "config" }}
{{- range $name, $_ := index $.Values $value }}
{{- if not (regexMatch "^[-._A-Za-z0-9]+\\.conf$" $name) }}
{{- fail (printf "%s: %q is no name for a file here; it has letters, digits, '-', '_' and '.' and ends in .conf" $value $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- $ours := include "reliefd.ownLabels" . | fromYaml }}
{{- range $value, $labels := dict "commonLabels" .Values.commonLabels "podLabels" .Values.podLabels "podMonitor.labels" .Values.podMonitor.labels "prometheusRule.labels" .Values.prometheusRule.labels }}
{{- range $label, $_ := $labels }}
{{- if hasKey $ours $label }}
{{- fail (printf "%s: the chart itself sets %s" $value $label) }}
{{- end }}
{{- end }}
{{- end }}
{{- if hasKey .Values.config "reliefd.conf" }}
{{- fail "config: reliefd.conf is made of dryRun and budget; give yours another name, such as 20-mine.conf" }}
{{- end }}
{{- if not .Values.exporter.enabled }}
{{- if .Values.podMonitor.enabled }}
{{- fail "podMonitor.enabled: there is nothing to scrape without exporter.enabled=true" }}
{{- end }}
{{- if .Values.prometheusRule.enabled }}
{{- fail "prometheusRule.enabled: there are no metrics to watch without exporter.enabled=true" }}
{{- end }}
{{- end }}
{{- if and .Values.priorityQuota.enabled (not .Values.priorityClassName) }}
{{- fail "priorityQuota.enabled: the quota is for pods of priorityClassName, which is empty" }}
{{- end }}
{{- end }}
