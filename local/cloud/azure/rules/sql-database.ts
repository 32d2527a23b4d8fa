import { ArmError, armError } from "../arm-error.ts";
import type { Change, Cloud, Rules } from "../cloud.ts";
import { objectAt, textAt } from "../document.ts";
import { restoreSeconds } from "../durations.ts";
import { hashedId } from "../hashed-id.ts";
import type { DatabasePlace, SqlCall } from "../plant-protocol.ts";
import { pairedRegion, plainRegion } from "../regions.ts";
import { regionOf, type Resource } from "../resource.ts";
import { earliestRestore, latestRestore } from "./restore-window.ts";

/** x-ms errors of Microsoft.Sql 2023-08-01, Databases_CreateOrUpdate. */
function refused(code: string, message: string, status = 400): ArmError {
  return new ArmError(status, code, message);
}

const purchase = { name: "GP_Gen5", tier: "GeneralPurpose", family: "Gen5", capacity: 2 };

export const sqlDatabase: Rules = {
  accept(change) {
    const { document, old, kept, parent } = change;
    const mode = textAt(document.properties, "createMode") ?? "Default";
    if (parent && plainRegion(String(document.location)) !== regionOf(parent)) {
      throw refused(
        "MismatchedLocation",
        `The location of database ${change.name} must be that of its server.`,
      );
    }
    document.sku = { ...(old ? objectAt(old.document, "sku") : purchase), ...objectAt(document, "sku") };
    if (old?.kept.made === true) {
      Object.assign(kept, old.kept);
      if (mode !== "Default" && mode !== kept.createMode) {
        throw refused(
          "DatabaseAlreadyExists",
          `Database ${change.name} already exists. Choose a different database name.`,
          409,
        );
      }
      return;
    }
    const judge = modes[mode];
    if (!judge) throw armError("notServed", { call: `databases with createMode ${mode}` });
    kept.order = judge(change);
    kept.createMode = mode;
    kept.role ??= "Primary";
  },
  async carryOut(database, { cloud }) {
    if (database.kept.made === true) return;
    try {
      await cloud.plant.call(database.kept.order as SqlCall);
    } catch (error) {
      // As on Azure, a database that could not be made is not there afterwards.
      for (const { key } of [...cloud.store.below(database.key), database]) cloud.store.remove(key);
      throw error;
    }
    database.kept.made = true;
    if (database.kept.role === "Primary") database.kept.restorableFrom = new Date().toISOString();
  },
  async clear(database, cloud) {
    if (database.kept.made === true) await cloud.plant.call({ dropDatabase: placeOf(database, cloud) });
  },
  outputs(resource, cloud) {
    const { document, key, createdAt, kept } = resource;
    const sku = objectAt(document, "sku");
    return {
      status: resource.state === "Creating" ? "Restoring" : "Online",
      databaseId: hashedId("database", key, createdAt),
      creationDate: createdAt,
      earliestRestoreDate: earliestRestore(resource, cloud)?.toISOString(),
      collation: "SQL_Latin1_General_CP1_CI_AS",
      catalogCollation: "SQL_Latin1_General_CP1_CI_AS",
      maxSizeBytes: 34_359_738_368,
      zoneRedundant: false,
      readScale: "Disabled",
      requestedBackupStorageRedundancy: "Geo",
      ...document.properties,
      createMode: undefined,
      currentSku: sku,
      currentServiceObjectiveName: `${String(sku.name)}${typeof sku.capacity === "number" && sku.family ? `_${sku.capacity}` : ""}`,
      currentBackupStorageRedundancy:
        textAt(document.properties, "requestedBackupStorageRedundancy") ?? "Geo",
      defaultSecondaryLocation: pairedRegion(regionOf(resource) ?? ""),
      ...(typeof kept.failoverGroupId === "string" ? { failoverGroupId: kept.failoverGroupId } : {}),
      ...(kept.role === "Secondary" ? { secondaryType: "Geo" } : {}),
    };
  },
  envelope: ({ document }) => ({ kind: "v12.0,user,vcore", sku: objectAt(document, "sku") }),
  seconds({ old, document }) {
    const mode = textAt(document.properties, "createMode");
    return !old && mode === "PointInTimeRestore" ? restoreSeconds : undefined;
  },
};

/** Where a database is, in the plant's words. */
export function placeOf(
  { parentKey, name }: Pick<Resource, "parentKey" | "name">,
  { store }: Cloud,
): DatabasePlace {
  const server = store.get(parentKey ?? "");
  return { server: server?.name ?? "", region: (server && regionOf(server)) ?? "", database: name };
}

function newPlaceOf({ parent, name, cloud }: Change): DatabasePlace {
  return placeOf({ parentKey: parent?.key ?? null, name }, cloud);
}

/** What each create mode asks for, and what the plant is told: learn.microsoft.com/azure/azure-sql/database/recovery-using-backups and …/active-geo-replication-overview. */
const modes: Readonly<Record<string, (change: Change) => SqlCall>> = {
  Default: (change) => ({ createDatabase: newPlaceOf(change) }),
  Copy: copy,
  PointInTimeRestore: restoreToPoint,
  Secondary: replicate,
  OnlineSecondary: replicate,
  Recovery: recover,
};

function sourceOf({ document, cloud }: Change): Resource {
  const id = textAt(document.properties, "sourceDatabaseId");
  if (id === undefined) throw refused("MissingSourceDatabaseId", "Missing source database id.");
  if (!/\/servers\/[^/]+\/databases\/[^/]+$/i.test(id))
    throw refused("InvalidSourceDatabaseId", `Invalid source database id '${id}'.`);
  const source = cloud.store.get(id);
  if (!source || source.state === "Deleting")
    throw refused("SourceDatabaseNotFound", `The source database '${id}' does not exist.`);
  return source;
}

function restoreToPoint(change: Change): SqlCall {
  const point = textAt(change.document.properties, "restorePointInTime");
  if (point === undefined) throw refused("MissingRestorePointInTime", "Missing restore point in time.");
  const source = sourceOf(change);
  if (source.parentKey !== change.parent?.key) {
    throw refused(
      "InvalidSourceDatabaseId",
      "A point in time can be restored on the server of the source database only.",
    );
  }
  if (source.kept.role === "Secondary") {
    throw refused(
      "RestoreNotSupportedForGeoDrSecondary",
      "Restore is not supported for a geo-replication secondary.",
    );
  }
  const at = Date.parse(point);
  const earliest = earliestRestore(source, change.cloud);
  const latest = latestRestore(change.cloud);
  if (earliest && earliest.getTime() <= at && at <= latest.getTime()) {
    const restore = { ...newPlaceOf(change), source: source.name, at: new Date(at).toISOString() };
    return { restoreDatabase: restore };
  }
  throw refused(
    "InvalidPointInTime",
    `The specified point in time ${point} is invalid: the earliest is ${earliest?.toISOString() ?? "not there yet"}, the latest ${latest.toISOString()}.`,
  );
}

function replicate(change: Change): SqlCall {
  const source = sourceOf(change);
  if (source.parentKey === change.parent?.key) {
    throw refused(
      "ReplicationSourceAndTargetMustBeInDifferentServers",
      "Source and target of a replication must be on different servers.",
    );
  }
  if (source.name.toLowerCase() !== change.name.toLowerCase()) {
    throw refused(
      "ReplicationSourceAndTargetMustHaveSameName",
      "Source and target of a replication must have the same name.",
    );
  }
  change.kept.role = "Secondary";
  change.kept.twinKey = source.key;
  const { region: from } = placeOf(source, change.cloud);
  return { replicateDatabase: { ...newPlaceOf(change), from } };
}

/** Judged as Azure does, and not carried out: nobody here keeps copies of a database, or backups in another region. */
function copy(change: Change): never {
  sourceOf(change);
  throw armError("notServed", { call: "databases with createMode Copy" });
}

function recover(change: Change): never {
  const { properties } = change.document;
  const id = textAt(properties, "recoverableDatabaseId") ?? textAt(properties, "sourceDatabaseId");
  if (id === undefined) throw refused("MissingSourceDatabaseId", "Missing source database id.");
  const source = change.cloud.store.get(id.replace(/\/recoverableDatabases\//i, "/databases/"));
  if (!source) throw refused("SourceDatabaseNotFound", `The recoverable database '${id}' does not exist.`);
  const kept = textAt(source.document.properties, "requestedBackupStorageRedundancy") ?? "Geo";
  if (kept.startsWith("Geo")) throw armError("notServed", { call: "databases with createMode Recovery" });
  throw refused(
    "GeoRestoreBackupStorageTypeNotSupported",
    `Geo-restore needs geo-redundant backup storage; that of ${source.name} is ${kept}.`,
  );
}
