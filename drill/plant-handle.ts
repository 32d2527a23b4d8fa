import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setConfig, up, type Workspace } from "../engine/pulumi.ts";
import { clientNameOf, type Settings } from "../infra/config.ts";
import { FailoverError } from "../infra/errors.ts";
import { adminUsername, namesOf, serverNames } from "../infra/names.ts";
import type { LocalPlant } from "../local/local-plant.ts";
import { blobPort, sqlPort } from "../local/plant/data-hosts.ts";
import type { PlantHandle } from "./drill-plant.ts";
import type { Side } from "./faults/fault.ts";

interface Access {
  /** Of a customer. */
  apiKey: string;
  settings: Settings;
  workspace: Workspace;
  signal: AbortSignal;
}

/** What a drill may do to a running local plant, and how it gets at it. */
export async function plantHandle(
  { plant }: LocalPlant,
  { apiKey, settings, workspace, signal }: Access,
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
      apiKey,
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
    ...dataPlane(plant, settings),
    ssh: await sshAccess(plant),
    rollOut: (key, value) => rollOut(workspace, { key, value, signal }),
  };
}

const workerUnit = "failover-worker.service";

/** What stands behind the names in Azure, past the network that clients come through. */
function dataPlane(
  plant: LocalPlant["plant"],
  { prefix }: Settings,
): Pick<PlantHandle, "sql" | "storage" | "storageAccounts" | "workers"> {
  const { sql, storage, machines } = plant;
  const { data } = plant.addresses;
  const pool = (side: Side) => machines.named(`workers-${side}-`);
  const each = async (side: Side, act: (machine: string) => Promise<void>): Promise<void> =>
    void (await Promise.all(pool(side).map(({ spec }) => act(spec.name))));
  return {
    storageAccounts: namesOf(prefix).storageAccounts,
    sql: {
      addressOf: (side) => ({ address: data.sql[side].address, port: sqlPort }),
      setServer: (side, state) => sql.setServer(side, state),
      setLinkLatency: (ms) => sql.setLinkLatency(ms),
      query: (at, text, parameters) => sql.query(at, text, parameters),
      primarySideOf: (database) => sql.primarySideOf(database),
      replicationLag: (database) => sql.replicationLag(database),
    },
    storage: {
      addressOf: (side) => ({ address: data.storage[side].address, port: blobPort }),
      setRegion: (side, state) => storage.setRegion(side, state),
      messageCount: (account, queue) => storage.messageCount(account, queue),
      blobs: (account, container, since) => storage.blobs(account, container, since),
    },
    workers: {
      count: (side) => ({
        all: pool(side).length,
        running: pool(side).filter(({ services }) => services.stateOf(workerUnit) === "active").length,
      }),
      kill: (side) => each(side, (machine) => plant.killServer(machine)),
      start: (side) => each(side, (machine) => plant.startServer(machine)),
    },
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
