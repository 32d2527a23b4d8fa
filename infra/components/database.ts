import { BackupShortTermRetentionPolicy } from "@pulumi/azure-native/sql/backupShortTermRetentionPolicy.js";
import { Database as SqlDatabase } from "@pulumi/azure-native/sql/database.js";
import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";
import { databaseName } from "../names.ts";
import { databaseFrozen, databaseSku, sqlServer, type SqlServerArgs, stateful } from "./sql-server.ts";

/** The plan: "any point of time for the last 7 days". */
const retentionDays = 7;

/** The database of the primary region, with the backups that the plan restores from. */
export class Database extends ComponentResource {
  constructor(name: string, args: SqlServerArgs, opts?: ComponentResourceOptions) {
    super("failover-stacks:database:Database", name, {}, opts);
    const { resourceGroupName } = args.place;
    const server = sqlServer("sql-primary", args, this);
    const database = new SqlDatabase(
      "database",
      {
        ...args.place,
        serverName: server.name,
        databaseName,
        createMode: "Default",
        sku: databaseSku,
        maxSizeBytes: 32 * 1024 ** 3,
        // The plan: "geo-distributed storage for backup".
        requestedBackupStorageRedundancy: "Geo",
      },
      { parent: this, ...stateful, ignoreChanges: databaseFrozen },
    );
    new BackupShortTermRetentionPolicy(
      "database-retention",
      {
        resourceGroupName,
        serverName: server.name,
        databaseName: database.name,
        policyName: "default",
        retentionDays,
        diffBackupIntervalInHours: 12,
      },
      { parent: this },
    );
    this.registerOutputs();
  }
}
