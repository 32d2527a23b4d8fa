import { ArmError, armError } from "../arm-error.ts";
import type { Change, Cloud, Rules, Subject } from "../cloud.ts";
import { listAt, objectAt, textAt, valuesAt, type Document } from "../document.ts";
import { regionOf, type Resource } from "../resource.ts";

/** Codes: Microsoft.Sql 2023-08-01, FailoverGroups_CreateOrUpdate and FailoverGroups_Failover. */
function refused(code: string, message: string, status = 400): ArmError {
  return new ArmError(status, code, message);
}

export const failoverGroup: Rules = {
  accept(change) {
    const { old, kept } = change;
    Object.assign(kept, old?.kept);
    if (kept.role === "Secondary") throw onSecondary(change.id);
    checkPolicy(change);
    const partner = partnerOf(change);
    checkReadOnlyEndpoint(change);
    for (const id of databaseIds(change.document)) checkDatabase(id, change);
    kept.role = "Primary";
    kept.partnerKey = partner.key;
  },
  carryOut: async (group, { cloud }) => seed(group, cloud),
  outputs({ kept, parentKey, document }, { store }) {
    const role = kept.role === "Secondary" ? "Secondary" : "Primary";
    const partner = store.get(String(kept.partnerKey));
    const other = role === "Primary" ? "Secondary" : "Primary";
    return {
      databases: databaseIds(document).map((id) => movedTo(id, store.get(parentKey ?? "")?.id ?? "")),
      partnerServers: partner
        ? [{ id: partner.id, location: regionOf(partner), replicationRole: other }]
        : [],
      replicationRole: role,
      replicationState: "CATCH_UP",
    };
  },
  removable({ resource }) {
    if (resource.kept.role === "Secondary") throw onSecondary(resource.id);
  },
  async clear(group, cloud) {
    // The secondary databases stay, as on Azure; only the group is gone, on both servers.
    const twin = twinOf(group, cloud);
    for (const side of [group, twin]) if (side) markDatabases(side, cloud, undefined);
    if (twin) cloud.store.remove(twin.key);
  },
  actions: {
    failover: (subject) => swap(subject),
    forcefailoverallowdataloss: (subject) => swap(subject),
  },
};

function onSecondary(id: string): ArmError {
  return refused(
    "FailoverGroupUpdateOrDeleteRequestOnSecondary",
    `Operation on failover group ${id} is only allowed on the primary server.`,
  );
}

function checkPolicy({ document }: Change): void {
  const endpoint = objectAt(document.properties, "readWriteEndpoint");
  const policy = textAt(endpoint, "failoverPolicy");
  const grace = endpoint.failoverWithDataLossGracePeriodMinutes;
  const valid =
    policy === "Manual"
      ? grace === undefined
      : policy === "Automatic" && typeof grace === "number" && grace >= 60;
  if (valid) return;
  throw refused(
    "InvalidFailoverGroupGracePeriod",
    "failoverWithDataLossGracePeriodMinutes must be 60 or more with the policy Automatic, and must not be given with Manual.",
  );
}

function partnerOf({ document, parent, cloud }: Change): Resource {
  const partners = listAt(document.properties, "partnerServers");
  if (partners.length !== 1) throw armError("invalidParameter", { parameter: "partnerServers" });
  const id = textAt(partners[0], "id") ?? "";
  const partner = cloud.store.get(id);
  if (!partner) throw refused("ServerNotInSubscriptionResourceGroup", `Server ${id} does not exist.`, 404);
  if (parent && regionOf(partner) === regionOf(parent)) {
    throw refused(
      "FailoverGroupPartnerServerFromSameRegion",
      "The partner server must be in another region.",
    );
  }
  return partner;
}

/** github.com/Azure/bicep-types-az/issues/2153: an update needs what a create does not. */
function checkReadOnlyEndpoint({ document, old }: Change): void {
  if (!old || textAt(document.properties, "readOnlyEndpoint", "targetServer") !== undefined) return;
  throw refused(
    "FailoverGroupCreateOrUpdateRequestInvalidReadOnlyEndpointTargetServer",
    "The read-only endpoint's target server is invalid.",
  );
}

function checkDatabase(id: string, { parent, cloud, key }: Change): void {
  const database = cloud.store.get(id);
  if (!database || database.parentKey !== parent?.key) {
    throw refused("InvalidFailoverGroupDatabase", `Database ${id} does not exist on server ${parent?.name}.`);
  }
  const group = database.kept.failoverGroupId;
  if (typeof group !== "string" || group.toLowerCase() === key) return;
  throw refused("DatabaseAlreadyInFailoverGroup", `Database ${database.name} is in failover group ${group}.`);
}

function databaseIds(document: Document): string[] {
  return valuesAt(document, "properties.databases[]").filter((id) => typeof id === "string");
}

function movedTo(databaseId: string, serverId: string): string {
  return `${serverId}/databases/${databaseId.split("/").at(-1)}`;
}

function twinOf(group: Resource, { store }: Cloud): Resource | undefined {
  return store.get(`${String(group.kept.partnerKey)}/failovergroups/${group.name}`);
}

/** The same group on the partner, and a readable copy there of each database that has none. */
function seed(group: Resource, cloud: Cloud): void {
  const { store } = cloud;
  const partner = store.get(String(group.kept.partnerKey));
  if (!partner) return;
  const twin = twinOf(group, cloud);
  const id = `${partner.id}/failoverGroups/${group.name}`;
  const kept = { role: "Secondary", partnerKey: group.parentKey };
  store.put({
    ...group,
    ...placeOf(partner, id),
    state: "Succeeded",
    createdAt: twin?.createdAt ?? group.createdAt,
    kept,
  });
  for (const databaseId of databaseIds(group.document)) {
    const database = store.get(databaseId);
    const copyId = movedTo(databaseId, partner.id);
    if (!database || store.get(copyId)) continue;
    const document = { ...structuredClone(database.document), location: regionOf(partner) };
    const copyKept = { role: "Secondary", createMode: "Secondary", twinKey: database.key };
    store.put({
      ...database,
      ...placeOf(partner, copyId),
      document,
      state: "Succeeded",
      createdAt: new Date().toISOString(),
      kept: copyKept,
    });
  }
  for (const side of [group, store.get(id)]) if (side) markDatabases(side, cloud, side.id);
}

function placeOf(partner: Resource, id: string): Pick<Resource, "id" | "key" | "parentKey" | "groupKey"> {
  return { id, key: id.toLowerCase(), parentKey: partner.key, groupKey: partner.groupKey };
}

function markDatabases(group: Resource, { store }: Cloud, failoverGroupId: string | undefined): void {
  for (const id of databaseIds(group.document)) {
    const database = store.get(movedTo(id, group.parentKey ?? ""));
    if (database) database.kept.failoverGroupId = failoverGroupId;
  }
}

/** Planned or forced, it has to be asked of the side that is to become primary. Both sides change roles at once. */
function swap({ resource, cloud }: Subject): () => Promise<void> {
  if (resource.kept.role !== "Secondary") {
    throw refused(
      "FailoverGroupFailoverRequestOnPrimary",
      `Failover of group ${resource.id} cannot be initiated on the primary server.`,
    );
  }
  return async () => {
    const sides = [resource, twinOf(resource, cloud)].filter((side) => side !== undefined);
    for (const side of sides) {
      side.kept.role = side.kept.role === "Secondary" ? "Primary" : "Secondary";
      for (const id of databaseIds(side.document)) {
        const database = cloud.store.get(movedTo(id, side.parentKey ?? ""));
        if (database) database.kept.role = side.kept.role;
      }
    }
  };
}
