{{/* What every pod of ours has in common. Called with the root, the process's name and its values. */}}

{{- define "lrs.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end -}}

{{- define "lrs.labels" -}}
app.kubernetes.io/name: lrs-platform
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{- define "lrs.settings" -}}
- { name: LRS_HOST, value: "0.0.0.0" }
- { name: LRS_PORT, value: "8000" }
- { name: LRS_MCP_WAREHOUSE_URL, value: "http://{{ .Release.Name }}-warehouse:8003/mcp" }
- { name: LRS_MCP_PYTHON_URL, value: "http://{{ .Release.Name }}-python:8004/mcp" }
- { name: LRS_MCP_DBHUB_URL, value: "http://{{ .Release.Name }}-dbhub:8005/mcp" }
{{- if .Values.processes.mail.enabled }}
- { name: LRS_MCP_MAIL_URL, value: "http://{{ .Release.Name }}-mail:8008/mcp" }
{{- end }}
- { name: LRS_CODE_SERVER_HOST, value: {{ .Values.dagster.codeServerHost | quote }} }
- { name: LRS_CODE_SERVER_PORT, value: {{ .Values.dagster.codeServerPort | quote }} }
{{- range $name, $value := .Values.settings }}
{{- if $value }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}
{{- end -}}

{{- define "lrs.pod" -}}
automountServiceAccountToken: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{ toJson . }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: { type: RuntimeDefault }
containers:
  - name: {{ .name }}
    image: {{ include "lrs.image" .root }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args: {{ toJson .process.command }}
    env:
      {{- include "lrs.settings" .root | nindent 6 }}
    {{- if .process.port }}
    ports:
      - { name: http, containerPort: {{ .process.port }} }
    startupProbe:
      httpGet: { path: {{ .process.live }}, port: http }
      periodSeconds: 2
      failureThreshold: 60
    readinessProbe:
      httpGet: { path: {{ .process.live }}, port: http }
      periodSeconds: 10
      timeoutSeconds: 6
    livenessProbe:
      tcpSocket: { port: http }
      periodSeconds: 20
      failureThreshold: 3
    {{- end }}
    resources:
      {{- toYaml .process.resources | nindent 6 }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: { drop: [ALL] }
    volumeMounts:
      - { name: secrets, mountPath: /run/secrets, readOnly: true }
      - { name: tmp, mountPath: /tmp }
      - { name: home, mountPath: /var/lib/lrs }
      - { name: dagster, mountPath: /var/lib/lrs/dagster/dagster.yaml, subPath: dagster.yaml, readOnly: true }
      {{- if .process.claim }}
      - { name: ledger, mountPath: /var/lib/lrs/mail }
      {{- end }}
      {{- if .process.credentials }}
      - { name: credentials, mountPath: /var/lib/lrs/credentials.json, subPath: credentials.json, readOnly: true }
      {{- end }}
volumes:
  - name: secrets
    secret:
      secretName: {{ .root.Values.secret }}
      defaultMode: 0440
      items:
        {{- range .process.holds }}
        - { key: {{ . }}, path: {{ . }} }
        {{- end }}
  - { name: tmp, emptyDir: {} }
  - { name: home, emptyDir: {} }
  - name: dagster
    configMap: { name: {{ .root.Release.Name }}-dagster }
  {{- if .process.claim }}
  - name: ledger
    persistentVolumeClaim: { claimName: {{ .process.claim }} }
  {{- end }}
  {{- if .process.credentials }}
  - name: credentials
    secret:
      secretName: {{ .root.Values.secret }}
      defaultMode: 0440
      items: [{ key: credentials.json, path: credentials.json }]
  {{- end }}
{{- end -}}
