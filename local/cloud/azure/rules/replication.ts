import { setTimeout as sleep } from "node:timers/promises";
import { ArmError } from "../arm-error.ts";
import type { Cloud } from "../cloud.ts";
import { valuesAt, type Document } from "../document.ts";
import { setSqlName } from "../host-names.ts";
import { PlantRefusal } from "../plant.ts";
import type { Promotion, ReplicationLag } from "../plant-protocol.ts";
import { regionOf, type Resource } from "../resource.ts";
import { placeOf } from "./sql-database.ts";

/** A failover group is two resources of one name, one on each server. */
export function twinOf(group: Resource, { store }: Cloud): Resource | undefined {
  return store.get(`${String(group.kept.partnerKey)}/failovergroups/${group.name}`);
}

export function databaseIds(document: Document): string[] {
  return valuesAt(document, "properties.databases[]").filter((id) => typeof id === "string");
}

export function movedTo(databaseId: string, serverId: string): string {
  return `${serverId}/databases/${nameIn(databaseId)}`;
}

function nameIn(databaseId: string): string {
  return databaseId.split("/").at(-1) ?? "";
}

/** The group's databases on its own server. */
function databasesOf(group: Resource, { store }: Cloud): Resource[] {
  const ids = databaseIds(group.document).map((id) => movedTo(id, group.parentKey ?? ""));
  return ids.flatMap((id) => store.get(id) ?? []);
}

export function markDatabases(group: Resource, cloud: Cloud, failoverGroupId: string | undefined): void {
  for (const database of databasesOf(group, cloud)) database.kept.failoverGroupId = failoverGroupId;
}

function regionOfServer(key: unknown, { store }: Cloud): string {
  const server = store.get(String(key));
  return (server && regionOf(server)) ?? "";
}

/** The same group on the partner, a replica there of each database that has none, and the listener's name. */
export async function seed(group: Resource, cloud: Cloud): Promise<void> {
  const { store } = cloud;
  const partner = store.get(String(group.kept.partnerKey));
  if (!partner) return;
  await Promise.all(databasesOf(group, cloud).map((database) => replicate(database, { partner, cloud })));
  const region = regionOfServer(group.parentKey, cloud);
  await setSqlName(cloud.plant, { name: group.name, kind: "listener", region });
  const id = `${partner.id}/failoverGroups/${group.name}`;
  const twin: Resource = {
    ...group,
    ...below(partner, id),
    state: "Succeeded",
    createdAt: twinOf(group, cloud)?.createdAt ?? group.createdAt,
    kept: { role: "Secondary", partnerKey: group.parentKey },
  };
  store.put(twin);
  for (const side of [group, twin]) markDatabases(side, cloud, side.id);
}

/** What has been replicated stays when another database cannot be: the next PUT goes on from there. */
async function replicate(
  database: Resource,
  { partner, cloud }: { partner: Resource; cloud: Cloud },
): Promise<void> {
  const { store, plant } = cloud;
  const id = movedTo(database.id, partner.id);
  if (store.get(id)) return;
  const copy: Resource = {
    ...database,
    ...below(partner, id),
    document: { ...structuredClone(database.document), location: regionOf(partner) },
    state: "Succeeded",
    createdAt: new Date().toISOString(),
    kept: { role: "Secondary", createMode: "Secondary", twinKey: database.key, made: true },
  };
  const { region: from } = placeOf(database, cloud);
  await plant.call({ replicateDatabase: { ...placeOf(copy, cloud), from } });
  store.put(copy);
}

function below(partner: Resource, id: string): Pick<Resource, "id" | "key" | "parentKey" | "groupKey"> {
  return { id, key: id.toLowerCase(), parentKey: partner.key, groupKey: partner.groupKey };
}

/** A replica that lacks more than the last seconds counts as cut off. How long Azure waits is not published. */
const silenceMs = 5000;
/** Who reads the group during an outage must not wait for what is out. */
const answerMs = 1000;

/** CATCH_UP while all replicas follow: the values are those of FailoverGroupReplicationState in Microsoft's SDKs. */
export async function linkState(group: Resource, { plant }: Cloud): Promise<"CATCH_UP" | "SUSPENDED"> {
  const follows = async (database: string) => {
    const asked = plant.call({ replicationLag: { database } }).catch(() => null);
    const late = sleep(answerMs, null, { ref: false });
    const lag = (await Promise.race([asked, late])) as ReplicationLag | null;
    return lag !== null && Date.now() - Date.parse(lag.asOf) + lag.seconds * 1000 < silenceMs;
  };
  const all = await Promise.all(databaseIds(group.document).map((id) => follows(nameIn(id))));
  return all.every(Boolean) ? "CATCH_UP" : "SUSPENDED";
}

/**
 * Both sides change roles when the plant has promoted the databases, and the listener's name follows.
 * @param group the side that is to become primary.
 * @throws ArmError with the plant's own code, and nothing has changed; InternalServerError when only the name stays.
 */
export async function promotion(
  group: Resource,
  { forced, cloud }: { forced: boolean; cloud: Cloud },
): Promise<void> {
  const from = regionOfServer(group.kept.partnerKey, cloud);
  const to = regionOfServer(group.parentKey, cloud);
  const databases = databasesOf(group, cloud).map(({ name }) => name);
  await carryOut({ databases, from, to, forced }, cloud);
  for (const side of [group, twinOf(group, cloud)]) if (side) changeRole(side, cloud);
  await moveListener(group.name, { to, cloud });
}

/** The roles have changed by then: what is written to the old primary's name would be refused until the name follows. */
const listenerMs = 5000;
const listenerPauseMs = 250;

async function moveListener(name: string, { to, cloud }: { to: string; cloud: Cloud }): Promise<void> {
  const endsAt = performance.now() + listenerMs;
  for (;;) {
    try {
      return await setSqlName(cloud.plant, { name, kind: "listener", region: to });
    } catch (error) {
      if (performance.now() >= endsAt) throw listenerStays(name, { to, error });
      await sleep(listenerPauseMs, undefined, { ref: false });
    }
  }
}

/** (a) */
function listenerStays(name: string, { to, error }: { to: string; error: unknown }): ArmError {
  const why = error instanceof Error ? error.message : String(error);
  const message = `The roles of failover group ${name} have changed, but its listener does not lead to ${to} yet: ${why}.`;
  return new ArmError(500, "InternalServerError", message);
}

/** Failures of a failover are 400 in the reference of FailoverGroups_Failover. */
async function carryOut(promote: Promotion, { plant, switches }: Cloud): Promise<void> {
  if (!promote.forced && switches.downRegions.includes(promote.from)) {
    throw new ArmError(
      400,
      "PlannedFailoverTimedOut",
      "User invoked planned failover, and it timed out while trying to contact the partner management service.",
    );
  }
  try {
    await plant.call({ promote });
  } catch (error) {
    throw error instanceof PlantRefusal ? new ArmError(400, error.code, error.message) : error;
  }
}

function changeRole(side: Resource, cloud: Cloud): void {
  const role = side.kept.role === "Secondary" ? "Primary" : "Secondary";
  side.kept.role = role;
  for (const { kept } of databasesOf(side, cloud)) {
    kept.role = role;
    // What was a replica has backups of its own from now on; what becomes one begins anew and has none.
    if (role === "Primary") kept.restorableFrom = new Date().toISOString();
    else delete kept.restorableFrom;
  }
}
