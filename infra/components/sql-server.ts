import { Server } from "@pulumi/azure-native/sql/server.js";
import { VirtualNetworkRule } from "@pulumi/azure-native/sql/virtualNetworkRule.js";
import type { ComponentResource, Input } from "@pulumi/pulumi";
import type { DatabaseAdministrator } from "../config.ts";
import type { Place } from "./place.ts";

export interface SqlServerArgs {
  place: Place;
  serverName: string;
  tenant: string;
  administrator: DatabaseAdministrator;
  /** Subnets of the server's own region that may connect; Azure takes none of another region. */
  subnetIds: Record<string, Input<string>>;
}

/** Two virtual cores; a replica has the same, or it could not take over. */
export const databaseSku = { name: "GP_Gen5", tier: "GeneralPurpose", family: "Gen5", capacity: 2 };

/**
 * Inputs that would make Azure delete a database and create another under its name.
 * The provider replaces for each of them, delete first, and the data are in what it deletes.
 */
export const databaseFrozen = [
  "createMode",
  "sourceDatabaseId",
  "restorePointInTime",
  "recoverableDatabaseId",
  "restorableDroppedDatabaseId",
  "sourceDatabaseDeletionDate",
  "longTermRetentionBackupResourceId",
  "sourceResourceId",
  "sampleName",
  "collation",
  "catalogCollation",
  "identity",
  "location",
];

/** What a stateful resource is protected by: neither a replacement nor its absence from the program deletes it. */
export const stateful = { protect: true, retainOnDelete: true };

/**
 * A server without a password: Entra ID alone says who may log in, so no secret of it exists anywhere.
 * Deleting a server deletes its databases and their backups.
 * https://learn.microsoft.com/azure/azure-sql/database/authentication-azure-ad-only-authentication
 */
export function sqlServer(name: string, args: SqlServerArgs, parent: ComponentResource): Server {
  const { place, serverName, tenant, administrator } = args;
  const server = new Server(
    name,
    {
      ...place,
      serverName,
      version: "12.0",
      minimalTlsVersion: "1.2",
      publicNetworkAccess: "Enabled",
      administrators: {
        administratorType: "ActiveDirectory",
        azureADOnlyAuthentication: true,
        principalType: administrator.type,
        login: administrator.login,
        sid: administrator.id,
        tenantId: tenant,
      },
    },
    { parent, ...stateful, ignoreChanges: ["administratorLogin", "administrators", "location"] },
  );
  const rules: VirtualNetworkRule[] = [];
  for (const [subnet, virtualNetworkSubnetId] of Object.entries(args.subnetIds)) {
    const rule = new VirtualNetworkRule(
      `${name}-${subnet}`,
      {
        resourceGroupName: place.resourceGroupName,
        serverName: server.name,
        virtualNetworkRuleName: subnet,
        virtualNetworkSubnetId,
      },
      // Each writes to its subnet, and so to the network: one at a time.
      { parent, dependsOn: rules.slice(-1) },
    );
    rules.push(rule);
  }
  return server;
}
