import { setImmediate as turn } from "node:timers/promises";
import { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import { all, type Output, type Resource } from "@pulumi/pulumi";
import { Machine } from "./components/machine.ts";
import { Network } from "./components/network.ts";
import { openPlace, type Place } from "./components/place.ts";
import { SecondaryDatabase } from "./components/secondary-database.ts";
import { admitMonitor, type ServerRulesArgs } from "./components/server-rules.ts";
import { SettingsStore } from "./components/settings-store.ts";
import { openTraffic } from "./components/traffic.ts";
import { WorkerPool } from "./components/worker-pool.ts";
import { clientNameOf, databaseAdministratorOf, originAddress, type Settings } from "./config.ts";
import { checkStorage, openStorage } from "./failover-storage.ts";
import { hostSettingsOf, liveDatabaseOf } from "./host-settings.ts";
import { monitorCloudConfig } from "./hosts/index.ts";
import { namesOf, serverNames, settingsEndpointOf } from "./names.ts";

/**
 * The failover stack: everything a recovery changes, and the secondary region.
 * It reads nothing of the primary stack but configuration: names are computed, addresses committed.
 * Its outputs name the last complete switch, so they wait for everything that a switch moves: the engine takes all
 * outputs at once or, when anything was refused, none. What is live after half a switch is in the resources.
 */
export async function failoverStack(settings: Settings) {
  const { prefix, zone, host, aliases, regions, endpoints, axes } = settings;
  const names = namesOf(prefix);
  const serverRules = serverRulesOf(settings);
  // First of all, and the processor is given away after each part, so that the engine has what a switch of traffic
  // moves before it hears of the many resources that stay as they are.
  const { bypass, records } = openTraffic({
    serverRules,
    bypass: axes.bypass,
    records: { zone, host, aliases, origin: originAddress(endpoints, axes.origin), edge: axes.edge },
  });
  await turn();
  const place = openPlace("secondary", {
    resourceGroupName: names.resourceGroups.secondary,
    location: regions.secondary,
    tags: { plant: prefix, stack: "failover" },
  });
  const network = openNetwork(settings, place);
  const workers = new UserAssignedIdentity("workers-secondary", {
    ...place,
    resourceName: names.identities.workersSecondary,
  });
  const parts = { settings, place, network, workers };
  const database = openDatabase(parts);
  await turn();
  // The settings wait for what they are about to name. Any other switch of them does not wait for storage.
  const storage = axes.storage === "secondary" ? openStorage(parts) : undefined;
  const checked = checkStorage(settings, storage);
  const store = openStore(parts, [...database.ready, checked]);
  await turn();
  if (!storage) openStorage(parts);
  await turn();
  const pool = openWorkers(parts);
  openMonitor(parts, serverRules, bypass);
  const settled = all([records.settled, bypass.id, store.settled, pool.id]);
  return { ...outputsOf(settings, settled), promotion: database.promoted };
}

interface Parts {
  settings: Settings;
  place: Place;
  network: Network<"workers" | "monitor">;
  /** Identity of this region's workers: one of the other region could not be given to a new instance. */
  workers: UserAssignedIdentity;
}

function openNetwork(settings: Settings, place: Place): Parts["network"] {
  const { workers, monitor } = settings.network;
  const { networks, natGateways, securityGroups } = namesOf(settings.prefix);
  return new Network("secondary", {
    place,
    name: networks.secondary,
    natGateway: natGateways.secondary,
    subnets: {
      workers: { range: workers, securityGroup: securityGroups.workersSecondary, outbound: "gateway" },
      monitor: { range: monitor, securityGroup: securityGroups.monitor, outbound: "own address" },
    },
  });
}

/** The servers' security group is the primary stack's; these rules in it are moved by recoveries. */
function serverRulesOf({ prefix, network, clientPort }: Settings): ServerRulesArgs {
  const { resourceGroups, securityGroups } = namesOf(prefix);
  return {
    resourceGroupName: resourceGroups.primary,
    securityGroupName: securityGroups.servers,
    network: network.servers,
    clientPort,
  };
}

function openDatabase({ settings, place, network }: Parts): SecondaryDatabase {
  const { prefix, subscription, tenant, regions, axes, restores, acceptedLoss } = settings;
  const { apiServers, workers } = settings.endpoints;
  return new SecondaryDatabase("database", {
    place,
    prefix,
    subscription,
    tenant,
    serverName: namesOf(prefix).sqlServers.secondary,
    administrator: databaseAdministratorOf(settings),
    subnetIds: { workers: network.subnetIds.workers },
    primaryLocation: regions.primary,
    database: axes.database,
    restores,
    liveDatabase: liveDatabaseOf(settings),
    ...(acceptedLoss !== undefined && { acceptedLoss }),
    admitted: {
      primary: { "workers-secondary": network.egressAddress },
      secondary: {
        "api-main": apiServers.main.address,
        "api-backup": apiServers.backup.address,
        ...(workers && { "workers-primary": workers.address }),
      },
    },
  });
}

function openStore({ settings, place, workers }: Parts, after: Resource[]): SettingsStore {
  const { prefix, subscription, deployer, endpoints } = settings;
  const { principals } = endpoints;
  return new SettingsStore("settings", {
    place,
    prefix,
    subscription,
    deployer,
    storeName: namesOf(prefix).settingsStore,
    readers: {
      "load-balancers": principals.loadBalancers,
      "api-servers": principals.apiServers,
      "workers-primary": principals.workers,
      "workers-secondary": workers.principalId,
    },
    settings: hostSettingsOf(settings),
    after,
  });
}

function openWorkers({ settings, place, network, workers }: Parts): WorkerPool {
  const { prefix, axes, sshPublicKey } = settings;
  const counts = { "at-rest": settings.workers.atRest, scaled: settings.workers.scaled };
  return new WorkerPool("workers-secondary", {
    place,
    scaleSetName: namesOf(prefix).scaleSets.secondary,
    region: "secondary",
    subnetId: network.subnetIds.workers,
    identity: workers,
    settingsEndpoint: settings.settingsEndpoint ?? settingsEndpointOf(prefix),
    sshPublicKey,
    capacity: counts[axes.workers],
    autoscaled: false,
  });
}

/** In the secondary region: what watches the servers must not die with them. */
function openMonitor(
  { settings, place, network }: Parts,
  serverRules: ServerRulesArgs,
  bypass: Resource,
): void {
  const { prefix, zone, clientPort, sshPublicKey, endpoints } = settings;
  const cloudConfig = monitorCloudConfig({
    computerName: "monitor",
    clientPort,
    zoneName: zone.name,
    clientName: clientNameOf(settings),
    servers: serverNames.map((name) => ({ name, address: originAddress(endpoints, name) })),
  });
  const monitor = new Machine("monitor", {
    place,
    prefix,
    computerName: "monitor",
    subnetId: network.subnetIds.monitor,
    network: settings.network.monitor,
    zones: [],
    cloudConfig,
    sshPublicKey,
    replacedByContents: true,
    after: [],
  });
  admitMonitor(monitor.address, serverRules, { parent: monitor, dependsOn: bypass });
}

function outputsOf(settings: Settings, settled: Output<unknown>) {
  const { plant, zone, prefix, clientPort, axes } = settings;
  const live = <T>(value: T): Output<T> => settled.apply(() => value);
  return {
    plant,
    url: `https://${clientNameOf(settings)}:${clientPort}/`,
    zone: zone.name,
    settingsEndpoint: settings.settingsEndpoint ?? settingsEndpointOf(prefix),
    topology: live(settings.topology),
    ...Object.fromEntries(Object.entries(axes).map(([axis, value]) => [axis, live(value)])),
    databaseName: live(hostSettingsOf(settings).database.name),
  };
}
