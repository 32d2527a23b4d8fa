import type { Plant } from "./plant.ts";

/**
 * Seconds that clients may keep a name. Of a failover group's listener: learn.microsoft.com/azure/azure-sql/database/
 * failover-group-sql-db, read 2026-11. The others are assumed.
 */
const ttlSeconds = { server: 60, listener: 30, storage: 60 };

/** Of a server, or of a failover group's read-write listener. */
export function sqlHostName(serverOrGroup: string): string {
  return `${serverOrGroup.toLowerCase()}.database.windows.net`;
}

/** The services of an account that have a server in the plant. */
export function storageHostNames(account: string): string[] {
  return ["blob", "queue"].map((service) => `${account}.${service}.core.windows.net`);
}

interface SqlName {
  name: string;
  kind: "server" | "listener";
  region: string;
}

export async function setSqlName(plant: Plant, { name, kind, region }: SqlName): Promise<void> {
  const ttl = ttlSeconds[kind];
  await plant.call({ setName: { name: sqlHostName(name), region, service: "sql", ttlSeconds: ttl } });
}

export async function setStorageNames(plant: Plant, account: string, region: string): Promise<void> {
  const rest = { region, service: "storage", ttlSeconds: ttlSeconds.storage } as const;
  await Promise.all(storageHostNames(account).map((name) => plant.call({ setName: { name, ...rest } })));
}

export async function removeNames(plant: Plant, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => plant.call({ removeName: { name } })));
}
