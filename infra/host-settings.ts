import type { Settings } from "./config.ts";
import { databaseName, namesOf, queueName, restoredDatabaseName, sqlHostName } from "./names.ts";
import type { Axes } from "./topologies.ts";

/** What the hosts of the plant are to use; they pull it and act on it. */
export interface HostSettings {
  api: Axes["api"];
  database: { server: string; name: string };
  /** Workers drain the queues of the others, too. */
  storage: { account: string; queue: string; others: string[] };
}

/** Name of the database that `normal` means: the first one, or the one a restore was adopted as. */
export function liveDatabaseOf({ liveDatabase }: Pick<Settings, "liveDatabase">): string {
  return liveDatabase ?? databaseName;
}

/** The settings that a topology's axes stand for. */
export function hostSettingsOf(settings: Settings): HostSettings {
  return { api: settings.axes.api, database: databaseOf(settings), storage: storageOf(settings) };
}

/** The other region's account is always among the others: nobody needs to know when it holds something. */
function storageOf({ axes, prefix }: Settings): HostSettings["storage"] {
  const accounts = namesOf(prefix).storageAccounts;
  const account = accounts[axes.storage];
  return { account, queue: queueName, others: Object.values(accounts).filter((name) => name !== account) };
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
