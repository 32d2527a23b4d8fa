/** The value of the key `failover`: what the hosts of the plant are to use. */
export interface Settings {
  /** Short hash of the rest. */
  version: string;
  /** Which API servers the load balancers may use. */
  api: "both" | "main" | "backup";
  database: { server: string; name: string };
  storage: {
    account: string;
    queue: string;
    /** Accounts whose queues workers drain too: what a dead region held is done after it is back. */
    others: string[];
  };
}

const apiValues: readonly unknown[] = ["both", "main", "backup"];

/**
 * The settings in a text, without what a newer program may have added.
 * @throws Error that names the first key which is not as it must be
 */
export function parseSettings(text: string): Settings {
  const { version, api, database, storage } = objectOf(JSON.parse(text), "the value");
  if (!apiValues.includes(api)) throw new Error(`api is ${JSON.stringify(api)}`);
  return {
    version: textOf(version, "version"),
    api: api as Settings["api"],
    database: textsOf(database, "database", ["server", "name"]),
    storage: {
      ...textsOf(storage, "storage", ["account", "queue"]),
      others: listOf(objectOf(storage, "storage")["others"], "storage.others"),
    },
  };
}

function textsOf<K extends string>(value: unknown, where: string, keys: readonly K[]): Record<K, string> {
  const object = objectOf(value, where);
  const entries = keys.map((key) => [key, textOf(object[key], `${where}.${key}`)]);
  return Object.fromEntries(entries) as Record<K, string>;
}

function listOf(value: unknown, where: string): string[] {
  if (!Array.isArray(value)) throw new Error(`${where} is ${JSON.stringify(value)}`);
  return value.map((item, index) => textOf(item, `${where}[${index}]`));
}

function objectOf(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new Error(`${where} is ${JSON.stringify(value)}`);
}

function textOf(value: unknown, where: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new Error(`${where} is ${JSON.stringify(value)}`);
}
