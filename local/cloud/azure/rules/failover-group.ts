import { ArmError, armError } from "../arm-error.ts";
import type { Change, Rules, Subject } from "../cloud.ts";
import { listAt, objectAt, textAt } from "../document.ts";
import { removeNames, sqlHostName } from "../host-names.ts";
import { regionOf, type Resource } from "../resource.ts";
import { databaseIds, linkState, markDatabases, movedTo, promotion, seed, twinOf } from "./replication.ts";

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
  async carryOut(group, { cloud, old }) {
    try {
      await seed(group, cloud);
    } catch (error) {
      // As on Azure, a group that could not be made is not there afterwards.
      if (!old) cloud.store.remove(group.key);
      throw error;
    }
  },
  observe: async (group, cloud) => ({ replicationState: await linkState(group, cloud) }),
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
    };
  },
  removable({ resource }) {
    if (resource.kept.role === "Secondary") throw onSecondary(resource.id);
  },
  async clear(group, cloud) {
    // The secondary databases stay, as on Azure; only the group is gone, on both servers.
    await removeNames(cloud.plant, [sqlHostName(group.name)]);
    const twin = twinOf(group, cloud);
    for (const side of [group, twin]) if (side) markDatabases(side, cloud, undefined);
    if (twin) cloud.store.remove(twin.key);
  },
  actions: {
    failover: (subject) => promote(subject, false),
    forcefailoverallowdataloss: (subject) => promote(subject, true),
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

/** Planned or forced, it has to be asked of the side that is to become primary. */
function promote({ resource, cloud }: Subject, forced: boolean): () => Promise<void> {
  if (resource.kept.role !== "Secondary") {
    throw refused(
      "FailoverGroupFailoverRequestOnPrimary",
      `Failover of group ${resource.id} cannot be initiated on the primary server.`,
    );
  }
  return () => promotion(resource, { forced, cloud });
}
