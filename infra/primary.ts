import { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import { ApiServers } from "./components/api-servers.ts";
import { autoscale } from "./components/autoscale.ts";
import { Database } from "./components/database.ts";
import { LoadBalancers } from "./components/load-balancers.ts";
import { Network } from "./components/network.ts";
import { openPlace, type Place } from "./components/place.ts";
import { grantRoles, storageRoles } from "./components/roles.ts";
import { ServerRules } from "./components/server-rules.ts";
import type { ServersArgs } from "./components/servers.ts";
import { Storage } from "./components/storage.ts";
import { WorkerPool } from "./components/worker-pool.ts";
import { databaseAdministratorOf, type PrimarySettings } from "./config.ts";
import { namesOf, settingsEndpointOf } from "./names.ts";
import { zonesOf } from "./regions.ts";
import type { Secrets } from "./secrets.ts";

/**
 * The primary stack: the plant as it runs, touched by ordinary changes and by no recovery.
 * Its output `endpoints` is what the failover stack has to know of it; `failover sync` commits that.
 */
export function primaryStack(settings: PrimarySettings, secrets: Secrets) {
  const { prefix, regions, tenant } = settings;
  const names = namesOf(prefix);
  const place = openPlace("primary", {
    resourceGroupName: names.resourceGroups.primary,
    location: regions.primary,
    tags: { plant: prefix, stack: "primary" },
  });
  const network = openNetwork(settings, place);
  const identities = {
    loadBalancers: identity("load-balancers", names.identities.loadBalancers, place),
    apiServers: identity("api-servers", names.identities.apiServers, place),
    workers: identity("workers-primary", names.identities.workersPrimary, place),
  };
  const parts = { settings, secrets, place, network, identities };
  const servers = serversArgs(parts);
  const loadBalancers = new LoadBalancers("load-balancers", {
    healthPath: settings.healthPath,
    ...servers,
    identity: identities.loadBalancers,
  });
  const apiServers = new ApiServers("api-servers", { ...servers, identity: identities.apiServers });
  new Database("database", {
    place,
    serverName: names.sqlServers.primary,
    tenant,
    administrator: databaseAdministratorOf(settings),
    subnetIds: network.subnetIds,
  });
  workersAndStorage(parts);
  return {
    plant: settings.plant,
    endpoints: endpointsOf({ loadBalancers, apiServers, network, identities }),
  };
}

interface Parts {
  settings: PrimarySettings;
  secrets: Secrets;
  place: Place;
  network: Network<"servers" | "workers">;
  identities: Record<"loadBalancers" | "apiServers" | "workers", UserAssignedIdentity>;
}

function openNetwork(settings: PrimarySettings, place: Place): Network<"servers" | "workers"> {
  const { servers, workers } = settings.network;
  const names = namesOf(settings.prefix);
  const network = new Network("primary", {
    place,
    name: names.networks.primary,
    natGateway: names.natGateways.primary,
    subnets: {
      servers: { range: servers, securityGroup: names.securityGroups.servers, outbound: "own address" },
      workers: { range: workers, securityGroup: names.securityGroups.workersPrimary, outbound: "gateway" },
    },
  });
  new ServerRules("servers", {
    resourceGroupName: place.resourceGroupName,
    securityGroupName: network.securityGroupNames.servers,
    network: servers,
    edgeRanges: settings.edgeRanges,
    adminRanges: settings.adminRanges,
    clientPort: settings.clientPort,
    sshPort: settings.sshPort,
  });
  return network;
}

function identity(name: string, resourceName: string, place: Place): UserAssignedIdentity {
  return new UserAssignedIdentity(name, { ...place, resourceName });
}

function serversArgs({ settings, secrets, place, network }: Parts): Omit<ServersArgs, "identity"> {
  const { prefix, clientPort, sshPort, edgeRanges } = settings;
  return {
    machine: {
      place,
      prefix,
      subnetId: network.subnetIds.servers,
      sshPublicKey: secrets.deployKey.publicKey,
    },
    network: settings.network.servers,
    zones: zonesOf(settings.regions.primary),
    told: {
      settingsEndpoint: settings.settingsEndpoint ?? settingsEndpointOf(prefix),
      clientPort,
      zoneName: settings.zone.name,
      edgeRanges,
      tls: secrets.tls,
    },
    secrets,
    access: { sshPort, deployKey: secrets.deployKey },
  };
}

function workersAndStorage({ settings, secrets, place, network, identities }: Parts): void {
  const { prefix, subscription, workers } = settings;
  const names = namesOf(prefix);
  const storage = new Storage("storage-primary", { place, accountName: names.storageAccounts.primary });
  const on = { name: "storage-primary", id: storage.id };
  const apiServers = { name: "api-servers", principalId: identities.apiServers.principalId };
  const ownWorkers = { name: "workers-primary", principalId: identities.workers.principalId };
  const grant = { subscription, prefix, on };
  grantRoles({ ...grant, roles: storageRoles.apiServers, to: apiServers }, { parent: storage });
  grantRoles({ ...grant, roles: storageRoles.workers, to: ownWorkers }, { parent: storage });
  const pool = new WorkerPool("workers-primary", {
    place,
    scaleSetName: names.scaleSets.primary,
    region: "primary",
    subnetId: network.subnetIds.workers,
    identity: identities.workers,
    settingsEndpoint: settings.settingsEndpoint ?? settingsEndpointOf(prefix),
    sshPublicKey: secrets.deployKey.publicKey,
    capacity: workers.count,
    autoscaled: true,
  });
  autoscale(
    "workers-primary",
    {
      place,
      settingName: names.scaleSets.primary,
      scaleSetId: pool.id,
      minimum: workers.count,
    },
    { parent: pool },
  );
}

/** In the shape of the failover stack's key `endpoints`. */
function endpointsOf({
  loadBalancers,
  apiServers,
  network,
  identities,
}: Pick<Parts, "network" | "identities"> & { loadBalancers: LoadBalancers; apiServers: ApiServers }) {
  return {
    loadBalancers: {
      main: { address: loadBalancers.addresses.main },
      backup: { address: loadBalancers.addresses.backup },
    },
    apiServers: {
      main: { address: apiServers.addresses.main },
      backup: { address: apiServers.addresses.backup },
    },
    workers: { address: network.egressAddress },
    principals: {
      loadBalancers: identities.loadBalancers.principalId,
      apiServers: identities.apiServers.principalId,
      workers: identities.workers.principalId,
    },
  };
}
