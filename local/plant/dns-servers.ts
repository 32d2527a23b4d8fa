import { execFile } from "node:child_process";
import { promises as dns } from "node:dns";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import type { PlantAddresses, SocketAddress } from "./addresses.ts";
import { emptyZone, nsdConfig, unboundConfig } from "./dns.ts";
import { childEnvironment } from "./environment.ts";
import type { ProcessSpec } from "./supervisor.ts";
import type { PlantTools } from "./tools.ts";

const run = promisify(execFile);

export interface DnsOptions {
  addresses: PlantAddresses;
  tools: PlantTools;
  zoneName: string;
  folder: string;
}

export interface DnsServers {
  nsd: ProcessSpec;
  unbound: ProcessSpec;
  zoneFile: string;
  /** Everything before the verb. */
  nsdControl: { command: string[]; env: Record<string, string> };
  /** Makes the clients' cache forget one name. */
  flush(name: string): Promise<void>;
}

/** Writes the configuration of both name servers and says how to start them. */
export function describeDns(options: DnsOptions): DnsServers {
  const { addresses, tools, zoneName, folder } = options;
  const file = (name: string) => path.join(folder, name);
  const [zoneFile, nsdConf, unboundConf] = [file("nsd.zone"), file("nsd.conf"), file("unbound.conf")];
  const nsdFiles = { zone: zoneFile, controlSocket: file("nsd.sock") };
  const unboundFiles = { controlSocket: file("unbound.sock") };
  writeFileSync(zoneFile, emptyZone(zoneName));
  writeFileSync(nsdConf, nsdConfig({ listen: addresses.nsd, zoneName, folder, files: nsdFiles }));
  writeFileSync(
    unboundConf,
    unboundConfig({ listen: addresses.unbound, nsd: addresses.nsd, zoneName, folder, files: unboundFiles }),
  );
  return {
    nsd: describeNsd(nsdConf, options),
    unbound: describeUnbound(unboundConf, options),
    zoneFile,
    nsdControl: { command: [tools.nsdControl.path, "-c", nsdConf], env: tools.nsdControl.env },
    async flush(name) {
      const { path: program, env } = tools.unboundControl;
      await run(program, ["-c", unboundConf, "flush", name], { env: childEnvironment(folder, env) });
    },
  };
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
