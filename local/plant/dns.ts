import type { SocketAddress } from "./addresses.ts";

export interface Zone {
  name: string;
  file: string;
}

export interface NsdOptions {
  listen: SocketAddress;
  zones: readonly Zone[];
  folder: string;
  files: { controlSocket: string };
}

export interface UnboundOptions {
  listen: SocketAddress;
  nsd: SocketAddress;
  zoneNames: string[];
  folder: string;
  files: { controlSocket: string };
}

/** The authoritative server. Its only truth is the zone files, which others write and have reloaded. */
export function nsdConfig({ listen, zones, folder, files }: NsdOptions): string {
  return `server:
  ip-address: ${listen.address}@${listen.port}
  do-ip6: no
  server-count: 1
  username: ""
  chroot: ""
  database: ""
  zonesdir: "${folder}"
  zonelistfile: "${folder}/nsd.zones"
  pidfile: "${folder}/nsd.pid"
  xfrdfile: "${folder}/nsd.xfrd"
  xfrdir: "${folder}"
  hide-version: yes
  # All queries come from one address, the cache's: no limit, and no table of a million buckets.
  rrl-ratelimit: 0
  rrl-size: 100
  tcp-count: 20
  xfrd-tcp-max: 1
  xfrd-tcp-pipeline: 1
remote-control:
  control-enable: yes
  control-interface: "${files.controlSocket}"
${zones.map(({ name, file }) => `zone:\n  name: "${name}"\n  zonefile: "${file}"\n`).join("")}`;
}

/**
 * The cache between clients and the authoritative server: it keeps exactly to the TTLs and knows
 * nothing but the zones. Every other name is refused here, and its own queries come from a loopback
 * address, which the kernel never lets out of the machine.
 */
export function unboundConfig({ listen, nsd, zoneNames, folder, files }: UnboundOptions): string {
  return `server:
  interface: ${listen.address}
  port: ${listen.port}
  outgoing-interface: ${listen.address}
  access-control: 127.0.0.0/8 allow
  do-ip6: no
  num-threads: 1
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: "${folder}/unbound.pid"
  logfile: ""
  use-syslog: no
  log-time-ascii: yes
  module-config: "iterator"
  do-not-query-localhost: no
  local-zone: "." refuse
${zoneNames.map((name) => `  local-zone: "${name}." transparent\n`).join("")}  cache-min-ttl: 0
  cache-max-ttl: 86400
  prefetch: no
  serve-expired: no
  rrset-cache-size: 1m
  msg-cache-size: 1m
  so-reuseport: no
  outgoing-range: 128
  num-queries-per-thread: 64
  # What it remembers about a server that did not answer; 15 minutes would outlive any drill.
  infra-host-ttl: 1
remote-control:
  control-enable: yes
  control-interface: "${files.controlSocket}"
  control-use-cert: no
${[...zoneNames.map((name) => `${name}.`), root].map((name) => stubZone(name, nsd)).join("")}`;
}

/** Instead of the built-in root servers. */
const root = ".";

function stubZone(name: string, { address, port }: SocketAddress): string {
  return `stub-zone:
  name: "${name}"
  stub-addr: ${address}@${port}
`;
}

/** A zone with nothing in it, for the moment before its first one is written. */
export function emptyZone(zoneName: string): string {
  return `$ORIGIN ${zoneName}.
$TTL 1
@ IN SOA ns.${zoneName}. hostmaster.${zoneName}. 1 3600 600 86400 1
@ IN NS ns.${zoneName}.
`;
}
