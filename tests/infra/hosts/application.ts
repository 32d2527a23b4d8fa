import { createHash, randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import path from "node:path";
import { text } from "node:stream/consumers";
import type { ExecutionContext } from "ava";
import type { Believed } from "../../../infra/hosts/programs/client-identity.ts";
import { Tokens } from "../../../local/cloud/azure/tokens.ts";
import { plantAddresses } from "../../../local/plant/addresses.ts";
import type { PlantAddresses } from "../../../local/plant/addresses.ts";
import { acquireDrillBlock } from "../../../local/plant/block.ts";
import type { Block } from "../../../local/plant/block.ts";
import { dataNics, nicOf, type Side, sides } from "../../../local/plant/data-hosts.ts";
import { networkShim } from "../../../local/plant/machine/programs.ts";
import { startNic } from "../../../local/plant/nic.ts";
import type { Nic, NicMode } from "../../../local/plant/nic.ts";
import { recordProcess, runVariable } from "../../../local/plant/run-folder.ts";
import { StorageAccounts } from "../../../local/plant/storage/storage-accounts.ts";
import { StorageClients } from "../../../local/plant/storage/storage-clients.ts";
import { Supervisor } from "../../../local/plant/supervisor.ts";
import { createTlsFiles } from "../../../local/plant/tls.ts";
import type { TlsFiles } from "../../../local/plant/tls.ts";
import { preparePrograms } from "../../../local/toolchain/programs.ts";
import { openWorkbench } from "../../../local/toolchain/workbench.ts";
import { FakeStore } from "./fake-store.ts";
import { type Running, sourceOf, startProgram } from "./host-process.ts";
import { NameServer } from "./name-server.ts";
import { Postgres } from "./postgres.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

export const accounts: Record<Side, string> = { primary: "teststore1", secondary: "teststore2" };
export const customerKey = "a customer's key";
export const server = "test-sql.database.windows.net";
export const queue = "work";

const clientPort = 18_445;
const users = { api: randomUUID(), worker: randomUUID() };

interface Answer {
  status: number;
  body: Record<string, unknown>;
  ms: number;
}

/** What API servers and workers have around them: real queues, blobs and database, behind a network that can fail. */
export class Application {
  readonly postgres: Postgres;
  readonly storage: StorageAccounts;
  readonly nic: Nic;
  readonly #parts: { block: Block; supervisor: Supervisor; tls: TlsFiles; addresses: PlantAddresses };
  readonly #names = new NameServer();
  readonly #tokens = new Tokens({ tenantId: "tenant" });
  #resolver = "";

  private constructor(
    { postgres, storage, nic }: Pick<Application, "postgres" | "storage" | "nic">,
    parts: { block: Block; supervisor: Supervisor; tls: TlsFiles; addresses: PlantAddresses },
  ) {
    this.postgres = postgres;
    this.storage = storage;
    this.nic = nic;
    this.#parts = parts;
  }

  static async start(): Promise<Application> {
    const block = await acquireDrillBlock({ clientPort, report: () => {} });
    const { folder, run, number } = block;
    const addresses = plantAddresses({ block: number, clientPort });
    const tls = await createTlsFiles({ folder, zoneName: "example.test", addresses });
    const supervisor = new Supervisor({
      folder,
      env: { [runVariable]: run },
      record: (started) => recordProcess(folder, started),
      onExit: () => {},
    });
    const tools = await preparePrograms(openWorkbench(process.env, () => {}));
    const node = process.execPath;
    const nic = await startNic({ supervisor, node });
    await Promise.all(dataNics(addresses.data).map((host) => nic.add(host)));
    const postgres = new Postgres({
      folder,
      tools,
      supervisor,
      certificate: tls.data,
      address: addresses.data.sql.primary.shadow,
    });
    const [storage] = await Promise.all([
      StorageAccounts.start({
        supervisor,
        nic,
        node,
        folder,
        hosts: addresses.data.storage,
        tls: { certificate: tls.data, authority: tls.clientsAuthority },
      }),
      postgres.start(),
    ]);
    const application = new Application({ postgres, storage, nic }, { block, supervisor, tls, addresses });
    await application.#fill();
    return application;
  }

  async stop(): Promise<void> {
    const { supervisor, block } = this.#parts;
    this.#names.stop();
    await supervisor.stopAll();
    await block.release();
  }

  /** As the two stacks and an administrator leave it. */
  async #fill(): Promise<void> {
    const { block, addresses } = this.#parts;
    const { sql, storage } = addresses.data;
    this.#resolver = await this.#names.start(`127.${block.number}.0.55`);
    this.#names.names[server] = sql.primary.address;
    for (const side of sides) {
      const account = accounts[side];
      await this.storage.createAccount({ account, side, keys: [keyOf(account)] });
      await this.storage.createQueue(account, queue);
      await this.storage.createContainer(account, "files");
      for (const service of ["blob", "queue"]) {
        this.#names.names[`${account}.${service}.core.windows.net`] = storage[side].address;
      }
    }
  }

  /** A database of its own, with one customer. */
  async createDatabase(): Promise<string> {
    const database = `test-${randomUUID().slice(0, 8)}`;
    await this.postgres.createDatabase(database, { [users.api]: "app_api", [users.worker]: "app_worker" });
    const hash = createHash("sha256").update(customerKey).digest("hex");
    await this.postgres.query("insert into api_keys values ($1, 'test')", [hash], database);
    return database;
  }

  /** The official client of a region's queue, past the network. */
  queueOf(side: Side) {
    const { addresses, tls } = this.#parts;
    const account = accounts[side];
    const { shadow } = addresses.data.storage[side];
    return new StorageClients(
      { account, key: keyOf(account), shadow },
      tls.clientsAuthority,
    ).queues.getQueueClient(queue);
  }

  setDatabaseNetwork(mode: NicMode): Promise<void> {
    return this.nic.set(nicOf.sql("primary"), mode);
  }

  /** Settings that hosts of one test follow. */
  async publish(t: ExecutionContext, database: string, side: Side = "primary"): Promise<Published> {
    const store = new FakeStore("");
    store.tokenFor = (resource) => this.#tokens.issue({ oid: "o", appid: "a" }, resource).token;
    await store.start(t);
    const published = new Published(store, database);
    published.use(side);
    return published;
  }

  async startApi(t: ExecutionContext, published: Published, options: ApiOptions = {}): Promise<Api> {
    const { tls, block } = this.#parts;
    const address = `127.${block.number}.1.21`;
    const { known, ...believed } = options;
    const host = {
      name: "api-main",
      listen: `${address}:${clientPort}`,
      certificate: tls.servers,
      edgeRanges: [],
      loadBalancers: [],
      ...believed,
    };
    const start = { program: "api-server", host, clientId: users.api, published };
    const running = await this.#start(t, { ...start, ...(known && { known }) });
    return new Api(running, { address, ca: readFileSync(tls.clientsAuthority, "utf8") });
  }

  /** An address of a machine that is not there. */
  addressOf(last: number): string {
    return `127.${this.#parts.block.number}.8.${last}`;
  }

  startWorker(t: ExecutionContext, published: Published, env: Record<string, string> = {}): Promise<Running> {
    const host = { region: "primary" };
    return this.#start(t, { program: "worker", host, clientId: users.worker, published, env });
  }

  #start(
    t: ExecutionContext,
    { program, host, clientId, published, env = {}, known }: Start,
  ): Promise<Running> {
    const folder = temporaryFolder();
    if (known) writeFileSync(path.join(folder, "settings.json"), JSON.stringify(known));
    const { store } = published;
    const trust = path.join(folder, "trust.pem");
    writeFileSync(trust, store.certificate + readFileSync(this.#parts.tls.clientsAuthority, "utf8"));
    return startProgram(t, {
      host: { ...host, stateFolder: folder, settings: { endpoint: store.endpoint, clientId } },
      folder,
      file: sourceOf(program),
      env: {
        NODE_OPTIONS: networkShim.join(" "),
        PLANT_RESOLVER: this.#resolver,
        NODE_EXTRA_CA_CERTS: trust,
        IDENTITY_ENDPOINT: store.tokenEndpoint,
        IDENTITY_HEADER: "a-secret",
        SETTINGS_REFRESH_SECONDS: "0.2",
        WORK_MS: "100",
        ...env,
      },
    });
  }
}

function keyOf(account: string): string {
  return createHash("sha512").update(account).digest("base64");
}

interface Start {
  program: string;
  host: object;
  clientId: string;
  published: Published;
  env?: Record<string, string>;
  known?: object;
}

interface ApiOptions extends Partial<Believed> {
  /** Settings that it has on its disk. */
  known?: object;
}

interface Ask {
  body?: unknown;
  key?: string | null;
  from?: string;
  headers?: Record<string, string>;
}

/** Settings in a store. */
export class Published {
  readonly store: FakeStore;
  database: string;
  settings = {};
  #version = 0;

  constructor(store: FakeStore, database: string) {
    this.store = store;
    this.database = database;
  }

  /** That region's storage from now on. */
  use(side: Side): void {
    const other = side === "primary" ? "secondary" : "primary";
    this.#version += 1;
    this.settings = {
      version: `v${this.#version}`,
      api: "both",
      database: { server, name: this.database },
      storage: { account: accounts[side], queue, others: [accounts[other]] },
    };
    this.store.etag = `etag-${this.#version}`;
    this.store.value = JSON.stringify(this.settings);
  }
}

/** An API server and its client. */
export class Api {
  readonly running: Running;
  readonly #place: { address: string; ca: string };

  constructor(running: Running, place: { address: string; ca: string }) {
    this.running = running;
    this.#place = place;
  }

  get(url: string): Promise<Answer> {
    return this.ask("GET", url);
  }

  post(url: string, body: unknown): Promise<Answer> {
    return this.ask("POST", url, { body });
  }

  async ask(
    method: string,
    url: string,
    { body, key = customerKey, from, headers }: Ask = {},
  ): Promise<Answer> {
    const { address, ca } = this.#place;
    const request = https.request({
      method,
      path: url,
      host: address,
      port: clientPort,
      ca,
      servername: "example.test",
      agent: false,
      ...(from !== undefined && { localAddress: from }),
      headers: { ...headers, ...(key !== null && { "x-api-key": key }) },
    });
    const startedMs = performance.now();
    request.end(body === undefined || typeof body === "string" ? body : JSON.stringify(body));
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const said = await text(response);
    const ms = performance.now() - startedMs;
    return { status: response.statusCode ?? 0, body: JSON.parse(said) as Answer["body"], ms };
  }
}
