import type { Settings } from "./config.ts";
import { databaseName, namesOf, queueName, restoredDatabaseName, sqlHostName } from "./names.ts";
import type { Axes } from "./topologies.ts";

/** What the hosts of the plant are to use; they pull it and act on it. */
export interface HostSettings {
  api: Axes["api"];
  database: { server: string; name: string };
  storage: { account: string; queue: string };
}

/** Name of the database that `normal` means: the first one, or the one a restore was adopted as. */
export function liveDatabaseOf({ liveDatabase }: Pick<Settings, "liveDatabase">): string {
  return liveDatabase ?? databaseName;
}

/** The settings that a topology's axes stand for. */
export function hostSettingsOf(settings: Settings): HostSettings {
  const { axes, prefix } = settings;
  const account = namesOf(prefix).storageAccounts[axes.storage];
  return { api: axes.api, database: databaseOf(settings), storage: { account, queue: queueName } };
}

/**
 * The failover group's listener follows promotions, so it serves `live` and `secondary` alike. A restored
 * database is in no group and is asked for at the server it was restored on.
 */
function databaseOf(settings: Settings): HostSettings["database"] {
  const { axes, prefix, restores } = settings;
  const { failoverGroup, sqlServers } = namesOf(prefix);
  const newest = restores.at(-1);
  const restored = axes.database === "restored" && newest ? restoredDatabaseName(newest.at) : undefined;
  const name = restored ?? liveDatabaseOf(settings);
  return { server: sqlHostName(name === databaseName ? failoverGroup : sqlServers.primary), name };
}
