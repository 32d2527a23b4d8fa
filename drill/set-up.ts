import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { initStack, up, type Workspace } from "../engine/pulumi.ts";
import { parseStackFile, readStackFile } from "../engine/stack-file.ts";
import { clientNameOf, readSettings, type Settings } from "../infra/config.ts";
import { FailoverError } from "../infra/errors.ts";
import { type LocalPlant, openLocalPlant } from "../local/local-plant.ts";
import { syncEndpoints } from "../recovery/sync.ts";
import { monotonicMs, type Sample } from "../watch/journal.ts";
import { Probe, type ProbeTarget } from "../watch/probe.ts";
import { Probes } from "../watch/probes.ts";
import { Workload } from "../watch/workload.ts";
import { prepareDatabase } from "./application-database.ts";
import { drillPlant } from "./drill-plant.ts";
import { plantHandle } from "./plant-handle.ts";
import { copyProject, localStackFiles } from "./project-copy.ts";
import { waitUntil } from "./wait.ts";
import type { DrillPlant, Timing } from "./stage.ts";

export interface SetUpOptions {
  /** The repository. */
  project: string;
  timing: Timing;
  report: (line: string) => void;
  signal: AbortSignal;
  /** Called when the plant itself fails: what is measured from then on says nothing about the plan. */
  stop: (error: FailoverError) => void;
}

/** How probes reach a local plant. */
export async function probeTarget(
  { plant }: LocalPlant,
  settings: Settings,
  { apiKey, perSecond }: Pick<ProbeTarget, "apiKey" | "perSecond">,
): Promise<ProbeTarget> {
  const { unbound, clients } = plant.addresses;
  return {
    host: clientNameOf(settings),
    port: settings.clientPort,
    path: "/v1/echo",
    dns: `${unbound.address}:${unbound.port}`,
    ca: await readFile(plant.exports.clientsAuthority, "utf8"),
    localAddress: clients,
    servers: ["api-main", "api-backup"],
    boundMs: 2000,
    perSecond,
    apiKey,
  };
}

/** A local plant with both stacks deployed. */
export interface SetUp {
  local: LocalPlant;
  plant: DrillPlant;
  workspace: Workspace;
  startProbes: () => Probes;
  startWorkload: () => Workload;
  close(): Promise<void>;
}

/** Where the committed stack files' own block has its clouds; a drill moves both to a block of its own. */
const committedBlock = 20;
const stackFile = "Pulumi.failover.yaml";
const committedPlant = {
  FAILOVER_PLANT: "local",
  CLOUDFLARE_BASE_URL: `http://127.${committedBlock}.0.10:8080`,
  ARM_METADATA_HOSTNAME: `127.${committedBlock}.0.11:8444`,
};

/** Reads the committed stack file as the program will see it on a local plant. */
export async function committedSettings(project: string): Promise<Settings> {
  const file = await readStackFile(join(project, stackFile));
  return readSettings({ stack: "failover", ...file, env: committedPlant });
}

/** The same of a copy that a drill may work on: of a local plant, also where the committed file describes a real one. */
export async function localSettings(project: string): Promise<Settings> {
  await readStackFile(join(project, stackFile));
  const { [stackFile]: text = "" } = await localStackFiles(project, committedBlock);
  return readSettings({ stack: "failover", ...parseStackFile(text, stackFile), env: committedPlant });
}

/** Everything a drill needs before the first fault. Nothing is left running when it throws. */
export async function setUp({ project, timing, report, signal, stop }: SetUpOptions): Promise<SetUp> {
  const settings = await localSettings(project);
  const onExit = ({ name }: { name: string }): void =>
    stop(
      new FailoverError("PLANT_FAILED", {
        problems: `${name} ended although nobody stopped it.`,
        fix: "npm run drill",
      }),
    );
  const { rule, ...shortened } = timing;
  const local = await openLocalPlant({ purpose: "drill", settings, ...shortened, report, onExit, signal });
  try {
    const folder = join(local.folder, "project");
    await copyProject(project, folder, local.plant.addresses.block);
    const workspace = workspaceOf(local, folder);
    const apiKey = await deployStacks(workspace, { local, signal, report });
    const plant = drillPlant(await plantHandle(local, { apiKey, settings, workspace, signal }));
    // Nobody asks for the name before it exists: a cache would keep that answer, too.
    await plant.refill(plant.clientName);
    const target = await probeTarget(local, settings, { apiKey, perSecond: 1000 / rule.periodMs });
    await untilServed(target, signal);
    return {
      local,
      plant,
      workspace,
      startProbes: () => new Probes(target),
      startWorkload: () => new Workload(target),
      close: () => local.close(),
    };
  } catch (error) {
    await local.close();
    throw error;
  }
}

/** Servers are well before they have their settings; a client is served once they do. */
async function untilServed(target: ProbeTarget, signal: AbortSignal): Promise<void> {
  const probe = new Probe(target, "fresh");
  let last: Sample | undefined;
  const isServed = async () => (last = await probe.sample(monotonicMs(), monotonicMs)).good;
  const served = await waitUntil(isServed, { deadlineMs: 30_000, signal });
  probe.close();
  if (served) return;
  throw new FailoverError("PLANT_FAILED", {
    problems: `both stacks are deployed, and no client is served: ${last?.failure}`,
    fix: "npm run drill",
  });
}

/** A folder with the project in it, and the run's own `pulumi`. */
export function workspaceOf(local: LocalPlant, folder: string): Workspace {
  return { folder, pulumi: join(local.folder, "bin", "pulumi"), env: { ...local.env, ...local.mark } };
}

interface Deployment {
  local: LocalPlant;
  signal: AbortSignal;
  report: (line: string) => void;
}

/**
 * From nothing, in the order of a first set-up: primary, `failover sync`, failover, the database's users and tables.
 * @returns the key of a customer
 */
export async function deployStacks(
  workspace: Workspace,
  { local, signal, report }: Deployment,
): Promise<string> {
  for (const stack of ["primary", "failover"]) await initStack(workspace, stack);
  const deploy = async (stack: string): Promise<void> => {
    const startedAt = performance.now();
    await up(workspace, { stack, deadlineSeconds: 180, signal });
    report(`stack ${stack} is deployed (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  };
  await deploy("primary");
  const changes = await syncEndpoints(workspace);
  for (const { path, to } of changes) report(`sync: ${path} → ${to}`);
  await deploy("failover");
  const apiKey = await prepareDatabase(local.plant.sql, workspace);
  await local.plant.serversServe();
  return apiKey;
}
