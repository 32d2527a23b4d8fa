import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import type { Settings } from "../infra/config.ts";
import { localEnvironment } from "./environment.ts";
import { defaultEndpoints, type Endpoints } from "./plant/addresses.ts";
import { acquireDrillBlock, acquireLocalBlock, type Block } from "./plant/block.ts";
import { type Plant, startPlant } from "./plant/plant.ts";
import type { UnexpectedExit } from "./plant/supervisor.ts";
import { runVariable } from "./plant/run-folder.ts";
import { sweepDeadPlants } from "./plant/sweep.ts";
import { prepareBin } from "./plugins/bin.ts";
import { cacheFolder } from "./toolchain/workbench.ts";
import { prepareToolchain, type Toolchain } from "./toolchain/prepare.ts";

export interface LocalPlantOptions {
  /** `local` is for a person, on the committed addresses; `drill` takes a free block. */
  purpose: "local" | "drill";
  settings: Settings;
  /** TTLs that clients see are divided by this. */
  ttlDivisor: number;
  /** How often hosts ask for their settings; 10 is what their units say. */
  refreshSeconds: number;
  report: (line: string) => void;
  onExit: (exit: UnexpectedExit) => void;
  /** Ends the preparation of the tools, which may take minutes. */
  signal: AbortSignal;
}

/** A running plant, its cloud, and the environment in which `pulumi` acts on them. */
export interface LocalPlant {
  plant: Plant;
  endpoints: Endpoints;
  /** The run's own folder; gone after `close`. */
  folder: string;
  env: Record<string, string>;
  toolchain: Toolchain;
  plugins: Record<string, string>;
  /** What of it is not the real thing; each is described in docs/fidelity.md. */
  standIns: readonly string[];
  /** In the environment of each process of the run, so that the next run finds what a killed one left. */
  mark: Record<string, string>;
  close(): Promise<void>;
}

const standIns = [
  "Cloudflare: API, edge (HAProxy) and name servers (NSD)",
  "Azure Resource Manager and App Configuration",
  "virtual machines: processes that execute customData, behind a proxy for each network interface",
  "on them: SSH server, systemd and npm ci (this project's own packages of the locked versions)",
  "Azure SQL: PostgreSQL behind a gateway, with its own protocol in the place of TDS",
  "Azure Storage: Azurite, one for each region",
  "names and ports of both on the machines: a resolver and a port of the plant's",
  "the company's API and workers: small Node programs",
  "Nagios, NAT gateways and autoscale: control plane only",
] as const;

/** Cleans up after dead runs, then starts a plant. Nothing is left running when it throws. */
export async function openLocalPlant(options: LocalPlantOptions): Promise<LocalPlant> {
  const { purpose, settings, report, signal } = options;
  const toolchain = await prepareToolchain(report, { signal });
  await sweepDeadPlants(report);
  const acquire = purpose === "local" ? acquireLocalBlock : acquireDrillBlock;
  const block = await acquire({ clientPort: settings.clientPort, report });
  try {
    return await start(options, { block, toolchain });
  } catch (error) {
    await block.release();
    throw error;
  }
}

async function start(
  options: LocalPlantOptions,
  { block, toolchain }: { block: Block; toolchain: Toolchain },
): Promise<LocalPlant> {
  const { purpose, settings } = options;
  const apiToken = randomBytes(20).toString("hex");
  const endpoints = purpose === "local" ? committed(settings) : defaultEndpoints(block.number);
  const bin = await prepareBin(block.folder, toolchain);
  const folders = await makeFolders(block.folder, purpose);
  const place = { toolchain, block, hosts: endpoints, apiToken };
  const plant = await startPlant({ ...options, ...placeOf(settings), ...place });
  return {
    plant,
    endpoints,
    folder: block.folder,
    toolchain,
    plugins: bin.plugins,
    standIns,
    mark: { [runVariable]: block.run },
    env: localEnvironment({
      ...folders,
      bin: bin.folder,
      pulumiHome: bin.pulumiHome,
      user: userInfo().username,
      cloudflareApi: plant.cloud.apiBaseUrl,
      apiToken,
      arm: plant.cloud.arm,
      secrets: plant.secrets,
      caBundle: plant.exports.clientTrust,
      clientCa: plant.exports.clientsAuthority,
    }),
    async close() {
      await plant.stop();
      await block.release();
    },
  };
}

function placeOf({ clientPort, prefix, regions, zone }: Settings) {
  return { clientPort, prefix, regions, zoneName: zone.name };
}

/** A drill's engine gets a home of its own; a person keeps theirs. */
async function makeFolders(folder: string, purpose: "local" | "drill") {
  const state = join(folder, "state");
  const home = purpose === "local" ? (process.env["HOME"] ?? homedir()) : join(folder, "home");
  const compileCache = join(cacheFolder(process.env), "compiled");
  for (const path of [state, home, compileCache]) await mkdir(path, { recursive: true });
  return { state, home, compileCache };
}

function committed({ endpoints }: Settings): Endpoints {
  const { loadBalancers, apiServers } = endpoints;
  return {
    loadBalancers: { main: loadBalancers.main.address, backup: loadBalancers.backup.address },
    apiServers: { main: apiServers.main.address, backup: apiServers.backup.address },
  };
}
