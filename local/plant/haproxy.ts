import type { SocketAddress } from "./addresses.ts";

export interface EdgeOptions {
  /** What its connections to origins come from. */
  addresses: string[];
  listen: SocketAddress[];
  /** One port for all: A records carry none. */
  originPort: number;
  /** `originMap`: a line `host address` per proxied name, kept by the cloud. */
  files: { certificate: string; trust: string; adminSocket: string; originMap: string };
}

/**
 * Cloudflare's proxy as a client and an origin see it, with its own statuses and bodies: an unknown
 * name is 530 "error code: 1016", an origin to which no TLS connection comes about 521 (Cloudflare
 * tells 521, 522, 525 and 526 apart), one that does not answer 524.
 * Cloudflare waits 19 s for a connection and 100 s for an answer
 * (developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors, errors
 * 522 and 524, 2025); this edge waits 1 s, tried twice, and 15 s. Either way a probe's bound of 2 s
 * ends first, and a drill's connections end in time.
 */
export function edgeConfig({ addresses, listen, originPort, files }: EdgeOptions): string {
  const servers = addresses.map(
    (source, index) => `  server origin-${index + 1} 0.0.0.0:${originPort} source ${source}`,
  );
  return `${globalSection(files.adminSocket)}
defaults
  mode http
  option redispatch 1
  retries 1
  retry-on conn-failure empty-response
  timeout connect 1s
  timeout server 15s
  timeout client 60s
  timeout http-keep-alive 5m
  timeout http-request 15s
  http-error status 503 content-type text/plain string "error code: 521"
  http-error status 504 content-type text/plain string "error code: 524"

frontend clients
${listen.map((socket) => `  bind ${at(socket)} ssl crt ${files.certificate} alpn h2,http/1.1`).join("\n")}
  http-request set-var(txn.origin) req.hdr(Host),field(1,:),lower,map_str_ip(${files.originMap})
  http-request return status 530 content-type text/plain string "error code: 1016" unless { var(txn.origin) -m found }
  # Never passed through from the client: origins believe it.
  http-request set-header CF-Connecting-IP %[src]
  http-request add-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto https
  http-request set-header Via "1.1 edge"
  http-request set-dst var(txn.origin)
  http-response set-var(txn.answered) bool(true)
  http-after-response set-header Server cloudflare
  http-after-response set-status 521 if { status 503 } !{ var(txn.answered) -m found }
  http-after-response set-status 524 if { status 504 } !{ var(txn.answered) -m found }
  default_backend origins

backend origins
  balance roundrobin
  default-server ssl verify required ca-file ${files.trust} sni req.hdr(Host),field(1,:),lower
${servers.join("\n")}
`;
}

// One thread: the machine has few cores. No chroot and no other user: the plant runs as whoever
// started it.
function globalSection(adminSocket: string): string {
  return `global
  stats socket ${adminSocket} mode 600 level admin
  stats timeout 1m
  nbthread 1
  maxconn 1000
  ssl-default-bind-options ssl-min-ver TLSv1.2
  ssl-server-verify required
`;
}

function at({ address, port }: SocketAddress): string {
  return `${address}:${port}`;
}
