import { Database } from "@pulumi/azure-native/sql/database.js";
import { FailoverGroup } from "@pulumi/azure-native/sql/failoverGroup.js";
import { FirewallRule } from "@pulumi/azure-native/sql/firewallRule.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  type Resource,
} from "@pulumi/pulumi";
import { armId, databaseName, namesOf, restoredDatabaseName } from "../names.ts";
import { Promotion } from "./promotion.ts";
import { databaseFrozen, databaseSku, sqlServer, type SqlServerArgs, stateful } from "./sql-server.ts";
import type { Axes } from "../topologies.ts";

export interface SecondaryDatabaseArgs extends SqlServerArgs {
  prefix: string;
  subscription: string;
  primaryLocation: string;
  database: Axes["database"];
  /** Points in time, UTC, oldest entry first; each is a database for ever. */
  restores: readonly { at: string }[];
  /** The database that restores are taken from. */
  liveDatabase: string;
  /** UTC time; a forced promotion may lose what was committed after it (promotion/accepted-loss.ts). */
  acceptedLoss?: string;
  /** Addresses of the other region's machines, by name: connections to a server out of their region. */
  admitted: { primary: Record<string, Input<string>>; secondary: Record<string, Input<string>> };
}

/** The names that do not change whichever region is in charge. */
interface PrimarySide {
  group: string;
  server: string;
  serverId: string;
  databaseId(name: string): string;
}

/**
 * What the plan falls back on for the database: a server in the secondary region with a replica that the
 * failover group keeps, and databases restored on the primary server.
 */
export class SecondaryDatabase extends ComponentResource {
  /** What must have happened before hosts are told to use the database. */
  readonly ready: Resource[];
  /** What the last promotion said, the loss that it expected too. */
  readonly promoted: Output<string>;

  constructor(name: string, args: SecondaryDatabaseArgs, opts?: ComponentResourceOptions) {
    super("failover-stacks:database:SecondaryDatabase", name, {}, opts);
    const primary = primarySideOf(args);
    const server = sqlServer("sql-secondary", args, this);
    this.admit(args, primary, server.name);
    const group = this.group(args, primary, server.id);
    const promotion = new Promotion(
      "promotion",
      {
        failoverGroup: namesOf(args.prefix).failoverGroup,
        database: databaseName,
        servers: { primary: primary.serverId, secondary: secondaryServerId(args) },
        target: args.database === "secondary" ? "secondary" : "primary",
        ...(args.acceptedLoss !== undefined && { acceptedLoss: args.acceptedLoss }),
      },
      { parent: this, dependsOn: group },
    );
    const { command } = promotion;
    const restored = args.restores.map(({ at }) => this.restore(at, { ...args, primary, after: command }));
    this.ready = [command, ...restored];
    this.promoted = command.stdout;
    this.registerOutputs();
  }

  /** A server admits subnets of its own region only; machines of the other one come from their addresses. */
  private admit({ place, admitted }: SecondaryDatabaseArgs, primary: PrimarySide, secondary: Input<string>) {
    const servers = {
      primary: { resourceGroupName: primary.group, serverName: primary.server },
      secondary: { resourceGroupName: place.resourceGroupName, serverName: secondary },
    };
    for (const side of ["primary", "secondary"] as const) {
      for (const [name, address] of Object.entries(admitted[side])) {
        const rule = {
          ...servers[side],
          firewallRuleName: name,
          startIpAddress: address,
          endIpAddress: address,
        };
        new FirewallRule(`sql-${side}-${name}`, rule, { parent: this });
      }
    }
  }

  /**
   * Made once, then frozen: after a promotion Azure refuses every write to the group on what was the
   * primary server (FailoverGroupUpdateOrDeleteRequestOnSecondary), and each later run would fail.
   * The policy is manual: who decides is the plan's administrator.
   */
  private group(
    { prefix }: SecondaryDatabaseArgs,
    primary: PrimarySide,
    partnerId: Input<string>,
  ): FailoverGroup {
    return new FailoverGroup(
      "failover-group",
      {
        resourceGroupName: primary.group,
        serverName: primary.server,
        failoverGroupName: namesOf(prefix).failoverGroup,
        partnerServers: [{ id: partnerId }],
        readWriteEndpoint: { failoverPolicy: "Manual" },
        readOnlyEndpoint: { failoverPolicy: "Disabled", targetServer: partnerId },
        databases: [primary.databaseId(databaseName)],
      },
      { parent: this, ...stateful, ignoreChanges: groupInputs },
    );
  }

  /** On the server of its source, while that has the primary role: a point in time can be restored nowhere else. */
  private restore(
    at: string,
    { primary, after, ...args }: SecondaryDatabaseArgs & { primary: PrimarySide; after: Resource },
  ): Database {
    const name = restoredDatabaseName(at);
    return new Database(
      name,
      {
        resourceGroupName: primary.group,
        serverName: primary.server,
        location: args.primaryLocation,
        tags: args.place.tags,
        databaseName: name,
        createMode: "PointInTimeRestore",
        sourceDatabaseId: primary.databaseId(args.liveDatabase),
        restorePointInTime: at,
        sku: databaseSku,
        requestedBackupStorageRedundancy: "Geo",
      },
      {
        parent: this,
        ...stateful,
        ignoreChanges: databaseFrozen,
        dependsOn: after,
        customTimeouts: restoreTimeouts,
      },
    );
  }
}

/** A restore takes up to twelve hours, most of them; the provider's own patience ends after two. */
const restoreTimeouts = { create: "24h", update: "24h" };

const groupInputs = [
  "databases",
  "failoverGroupName",
  "partnerServers",
  "readOnlyEndpoint",
  "readWriteEndpoint",
  "resourceGroupName",
  "secondaryType",
  "serverName",
  "tags",
];

const servers = "Microsoft.Sql/servers";

function primarySideOf({ prefix, subscription }: SecondaryDatabaseArgs): PrimarySide {
  const names = namesOf(prefix);
  const group = names.resourceGroups.primary;
  const server = names.sqlServers.primary;
  const place = { subscription, group };
  return {
    group,
    server,
    serverId: armId({ ...place, type: servers, names: [server] }),
    databaseId: (name) => armId({ ...place, type: `${servers}/databases`, names: [server, name] }),
  };
}

function secondaryServerId({ prefix, subscription }: SecondaryDatabaseArgs): string {
  const { resourceGroups, sqlServers } = namesOf(prefix);
  return armId({
    subscription,
    group: resourceGroups.secondary,
    type: servers,
    names: [sqlServers.secondary],
  });
}
