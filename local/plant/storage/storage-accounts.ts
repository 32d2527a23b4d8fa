import { createHash } from "node:crypto";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { AzureRefusal } from "../azure-refusal.ts";
import type { SocketAddress } from "../addresses.ts";
import { blobPort, nicOf, queuePort, sides, socketOf } from "../data-hosts.ts";
import type { DataHosts, Side } from "../data-hosts.ts";
import type { Nic, NicMode } from "../nic.ts";
import { openChannel } from "../request-channel.ts";
import type { Ask } from "../request-channel.ts";
import type { ProcessSpec, Supervisor } from "../supervisor.ts";
import { StorageClients } from "./storage-clients.ts";
import type { StorageAnswer, StorageRequest, StorageSettings } from "./storage-protocol.ts";

export interface StorageOptions {
  supervisor: Supervisor;
  nic: Nic;
  node: string;
  hosts: DataHosts["storage"];
  /** Of the plant's run. */
  folder: string;
  /** PEM files: certificate and key of the servers, and the authority that signed it. */
  tls: { certificate: string; authority: string };
}

/**
 * - `cut`: the network swallows everything, open connections freeze; what is stored can still be counted from here.
 * - `frozen`: the servers themselves hang, for whoever asks.
 */
export type RegionState = "served" | "cut" | "frozen";

interface Account {
  side: Side;
  keys: string[];
  clients: StorageClients;
}

/** Storage accounts of both regions: an Azurite in each. */
export class StorageAccounts {
  readonly #options: StorageOptions;
  readonly #accounts = new Map<string, Account>();
  readonly #servers: Record<Side, Ask<StorageRequest, StorageAnswer>>;
  readonly #frozen = new Set<Side>();

  private constructor(options: StorageOptions, servers: Record<Side, Ask<StorageRequest, StorageAnswer>>) {
    this.#options = options;
    this.#servers = servers;
  }

  /** @throws PLANT_FAILED */
  static async start(options: StorageOptions): Promise<StorageAccounts> {
    const [primary, secondary] = await Promise.all(
      sides.map(async (side) => {
        const running = await options.supervisor.start(describeServer(side, options));
        return openChannel<StorageRequest, StorageAnswer>(running);
      }),
    );
    if (!primary || !secondary) throw new Error("a region has no storage");
    return new StorageAccounts(options, { primary, secondary });
  }

  addressOf(side: Side): SocketAddress {
    return socketOf(this.#options.hosts[side], queuePort);
  }

  async createAccount({
    account,
    side,
    keys,
  }: {
    account: string;
    side: Side;
    keys: string[];
  }): Promise<void> {
    const { hosts, tls } = this.#options;
    const [key = ""] = keys;
    const clients = new StorageClients({ account, key, shadow: hosts[side].shadow }, tls.authority);
    this.#accounts.set(account, { side, keys, clients });
    await this.#tell(side);
  }

  /** With everything in it. */
  async removeAccount(account: string): Promise<void> {
    const known = this.#accounts.get(account);
    if (!known) return;
    const { blobs, queues } = known.clients;
    for await (const { name } of queues.listQueues(within())) await queues.deleteQueue(name, within());
    for await (const { name } of blobs.listContainers(within())) await blobs.deleteContainer(name, within());
    this.#accounts.delete(account);
    await this.#tell(known.side);
  }

  async createQueue(account: string, queue: string): Promise<void> {
    await this.#queue(account, queue).createIfNotExists(within());
  }

  async removeQueue(account: string, queue: string): Promise<void> {
    await this.#queue(account, queue).deleteIfExists(within());
  }

  async createContainer(account: string, container: string): Promise<void> {
    await this.#container(account, container).createIfNotExists(within());
  }

  async removeContainer(account: string, container: string): Promise<void> {
    await this.#container(account, container).deleteIfExists(within());
  }

  /** Never by ending the servers: Azurite would lose messages that Azure keeps. */
  async setRegion(side: Side, state: RegionState): Promise<void> {
    const { nic, supervisor } = this.#options;
    const name = nicOf.storage(side);
    if (state === "frozen") {
      this.#frozen.add(side);
      supervisor.freeze(name);
    } else if (this.#frozen.delete(side)) supervisor.thaw(name);
    await nic.set(name, networkOf[state]);
  }

  /** Of all messages, also of those that somebody works on. @throws when the region is frozen */
  async messageCount(account: string, queue: string): Promise<number> {
    const { approximateMessagesCount } = await this.#queue(account, queue).getProperties(within());
    return approximateMessagesCount ?? 0;
  }

  /** `hash` is the SHA-256 of the content, in hex. @throws when the region is frozen */
  async blobs(
    account: string,
    container: string,
    since = new Date(0),
  ): Promise<{ name: string; hash: string }[]> {
    const client = this.#container(account, container);
    const found: { name: string; hash: string }[] = [];
    for await (const { segment } of client.listBlobsFlat(within()).byPage({ maxPageSize: 32 })) {
      // Azurite keeps whole seconds.
      const recent = segment.blobItems.filter(
        ({ properties }) => properties.lastModified.getTime() >= since.getTime() - 1000,
      );
      const page = recent.map(async ({ name }) => {
        const content = await client.getBlobClient(name).downloadToBuffer(0, undefined, within());
        return { name, hash: createHash("sha256").update(content).digest("hex") };
      });
      found.push(...(await Promise.all(page)));
    }
    return found;
  }

  async #tell(side: Side): Promise<void> {
    const own = [...this.#accounts].filter(([, account]) => account.side === side);
    await this.#servers[side]({ accounts: Object.fromEntries(own.map(([name, { keys }]) => [name, keys])) });
  }

  #queue(account: string, queue: string) {
    return this.#get(account).clients.queues.getQueueClient(queue);
  }

  #container(account: string, container: string) {
    return this.#get(account).clients.blobs.getContainerClient(container);
  }

  #get(account: string): Account {
    const known = this.#accounts.get(account);
    if (known) return known;
    throw new AzureRefusal("ResourceNotFound", `The storage account '${account}' was not found.`);
  }
}

const networkOf: Record<RegionState, NicMode> = { served: "pass", cut: "black-hole", frozen: "pass" };

const callDeadlineMs = 15_000;

/** The clients' own time-outs do not end a call that a hung server has taken. */
function within(): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(callDeadlineMs) };
}

function describeServer(side: Side, { node, hosts, folder, tls }: StorageOptions): ProcessSpec {
  const name = nicOf.storage(side);
  const settings: StorageSettings = {
    folder: path.join(folder, name),
    address: hosts[side].shadow,
    ports: { blob: blobPort, queue: queuePort },
    certificate: tls.certificate,
  };
  const program = fileURLToPath(new URL("storage-main.ts", import.meta.url));
  return {
    name,
    // A young generation of 1 MiB instead of 16.
    command: { path: node, args: ["--max-semi-space-size=1", program, JSON.stringify(settings)] },
    ready: { line: /"ready":true/ },
  };
}
