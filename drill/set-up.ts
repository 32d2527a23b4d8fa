import { Resolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { initStack, up, type Workspace } from "../engine/pulumi.ts";
import { readStackFile } from "../engine/stack-file.ts";
import { clientNameOf, readSettings, type Settings } from "../infra/config.ts";
import { FailoverError } from "../infra/errors.ts";
import { type LocalPlant, openLocalPlant } from "../local/local-plant.ts";
import type { ProbeTarget } from "../watch/probe.ts";
import { Probes } from "../watch/probes.ts";
import type { Host } from "./faults/fault.ts";
import { copyProject } from "./project-copy.ts";
import type { ApiRequest, DrillPlant, Timing } from "./stage.ts";

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

/** A local plant with the failover stack deployed. */
export interface SetUp {
  local: LocalPlant;
  plant: DrillPlant;
  workspace: Workspace;
  startProbes: () => Probes;
  close(): Promise<void>;
}

/** The local cloud's API next to the committed endpoints; a drill moves both to a block of its own. */
const localApi = "http://127.20.0.10:8080";

/** Reads the committed stack file as the program will see it on a local plant. */
export async function committedSettings(project: string): Promise<Settings> {
  const file = await readStackFile(join(project, "Pulumi.failover.yaml"));
  const env = { FAILOVER_PLANT: "local", CLOUDFLARE_BASE_URL: localApi };
  return readSettings({ stack: "failover", ...file, env });
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
  const local = await openLocalPlant({
    purpose: "drill",
    settings,
    ttlDivisor: timing.ttlDivisor,
    report,
    onExit,
    signal,
  });
  try {
    const workspace = await deploy(project, { local, signal, report });
    const plant = await drillPlant(local, settings);
    // Nobody asks for the name before it exists: a cache would keep that answer, too.
    await plant.refill(plant.clientName);
    const target = await probeTarget(local, settings, 1000 / timing.rule.periodMs);
    return { local, plant, workspace, startProbes: () => new Probes(target), close: () => local.close() };
  } catch (error) {
    await local.close();
    throw error;
  }
}

async function deploy(
  project: string,
  { local, signal, report }: { local: LocalPlant; signal: AbortSignal; report: (line: string) => void },
): Promise<Workspace> {
  const folder = join(local.folder, "project");
  await copyProject(project, folder, local.endpoints);
  const workspace = {
    folder,
    pulumi: join(local.folder, "bin", "pulumi"),
    env: { ...local.env, ...local.mark },
  };
  const startedAt = performance.now();
  await initStack(workspace, "failover");
  await up(workspace, { stack: "failover", deadlineSeconds: 120, signal });
  report(`stack failover is deployed (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  return workspace;
}

async function drillPlant({ plant }: LocalPlant, settings: Settings): Promise<DrillPlant> {
  const ca = await readFile(plant.exports.clientsAuthority, "utf8");
  const clientName = clientNameOf(settings);
  const { unbound, hosts } = plant.addresses;
  const { controlUrl, controlToken, apiBaseUrl } = plant.cloud;
  const control = controlClient(controlUrl, controlToken);
  return {
    clientName,
    cloudflareApi: apiBaseUrl,
    reach: (host: Host) => ({
      address: hosts[host][0]?.address ?? "",
      port: settings.clientPort,
      servername: clientName,
      ca,
    }),
    setNic: (host, mode) => plant.setNic(host, mode),
    killServer: (host) => plant.killServer(host),
    startServer: (host) => plant.startServer(host),
    setCloudflareApi: async (mode) => {
      await control("PUT", "/-/cloudflare/fault", { mode });
    },
    async refill(name) {
      await plant.flushDns(name);
      const resolver = new Resolver({ timeout: 2000, tries: 2 });
      resolver.setServers([`${unbound.address}:${unbound.port}`]);
      const [first] = await resolver.resolve4(name, { ttl: true });
      return first?.ttl ?? 0;
    },
    async writesSince(monotonicMs) {
      const requests = (await control(
        "GET",
        `/-/cloudflare/requests?since=${monotonicMs}`,
      )) as LoggedRequest[];
      return requests.filter(({ method }) => method !== "GET").flatMap((request) => answered(request));
    },
  };
}

/** A line of the cloud's request log; times are monotonic milliseconds. */
interface LoggedRequest {
  method: string;
  path: string;
  status: number | null;
  atMs: number;
  answeredAtMs: number | null;
}

function answered({ method, path, status, atMs, answeredAtMs }: LoggedRequest): ApiRequest[] {
  if (status !== 200 || answeredAtMs === null) return [];
  return [{ method, path, status, answeredMs: answeredAtMs, durationMs: answeredAtMs - atMs }];
}

function controlClient(url: string, token: string) {
  return async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const headers = { "x-control-token": token, "content-type": "application/json" };
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
}
