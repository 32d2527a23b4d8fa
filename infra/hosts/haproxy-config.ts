import type { LoadBalancerOptions } from "./options.ts";

/** Where everything of a load balancer is on its own disk. */
export const haproxyFiles = {
  config: "/etc/haproxy/haproxy.cfg",
  machine: "/etc/haproxy/machine.cfg",
  defaults: "/etc/default/haproxy",
  certificate: "/etc/haproxy/tls.pem",
  trust: "/etc/haproxy/trust.pem",
  adminSocket: "/run/haproxy/admin.sock",
  serverState: "/var/lib/failover/haproxy.state",
} as const;

export const defaultHealthPath = "/healthz";

const systemTrust = "/etc/ssl/certs/ca-certificates.crt";

export type HaproxyOptions = Pick<
  LoadBalancerOptions,
  | "computerName"
  | "address"
  | "clientPort"
  | "zoneName"
  | "apiServers"
  | "edgeRanges"
  | "trust"
  | "healthPath"
>;

/** The file a load balancer verifies API servers with: the team's own authority, or the system's roots. */
export function trustFileOf({ trust }: Pick<LoadBalancerOptions, "trust">): string {
  return trust === null ? systemTrust : haproxyFiles.trust;
}

/**
 * The text of /etc/haproxy/haproxy.cfg: api-backup serves only while api-main is down.
 * - `observe layer4` + `error-limit`: traffic itself finds a dead server in about 10 ms; checks alone
 *   need up to 1 s. With layer7 a database that is away, or takes no writes, would count as a failure of
 *   the servers: both would be taken out of use for what none of them can help, also for those who read.
 * - `on-marked-down shutdown-sessions`: requests that hang on a frozen server end at once.
 * - `redispatch` never picks a `backup` server while the main one counts as up, so `retries` ×
 *   `timeout connect` must outlast the checks (3 × 500 ms).
 * - `retry-on` repeats POSTs too: the API needs idempotency keys. Not on 503: that is a database's, and
 *   repeating is more work for it.
 * - `http-server-close` would save one or two requests in a crash (those written onto a connection
 *   that dies), but costs a TLS handshake per request; real load balancers keep connections.
 * - `fd-hard-limit` lets maxconn follow what the machine allows: a fixed number above it would keep
 *   HAProxy from starting.
 * - `server-state-file`: the agent keeps it, so that a reload or a boot starts with the servers the
 *   settings want instead of sending clients to a poisoned one until the agent speaks.
 */
export function haproxyConfig(options: HaproxyOptions): string {
  return `${globalSection}
${defaultsSection}
${frontendSection(options)}
${backendSection(options)}`;
}

/**
 * What only a machine has, in a file of its own: another user, a chroot and syslog.
 * Both files are read together (`-f` twice), so the configuration proper can be validated and run
 * by anybody.
 */
export const machineConfig = `global
  user haproxy
  group haproxy
  chroot /var/lib/haproxy
  log /dev/log local0 info
`;

/** For EnvironmentFile= of Debian's haproxy.service, which appends EXTRAOPTS to its own options. */
export const serviceDefaults = `EXTRAOPTS="-S /run/haproxy-master.sock -f ${haproxyFiles.machine}"\n`;

// Mode 660: /run/haproxy has the setgid bit and the group haproxy, which the agent runs as.
const globalSection = `global
  stats socket ${haproxyFiles.adminSocket} mode 660 level admin expose-fd listeners
  stats timeout 1m
  server-state-file ${haproxyFiles.serverState}
  fd-hard-limit 20000
  ssl-default-bind-options ssl-min-ver TLSv1.2
  ssl-server-verify required
`;

const defaultsSection = `defaults
  mode http
  log global
  option httplog
  option redispatch 1
  retries 3
  retry-on conn-failure empty-response response-timeout
  timeout connect 500ms
  timeout server 2s
  timeout client 30s
  timeout http-keep-alive 5m
  timeout http-request 10s
  # TLS makes a check three round trips; on a busy machine 400 ms would mark a healthy server down.
  timeout check 800ms
  load-server-state-from-file global
`;

function frontendSection({ computerName, address, clientPort, edgeRanges }: HaproxyOptions): string {
  // A line per range: repeated names are or-ed, and a line of HAProxy's has room for 64 words only.
  const fromEdge = edgeRanges.map((range) => `  acl from-edge src ${range}\n`).join("");
  return `frontend clients
  bind ${address}:${clientPort} ssl crt ${haproxyFiles.certificate} alpn h2,http/1.1
${fromEdge}  # Anybody can send these headers; only the edge's are true.
  http-request set-var(txn.client) src
  http-request set-var(txn.client) req.hdr_ip(CF-Connecting-IP) if from-edge { req.hdr_ip(CF-Connecting-IP) -m found }
  http-request del-header CF-Connecting-IP
  http-request set-header X-Forwarded-For %[var(txn.client)]
  http-request set-header X-Forwarded-Proto https
  http-request del-header Via unless from-edge
  http-request add-header Via "1.1 ${computerName}"
  http-after-response add-header X-Served-By ${computerName}
  # failover-install-haproxy puts the version here, and waits until it is answered.
  http-after-response set-header X-Configuration -
  default_backend api
`;
}

function backendSection(options: HaproxyOptions): string {
  const { address, clientPort, zoneName, apiServers, healthPath = defaultHealthPath } = options;
  return `backend api
  option httpchk
  http-check send meth GET uri ${healthPath} ver HTTP/1.1 hdr Host ${zoneName}
  http-check expect status 200
  source ${address}
  default-server check inter 500ms fastinter 200ms downinter 500ms fall 2 rise 2 on-marked-down shutdown-sessions observe layer4 error-limit 3 on-error mark-down
  default-server ssl verify required ca-file ${trustFileOf(options)} sni str(${zoneName}) check-sni ${zoneName} verifyhost ${zoneName}
  server api-main ${apiServers.main}:${clientPort}
  server api-backup ${apiServers.backup}:${clientPort} backup
`;
}
