import { mkdirSync } from "node:fs";
import { createRequire, Module } from "node:module";
import path from "node:path";

export interface AzuriteOptions {
  /** Everything is kept in it. */
  folder: string;
  address: string;
  ports: { blob: number; queue: number };
  /** PEM file: certificate and key. */
  certificate: string;
}

/** Keys in base64, by account; an account has one or two. */
export type AccountKeys = Record<string, string[]>;

export interface Azurite {
  /** From now on these accounts exist, and no other. */
  setAccounts(accounts: AccountKeys): void;
  /** Writes what is still in memory to the disk. */
  close(): Promise<void>;
}

/** What is used of Azurite's servers. The package publishes no types. */
interface Server {
  start(): Promise<void>;
  close(): Promise<void>;
  accountDataStore: { refresh(): void };
}

type Constructor = new (configuration?: unknown) => object;

/**
 * Azurite's blob and queue service, by its own classes: its command starts a table service as well, reads accounts once
 * a minute at best, and loads what it would report its use with; that is two thirds of its time and memory.
 * @throws Error when an address is taken
 */
export async function openAzurite(options: AzuriteOptions): Promise<Azurite> {
  const azurite = createRequire(import.meta.resolve("azurite"));
  leaveOut("applicationinsights", azurite);
  process.env[accountsVariable] = withoutAccounts;
  mkdirSync(options.folder, { recursive: true });
  const servers = (["blob", "queue"] as const).map((service) => createServer(service, options, azurite));
  await Promise.all(servers.map((server) => server.start()));
  return {
    setAccounts(accounts) {
      const entries = Object.entries(accounts).map(([account, keys]) => [account, ...keys].join(":"));
      process.env[accountsVariable] = entries.length > 0 ? entries.join(";") : withoutAccounts;
      servers.forEach(({ accountDataStore }) => accountDataStore.refresh());
    },
    async close() {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

const accountsVariable = "AZURITE_ACCOUNTS";
// Nothing at all would stand for the emulator's own account, whose key everybody knows.
const withoutAccounts = ";";

function createServer(service: "blob" | "queue", options: AzuriteOptions, azurite: NodeJS.Require): Server {
  const { folder, address, ports, certificate } = options;
  const load = (name: string) => (azurite(`./${service}/${name}.js`) as { default: Constructor }).default;
  const title = service === "blob" ? "Blob" : "Queue";
  const file = (name: string) => path.join(folder, `${service}-${name}`);
  const [Configuration, AzuriteServer] = [load(`${title}Configuration`), load(`${title}Server`)];
  const configuration = Object.assign(new Configuration(), {
    host: address,
    port: ports[service],
    metadataDBPath: file("metadata.json"),
    extentDBPath: file("extents.json"),
    persistencePathArray: [{ locationId: "Default", locationPath: file("data"), maxConcurrency: 50 }],
    cert: certificate,
    key: certificate,
    oauth: "basic",
    // Its list of versions ends where it was released; the official clients are newer.
    skipApiVersionCheck: true,
    enableAccessLog: false,
    enableDebugLog: false,
  });
  return new AzuriteServer(configuration) as Server;
}

/** Whoever asks for the package finds it loaded, and empty. */
function leaveOut(name: string, azurite: NodeJS.Require): void {
  const file = azurite.resolve(name);
  azurite.cache[file] ??= Object.assign(new Module(file), { exports: {}, loaded: true });
}
