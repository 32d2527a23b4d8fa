import { fileURLToPath } from "node:url";
import type { CloudSettings } from "../cloud/cloud-settings.ts";
import type { PlantAddresses } from "./addresses.ts";
import type { DnsServers } from "./dns-servers.ts";
import { adminSocketOf, originMapOf } from "./host-servers.ts";
import type { ProcessSpec } from "./supervisor.ts";

export interface CloudOptions {
  addresses: PlantAddresses;
  node: string;
  folder: string;
  zoneName: string;
  ttlDivisor: number;
  apiToken: string;
  controlToken: string;
  dns: DnsServers;
}

/** How to start the local cloud, which writes the zone and the edge's map of this plant. */
export function describeCloud(options: CloudOptions): ProcessSpec {
  const { addresses, node, folder, controlToken } = options;
  const program = fileURLToPath(new URL("../cloud/main.ts", import.meta.url));
  const settings: CloudSettings = {
    address: addresses.cloud.address,
    controlPort: addresses.control.port,
    controlToken,
    cloudflare: {
      port: addresses.cloud.port,
      apiToken: options.apiToken,
      zone: options.zoneName,
      edgeAddresses: addresses.hosts.edge.map(({ address }) => address),
      ttlDivisor: options.ttlDivisor,
      dataPlane: {
        zoneFile: options.dns.zoneFile,
        nameServerAddress: addresses.nsd.address,
        nsdControl: options.dns.nsdControl,
        edgeMap: { file: originMapOf(folder), socket: adminSocketOf(folder, "edge") },
      },
    },
  };
  return {
    name: "cloud",
    command: { path: node, args: [program] },
    input: JSON.stringify(settings),
    ready: { line: /"ready":true/ },
  };
}
