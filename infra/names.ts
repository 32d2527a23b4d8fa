import { createHash } from "node:crypto";

/** What a machine calls itself: osProfile.computerName, and the second half of its name in Azure. */
export type ComputerName = keyof typeof hostNumbers;

/** Last part of a machine's private address, which is static: rules and configurations hold it. */
export const hostNumbers = {
  "load-balancer-main": 11,
  "load-balancer-backup": 12,
  "api-main": 21,
  "api-backup": 22,
  monitor: 31,
} as const;

export const serverNames = ["load-balancer-main", "load-balancer-backup", "api-main", "api-backup"] as const;

export type ServerName = (typeof serverNames)[number];

/** Who the administrator of every machine is; the key behind it is in the folder of secrets. */
export const adminUsername = "failover";

export const databaseName = "saas";
export const queueName = "work";
export const containerNames = ["files"] as const;
export const settingsKey = "failover";

/** Every name in Azure, from one prefix: both stacks compute them, so that neither must ask the other. */
export function namesOf(prefix: string) {
  const storage = prefix.replaceAll("-", "");
  return {
    resourceGroups: { primary: `${prefix}-primary`, secondary: `${prefix}-secondary` },
    networks: { primary: `${prefix}-primary`, secondary: `${prefix}-secondary` },
    securityGroups: {
      servers: `${prefix}-servers`,
      workersPrimary: `${prefix}-workers-primary`,
      workersSecondary: `${prefix}-workers-secondary`,
      monitor: `${prefix}-monitor`,
    },
    natGateways: { primary: `${prefix}-workers-primary`, secondary: `${prefix}-workers-secondary` },
    scaleSets: { primary: `${prefix}-workers-primary`, secondary: `${prefix}-workers-secondary` },
    identities: {
      loadBalancers: `${prefix}-load-balancers`,
      apiServers: `${prefix}-api-servers`,
      workersPrimary: `${prefix}-workers-primary`,
      workersSecondary: `${prefix}-workers-secondary`,
    },
    settingsStore: `${prefix}-settings`,
    sqlServers: { primary: `${prefix}-sql-primary`, secondary: `${prefix}-sql-secondary` },
    failoverGroup: `${prefix}-sql`,
    storageAccounts: { primary: `${storage}store1`, secondary: `${storage}store2` },
  };
}

/** Name of a machine, its network interface and its public address. */
export function machineName(prefix: string, computerName: ComputerName): string {
  return `${prefix}-${computerName}`;
}

/** Private address of a machine in its /24: `10.0.1.0/24` and `api-main` to `10.0.1.21`. */
export function privateAddress(network: string, computerName: ComputerName): string {
  return `${network.split(".").slice(0, 3).join(".")}.${hostNumbers[computerName]}`;
}

/** `https://…` of the store that hosts pull the settings from. */
export function settingsEndpointOf(prefix: string): string {
  return `https://${namesOf(prefix).settingsStore}.azconfig.io`;
}

/** Host name of a SQL server, or of a failover group's read-write listener, which follows promotions. */
export function sqlHostName(serverOrGroup: string): string {
  return `${serverOrGroup}.database.windows.net`;
}

/**
 * Name of the database that a restore makes: `saas-20261124T231500Z`.
 * It never changes and is never reused, so an entry of `restores` stays the resource it once made.
 */
export function restoredDatabaseName(at: string): string {
  return `${databaseName}-${at.replaceAll(/[-:]|\.\d+/g, "")}`;
}

export interface ArmPlace {
  subscription: string;
  group: string;
  /** `Microsoft.Sql/servers/databases` */
  type: string;
  /** One name for each part of the type behind its namespace. */
  names: readonly string[];
}

/** The id that Azure Resource Manager gives a resource; it is a function of the names alone. */
export function armId({ subscription, group, type, names }: ArmPlace): string {
  const [namespace, ...parts] = type.split("/");
  const path = parts.map((part, index) => `${part}/${names[index]}`).join("/");
  return `/subscriptions/${subscription}/resourceGroups/${group}/providers/${namespace}/${path}`;
}

/**
 * A UUID that is the same for the same text, as the names of role assignments must be: a run that was
 * interrupted finds what it made. (RFC 9562, version 5, in a namespace of our own.)
 */
export function stableUuid(text: string): string {
  const hash = createHash("sha1").update(`failover-stacks/${text}`).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}
