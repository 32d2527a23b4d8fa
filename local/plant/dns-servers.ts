import { execFile } from "node:child_process";
import { promises as dns } from "node:dns";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import type { PlantAddresses, SocketAddress } from "./addresses.ts";
import { azureZone } from "./azure-names.ts";
import type { ServedZone } from "./azure-names.ts";
import { emptyZone, nsdConfig, unboundConfig } from "./dns.ts";
import type { Zone } from "./dns.ts";
import { childEnvironment } from "./environment.ts";
import type { ProcessSpec } from "./supervisor.ts";
import type { PlantTools, Tool } from "./tools.ts";

const run = promisify(execFile);
const controlTimeoutMs = 5000;

export interface DnsOptions {
  addresses: PlantAddresses;
  tools: PlantTools;
  zoneName: string;
  folder: string;
}

export interface DnsServers {
  nsd: ProcessSpec;
  unbound: ProcessSpec;
  /** Of the customers' zone, which the cloud writes. */
  zoneFile: string;
  /** Of the names that Azure gives to what is in it. */
  azure: ServedZone;
  /** Everything before the verb. */
  nsdControl: { command: string[]; env: Record<string, string> };
  /** Makes the clients' cache forget one name. */
  flush(name: string): Promise<void>;
}

/** Writes the configuration of both name servers and says how to start them. */
export function describeDns(options: DnsOptions): DnsServers {
  const { addresses, tools, zoneName, folder } = options;
  const file = (name: string) => path.join(folder, name);
  const [nsdConf, unboundConf] = [file("nsd.conf"), file("unbound.conf")];
  const zones = [
    { name: zoneName, file: file("nsd.zone") },
    { name: azureZone, file: file("azure.zone") },
  ] as const;
  writeConfigurations({ ...options, zones, nsdConf, unboundConf });
  const control = async ({ path: program, env }: Tool, ...args: string[]) => {
    await run(program, ["-c", ...args], { env: childEnvironment(folder, env), timeout: controlTimeoutMs });
  };
  return {
    nsd: describeNsd(nsdConf, options),
    unbound: describeUnbound(unboundConf, options),
    zoneFile: zones[0].file,
    azure: {
      file: zones[1].file,
      reload: () => control(tools.nsdControl, nsdConf, "reload", azureZone),
      serial: async () => (await resolverAt(addresses.nsd).resolveSoa(azureZone)).serial,
    },
    nsdControl: { command: [tools.nsdControl.path, "-c", nsdConf], env: tools.nsdControl.env },
    flush: (name) => control(tools.unboundControl, unboundConf, "flush", name),
  };
}

function writeConfigurations({
  addresses,
  folder,
  zones,
  nsdConf,
  unboundConf,
}: DnsOptions & { zones: readonly Zone[]; nsdConf: string; unboundConf: string }): void {
  const { nsd, unbound } = addresses;
  const socket = (name: string) => ({ controlSocket: path.join(folder, name) });
  const zoneNames = zones.map(({ name }) => name);
  for (const { name, file } of zones) writeFileSync(file, emptyZone(name));
  writeFileSync(nsdConf, nsdConfig({ listen: nsd, zones, folder, files: socket("nsd.sock") }));
  writeFileSync(
    unboundConf,
    unboundConfig({ listen: unbound, nsd, zoneNames, folder, files: socket("unbound.sock") }),
  );
}

function describeNsd(file: string, { addresses, tools, zoneName }: DnsOptions): ProcessSpec {
  return {
    name: "nsd",
    command: { path: tools.nsd.path, args: ["-d", "-c", file] },
    env: tools.nsd.env,
    ready: {
      until: async () =>
        (await resolverAt(addresses.nsd).resolveSoa(zoneName)).nsname.endsWith(zoneName) || "no SOA",
    },
  };
}

function describeUnbound(file: string, { addresses, tools }: DnsOptions): ProcessSpec {
  return {
    name: "unbound",
    command: { path: tools.unbound.path, args: ["-d", "-p", "-c", file] },
    env: tools.unbound.env,
    ready: { until: () => refusesStrangers(addresses.unbound) },
  };
}

/** An answer that needs no other server, so that nothing about a late one gets into the cache. */
async function refusesStrangers(socket: SocketAddress): Promise<true | string> {
  try {
    await resolverAt(socket).resolve4("ready.example");
    return "it answers for names outside of the zone";
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    return code === "EREFUSED" || message;
  }
}

function resolverAt({ address, port }: SocketAddress): dns.Resolver {
  const resolver = new dns.Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`${address}:${port}`]);
  return resolver;
}
