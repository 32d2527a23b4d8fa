import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { machineName, serverNames } from "../../infra/names.ts";
import type { CloudSettings } from "../cloud/cloud-settings.ts";
import type { PlantAddresses } from "./addresses.ts";
import type { DnsServers } from "./dns-servers.ts";
import { adminSocketOf, originMapOf } from "./edge.ts";
import type { ProcessSpec } from "./supervisor.ts";

export interface CloudOptions {
  addresses: PlantAddresses;
  node: string;
  folder: string;
  zoneName: string;
  ttlDivisor: number;
  apiToken: string;
  controlToken: string;
  /** What access tokens are signed with, in hex. */
  tokenKey: string;
  dns: DnsServers;
  /** Certificate and key of Azure's APIs. */
  certificate: string;
  azure: AzureAccess;
  /** Of all names in Azure. */
  prefix: string;
}

/** Whose rights in Azure a deployment has. */
export interface AzureAccess {
  tenantId: string;
  subscriptionId: string;
  clientId: string;
  clientSecret: string;
}

const nobody = "00000000-0000-0000-0000-000000000000";

/** Ids of the local cloud are zeros, so that none is ever taken for a real one. */
export function createAzureAccess(): AzureAccess {
  const clientSecret = randomBytes(24).toString("base64url");
  return { tenantId: nobody, subscriptionId: nobody, clientId: nobody, clientSecret };
}

const deployer = "00000000-0000-0000-0000-000000000001";

/** How to start the local cloud, which writes the zone and the edge's map and has machines run. */
export function describeCloud(options: CloudOptions): ProcessSpec {
  const { addresses, node, folder, controlToken } = options;
  const program = fileURLToPath(new URL("../cloud/main.ts", import.meta.url));
  const settings: CloudSettings = {
    address: addresses.cloud.address,
    azure: azureSettings(options),
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
        edgeMap: { file: originMapOf(folder), socket: adminSocketOf(folder) },
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

function azureSettings({
  addresses,
  certificate,
  azure,
  prefix,
  tokenKey,
}: CloudOptions): NonNullable<CloudSettings["azure"]> {
  const { resourceManager, appConfiguration, hosts, publicPool } = addresses;
  const reserved = serverNames.map((name) => [machineName(prefix, name), hosts[name][0]?.address ?? ""]);
  return {
    ...azure,
    address: resourceManager.address,
    port: resourceManager.port,
    appConfigurationAddress: appConfiguration.address,
    appConfigurationPort: appConfiguration.port,
    certificate,
    principalId: deployer,
    publicAddresses: { reserved: Object.fromEntries(reserved), pool: publicPool },
    durations: "instant",
    tokenKey,
  };
}
