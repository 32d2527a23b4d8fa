import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { initStack, setConfig, up, type Workspace } from "../engine/pulumi.ts";
import { readStackFile } from "../engine/stack-file.ts";
import { clientNameOf, readSettings, type Settings } from "../infra/config.ts";
import { FailoverError } from "../infra/errors.ts";
import { adminUsername, namesOf, serverNames } from "../infra/names.ts";
import { type LocalPlant, openLocalPlant } from "../local/local-plant.ts";
import { syncEndpoints } from "../recovery/sync.ts";
import type { ProbeTarget } from "../watch/probe.ts";
import { Probes } from "../watch/probes.ts";
import { drillPlant, type PlantHandle } from "./drill-plant.ts";
import { copyProject } from "./project-copy.ts";
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
  perSecond: number,
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
  };
}

/** A local plant with both stacks deployed. */
export interface SetUp {
  local: LocalPlant;
  plant: DrillPlant;
  workspace: Workspace;
  startProbes: () => Probes;
  close(): Promise<void>;
}

/** Where the committed stack files' own block has its clouds; a drill moves both to a block of its own. */
const committedPlant = {
  FAILOVER_PLANT: "local",
  CLOUDFLARE_BASE_URL: "http://127.20.0.10:8080",
  ARM_METADATA_HOSTNAME: "127.20.0.11:8444",
};

/** Reads the committed stack file as the program will see it on a local plant. */
export async function committedSettings(project: string): Promise<Settings> {
  const file = await readStackFile(join(project, "Pulumi.failover.yaml"));
  return readSettings({ stack: "failover", ...file, env: committedPlant });
}

/** Everything a drill needs before the first fault. Nothing is left running when it throws. */
export async function setUp({ project, timing, report, signal, stop }: SetUpOptions): Promise<SetUp> {
  const settings = await committedSettings(project);
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
    await deployStacks(workspace, { local, signal, report });
    const plant = drillPlant(await plantHandle(local, { settings, workspace, signal }));
    // Nobody asks for the name before it exists: a cache would keep that answer, too.
    await plant.refill(plant.clientName);
    const target = await probeTarget(local, settings, 1000 / rule.periodMs);
    return { local, plant, workspace, startProbes: () => new Probes(target), close: () => local.close() };
  } catch (error) {
    await local.close();
    throw error;
  }
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

/** From nothing, in the order of a first set-up: primary, `failover sync`, failover. */
export async function deployStacks(
  workspace: Workspace,
  { local, signal, report }: Deployment,
): Promise<void> {
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
  await local.plant.serversServe();
}

interface Access {
  settings: Settings;
  workspace: Workspace;
  signal: AbortSignal;
}

async function plantHandle(
  { plant }: LocalPlant,
  { settings, workspace, signal }: Access,
): Promise<PlantHandle> {
  const ca = await readFile(plant.exports.clientsAuthority, "utf8");
  const clientName = clientNameOf(settings);
  const { unbound, hosts, appConfiguration } = plant.addresses;
  const { controlUrl, controlToken, apiBaseUrl, arm } = plant.cloud;
  const group = namesOf(settings.prefix).resourceGroups.primary;
  // No machine has it; it is in the servers' network, from which Azure's default rules let everybody in.
  const neighbour = `127.${plant.addresses.block}.1.99`;
  return {
    clientName,
    reach: (host) => ({
      address: hosts[host][0]?.address ?? "",
      localAddress: neighbour,
      port: settings.clientPort,
      servername: clientName,
      ca,
    }),
    setNic: (host, mode) => plant.setNic(host, mode),
    killServer: (host) => plant.killServer(host),
    startServer: (host) => plant.startServer(host),
    flushDns: (name) => plant.flushDns(name),
    dns: `${unbound.address}:${unbound.port}`,
    control: { url: controlUrl, token: controlToken },
    cloudflareApi: apiBaseUrl,
    settingsStore: `https://${appConfiguration.address}:${appConfiguration.port}`,
    resourceManager: { ...arm, host: arm.metadataHost, ca },
    primary: {
      resourceGroup: `/subscriptions/${arm.subscriptionId}/resourcegroups/${group}`,
      location: settings.regions.primary,
    },
    ssh: await sshAccess(plant),
    rollOut: (key, value) => rollOut(workspace, { key, value, signal }),
  };
}

async function sshAccess({ addresses, secrets }: LocalPlant["plant"]): Promise<PlantHandle["ssh"]> {
  const secret = (file: string) => readFile(join(secrets, file), "utf8");
  const hostKeys = serverNames.map(async (name) => [name, await secret(`${name}.pub`)] as const);
  return {
    port: addresses.sshPort,
    user: adminUsername,
    privateKey: await secret("deploy-key"),
    hostKeys: Object.fromEntries(await Promise.all(hostKeys)),
  };
}

/** An ordinary change of the plant, as a pipeline would make it. */
async function rollOut(
  workspace: Workspace,
  { key, value, signal }: { key: string; value: string; signal: AbortSignal },
): Promise<string | null> {
  await setConfig(workspace, "primary", [key, value]);
  try {
    await up(workspace, { stack: "primary", deadlineSeconds: 120, signal });
    return null;
  } catch (error) {
    if (!(error instanceof FailoverError) || error.code !== "ENGINE_FAILED") throw error;
    return error.problems.join("; ");
  }
}
