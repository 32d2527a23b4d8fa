import type { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import type { Resource } from "@pulumi/pulumi";
import type { Place } from "./components/place.ts";
import { grantRoles, storageRoles } from "./components/roles.ts";
import { storageCheck } from "./components/storage-check.ts";
import { Storage } from "./components/storage.ts";
import type { Settings } from "./config.ts";
import { armId, namesOf } from "./names.ts";
import type { Axes } from "./topologies.ts";

interface StorageParts {
  settings: Settings;
  place: Place;
  /** Identity of the secondary region's workers. */
  workers: UserAssignedIdentity;
}

/** Every role that any topology needs, on both accounts: none is assigned in a recovery. */
export function openStorage({ settings, place, workers }: StorageParts): Storage {
  const { prefix, subscription, endpoints } = settings;
  const { storageAccounts } = namesOf(prefix);
  const storage = new Storage("storage-secondary", { place, accountName: storageAccounts.secondary });
  const here = { name: "storage-secondary", id: storage.id };
  const there = { name: "storage-primary", id: storageAccountId(settings, "primary") };
  const apiServers = { name: "api-servers", principalId: endpoints.principals.apiServers };
  const primaryWorkers = { name: "workers-primary", principalId: endpoints.principals.workers };
  const ownWorkers = { name: "workers-secondary", principalId: workers.principalId };
  const grants = [
    { roles: storageRoles.apiServers, to: apiServers, on: here },
    { roles: storageRoles.workers, to: primaryWorkers, on: here },
    { roles: storageRoles.workers, to: ownWorkers, on: here },
    { roles: storageRoles.workers, to: ownWorkers, on: there },
  ];
  for (const grant of grants) grantRoles({ ...grant, subscription, prefix }, { parent: storage });
  return storage;
}

/** What the settings wait for: the account they are about to name, in the state and in Azure. */
export function checkStorage(settings: Settings, storage: Storage | undefined): Resource {
  const side = settings.axes.storage;
  const account = storageAccountId(settings, side);
  return storageCheck("storage-check", { account, side }, { dependsOn: storage?.ready ?? [] });
}

function storageAccountId({ prefix, subscription }: Settings, side: Axes["storage"]): string {
  const { resourceGroups, storageAccounts } = namesOf(prefix);
  return armId({
    subscription,
    group: resourceGroups[side],
    type: "Microsoft.Storage/storageAccounts",
    names: [storageAccounts[side]],
  });
}
