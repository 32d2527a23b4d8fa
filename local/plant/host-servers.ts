import { writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { mainAddress } from "./addresses.ts";
import type { HostName, PlantAddresses, SocketAddress } from "./addresses.ts";
import type { ApiServerConfig } from "./api-server.ts";
import { serverChecks } from "./haproxy-admin.ts";
import { edgeConfig, loadBalancerConfig } from "./haproxy.ts";
import { poll } from "./readiness.ts";
import type { ProcessSpec } from "./supervisor.ts";
import type { TlsFiles } from "./tls.ts";
import type { PlantTools } from "./tools.ts";

export interface ServerOptions {
  addresses: PlantAddresses;
  tools: PlantTools;
  tls: TlsFiles;
  zoneName: string;
  folder: string;
}

export const loadBalancers = ["load-balancer-main", "load-balancer-backup"] as const;
export const apiServers = ["api-main", "api-backup"] as const;

const checksDeadlineMs = 10_000;

/** Writes the configuration of every host's server and says how to start it. */
export function describeServers(options: ServerOptions): Record<HostName, ProcessSpec> {
  return {
    edge: describeEdge(options),
    "load-balancer-main": describeLoadBalancer("load-balancer-main", options),
    "load-balancer-backup": describeLoadBalancer("load-balancer-backup", options),
    "api-main": describeApiServer("api-main", options),
    "api-backup": describeApiServer("api-backup", options),
  };
}

/** The map from proxied names to origins, which the cloud keeps. */
export function originMapOf(folder: string): string {
  return path.join(folder, "edge.map");
}

export function adminSocketOf(folder: string, host: HostName): string {
  return path.join(folder, `${host}.sock`);
}

/** A plant that has just started is complete once its load balancers have seen both API servers. */
export async function loadBalancersSeeServers(folder: string): Promise<void> {
  const wait = (host: HostName) =>
    poll({
      deadlineMs: checksDeadlineMs,
      until: async () => {
        const checks = await serverChecks(adminSocketOf(folder, host));
        const seen = checks.map(({ server, status, check }) => `${server} ${status} ${check}`);
        return checks.every(({ status, check }) => status === "UP" && check === "L7OK") || seen.join(", ");
      },
    });
  await Promise.all(loadBalancers.map(wait));
}

function describeEdge({ addresses, tools, tls, folder }: ServerOptions): ProcessSpec {
  const originMap = originMapOf(folder);
  writeFileSync(originMap, "");
  const listen = shadowsOf("edge", addresses);
  const config = edgeConfig({
    addresses: addressesOf("edge", addresses),
    listen,
    originPort: addresses.clientPort,
    files: {
      certificate: tls.hosts.edge,
      trust: tls.edgeTrust,
      adminSocket: adminSocketOf(folder, "edge"),
      originMap,
    },
  });
  return describeHaproxy("edge", config, { tools, folder, listen });
}

function describeLoadBalancer(name: (typeof loadBalancers)[number], options: ServerOptions): ProcessSpec {
  const { addresses, tools, tls, zoneName, folder } = options;
  const { clientPort } = addresses;
  const { address, shadow } = mainAddress(addresses, name);
  const listen = { address: shadow, port: clientPort };
  const apiServer = (host: HostName) => ({ address: mainAddress(addresses, host).address, port: clientPort });
  const config = loadBalancerConfig({
    name,
    address,
    listen,
    zoneName,
    apiServers: { main: apiServer("api-main"), backup: apiServer("api-backup") },
    edgeAddresses: addressesOf("edge", addresses),
    files: {
      certificate: tls.hosts[name],
      clientsAuthority: tls.clientsAuthority,
      adminSocket: adminSocketOf(folder, name),
    },
  });
  return describeHaproxy(name, config, { tools, folder, listen: [listen] });
}

function describeApiServer(name: (typeof apiServers)[number], options: ServerOptions): ProcessSpec {
  const { addresses, tools, tls } = options;
  const config: ApiServerConfig = {
    name,
    address: mainAddress(addresses, name).shadow,
    port: addresses.clientPort,
    certificate: tls.hosts[name],
    believed: {
      edge: addressesOf("edge", addresses),
      loadBalancers: loadBalancers.flatMap((host) => addressesOf(host, addresses)),
    },
  };
  const program = fileURLToPath(new URL("api-server.ts", import.meta.url));
  return {
    name,
    command: { path: tools.node, args: ["--max-semi-space-size=2", program, JSON.stringify(config)] },
    ready: { line: /"ready":true/ },
  };
}

interface HaproxyContext {
  tools: PlantTools;
  folder: string;
  listen: SocketAddress[];
}

function describeHaproxy(
  name: HostName,
  config: string,
  { tools, folder, listen }: HaproxyContext,
): ProcessSpec {
  const file = path.join(folder, `${name}.cfg`);
  writeFileSync(file, config);
  const { path: program, env } = tools.haproxy;
  return {
    name,
    // In the foreground and without a master process: one pid to stop, kill or freeze.
    command: { path: program, args: ["-db", "-f", file] },
    env,
    ready: { until: () => allListen(listen) },
  };
}

async function allListen(sockets: SocketAddress[]): Promise<true | string> {
  await Promise.all(sockets.map(connectOnce));
  return true;
}

function connectOnce({ address, port }: SocketAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: address, port }, () => {
      socket.destroy();
      resolve();
    });
    socket.on("error", reject);
  });
}

function addressesOf(host: HostName, addresses: PlantAddresses): string[] {
  return addresses.hosts[host].map(({ address }) => address);
}

function shadowsOf(host: HostName, { hosts, clientPort }: PlantAddresses): SocketAddress[] {
  return hosts[host].map(({ shadow }) => ({ address: shadow, port: clientPort }));
}
