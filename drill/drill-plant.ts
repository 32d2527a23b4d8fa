import { Resolver } from "node:dns/promises";
import type { Written } from "../watch/journal.ts";
import type { Host, NicMode, Reach, SqlServers, StorageAccounts, WorkerPools } from "./faults/fault.ts";
import { callResourceManager, type ResourceManager } from "./resource-manager.ts";
import { runOverSsh } from "./ssh.ts";
import type { ApiRequest, DrillPlant } from "./stage.ts";

/** What a running local plant offers to a drill. */
export interface PlantHandle {
  clientName: string;
  reach: (host: Host) => Reach;
  setNic(host: Host, mode: NicMode): Promise<void>;
  killServer(host: Host): Promise<void>;
  startServer(host: Host): Promise<void>;
  flushDns(name: string): Promise<void>;
  /** `address:port` of the clients' cache. */
  dns: string;
  control: { url: string; token: string };
  cloudflareApi: string;
  settingsStore: string;
  resourceManager: ResourceManager;
  /** ARM path of the primary region's resource group, and where that region is. */
  primary: { resourceGroup: string; location: string };
  ssh: { port: number; user: string; privateKey: string; hostKeys: Record<string, string> };
  rollOut: DrillPlant["rollOut"];
  sql: SqlServers;
  storage: StorageAccounts;
  storageAccounts: DrillPlant["storageAccounts"];
  workers: WorkerPools;
}

/** Turns a running local plant into the one that faults and runs use. */
export function drillPlant(handle: PlantHandle): DrillPlant {
  const control = controlClient(handle.control);
  const set = async (path: string, body: object): Promise<void> => void (await control("PUT", path, body));
  const { primary, resourceManager } = handle;
  return {
    ...handle,
    setCloudflareApi: (mode) => set("/-/cloudflare/fault", { mode }),
    setSettingsStore: (mode) => set("/-/azure/app-configuration/fault", { mode }),
    setPrimaryWrites: (writes) => set("/-/azure/region", { location: primary.location, writes }),
    tryPrimaryWrite: () =>
      callResourceManager(resourceManager, {
        method: "PATCH",
        path: `${primary.resourceGroup}?api-version=2024-03-01`,
        body: {},
      }),
    ssh: (host, command) => ssh(handle, host, command),
    refill: (name) => refill(handle, name),
    backlog: (database) => backlog(handle, database),
    async writesSince(monotonicMs) {
      const logs = await Promise.all(
        ["cloudflare", "azure"].map((cloud) => control("GET", `/-/${cloud}/requests?since=${monotonicMs}`)),
      );
      return (logs.flat() as LoggedRequest[])
        .flatMap((request) => answered(request))
        .toSorted((x, y) => x.answeredMs - y.answeredMs);
    },
  };
}

/** The application's own book of it: a job leaves the outbox with its effect. */
async function backlog({ sql }: PlantHandle, database: string): Promise<number> {
  const at = { side: sql.primarySideOf(database), database };
  const [row] = await sql.query(at, "select count(*) as waiting from outbox");
  return Number(row?.["waiting"]);
}

function ssh({ reach, ssh: access }: PlantHandle, host: Host, command: string): Promise<string> {
  const { address, localAddress } = reach(host);
  const { port, user, privateKey, hostKeys } = access;
  return runOverSsh(
    { address, localAddress, port, user, privateKey, hostKey: hostKeys[host] ?? "" },
    command,
  );
}

async function refill(handle: PlantHandle, name: string): Promise<number> {
  await handle.flushDns(name);
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers([handle.dns]);
  const [first] = await resolver.resolve4(name, { ttl: true });
  return first?.ttl ?? 0;
}

/** A line of a cloud's request log; times are monotonic milliseconds. */
interface LoggedRequest {
  method: string;
  path: string;
  status: number | null;
  atMs: number;
  answeredAtMs: number | null;
}

const changing = new Set(["PUT", "PATCH", "POST", "DELETE"]);

/** What is written is told by the path: Cloudflare's and Resource Manager's do not overlap. */
const kinds: readonly (readonly [RegExp, Written])[] = [
  [/\/dns_records/, "record"],
  [/\/securityRules\//i, "security rule"],
  [/\/keyValues\//i, "settings"],
  [/\/failoverGroups\/[^/]+\/(failover|forceFailoverAllowDataLoss)\b/i, "promotion"],
  [/\/servers\/[^/]+\/databases\//i, "restore"],
  [/\/virtualMachineScaleSets\//i, "capacity"],
];

function answered({ method, path, status, atMs, answeredAtMs }: LoggedRequest): ApiRequest[] {
  const took = status !== null && status >= 200 && status < 300 && answeredAtMs !== null;
  if (!took || !changing.has(method) || /\/oauth2\//.test(path)) return [];
  const what = kinds.find(([pattern]) => pattern.test(path))?.[1] ?? "other";
  return [{ method, path, status, what, answeredMs: answeredAtMs, durationMs: answeredAtMs - atMs }];
}

function controlClient({ url, token }: PlantHandle["control"]) {
  return async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const headers = { "x-control-token": token, "content-type": "application/json" };
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
}
