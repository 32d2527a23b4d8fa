/** What the faults need of a plant. The local plant satisfies it. */
export interface BreakablePlant {
  /** Address and port of a host, and where a neighbour in its network calls it from: the firewall lets that one in. */
  reach(host: Host): Reach;
  /** What the network interface of a host does with connections. */
  setNic(host: Host, mode: NicMode): Promise<void>;
  killServer(host: Host): Promise<void>;
  startServer(host: Host): Promise<void>;
  /** How Cloudflare's API answers; its data plane is the host `edge`. */
  setCloudflareApi(mode: ApiMode): Promise<void>;
  cloudflareApi: string;
  /** How the settings store answers the hosts that read it. */
  setSettingsStore(mode: ApiMode): Promise<void>;
  settingsStore: string;
  /** Whether Resource Manager takes changes of what lies in the primary region. */
  setPrimaryWrites(mode: "served" | "refused"): Promise<void>;
  /** Asks Resource Manager to change something there. @returns the HTTP status, and the error's code if it has one */
  tryPrimaryWrite(): Promise<{ status: number; code: string | null }>;
  /** Runs a command on a host over SSH, as its administrator. @throws with what it printed when it fails */
  ssh(host: Host, command: string): Promise<string>;
  /**
   * Sets a key of the primary stack and rolls it out by `pulumi up -s primary`.
   * @returns null, or what the failed `up` said
   */
  rollOut(key: string, value: string): Promise<string | null>;
  sql: SqlServers;
  storage: StorageAccounts;
  workers: WorkerPools;
  /** Gives the workers that many jobs more than their clients do. */
  surge(jobs: number): void;
  /** Jobs that a database knows as accepted and not done. */
  backlog(database: string): Promise<number>;
}

/** Where a database server or a storage account is, and which pool a worker belongs to. */
export type Side = "primary" | "secondary";

/** The database servers of both regions, past everything that is in front of them. */
export interface SqlServers {
  /** `address:port` of a region's server. */
  addressOf(side: Side): { address: string; port: number };
  /** `lost`: nobody answers there any more. `read-only`: it refuses writes, as one whose storage is full. */
  setServer(side: Side, state: "served" | "lost" | "hung" | "read-only"): Promise<void>;
  /** One way, on the link that replicas follow through; in milliseconds. */
  setLinkLatency(ms: number): Promise<void>;
  /** As the database's administrator. @throws what the database says */
  query(
    at: { side: Side; database: string },
    sql: string,
    parameters?: unknown[],
  ): Promise<Record<string, unknown>[]>;
  /** Region of the server that takes writes. */
  primarySideOf(database: string): Side;
  replicationLag(database: string): Promise<{ seconds: number; asOf: string } | null>;
}

export interface StorageAccounts {
  addressOf(side: Side): { address: string; port: number };
  setRegion(side: Side, state: "served" | "cut" | "frozen"): Promise<void>;
  /** Messages that wait and messages that somebody works on. */
  messageCount(account: string, queue: string): Promise<number>;
  /** Those written since then. `hash` is the SHA-256 of the content, in hex. */
  blobs(account: string, container: string, since: Date): Promise<{ name: string; hash: string }[]>;
}

export interface WorkerPools {
  /** Machines of a region's pool, and on how many of them the worker runs. */
  count(side: Side): { all: number; running: number };
  /** As a crash of all of its machines. */
  kill(side: Side): Promise<void>;
  start(side: Side): Promise<void>;
}

export interface Reach {
  address: string;
  port: number;
  servername: string;
  ca: string;
  localAddress: string;
  /** Of a customer: the API answers nobody else. */
  apiKey: string;
}

export type Host = "edge" | "load-balancer-main" | "load-balancer-backup" | "api-main" | "api-backup";
export type NicMode = "pass" | "black-hole" | "reset";
export type ApiMode = "none" | "refuse";

/** Something that breaks the plant, proves that it did, and undoes it. */
export interface Fault {
  /** What a person would see, as a sentence without its subject's cause. */
  what: string;
  apply(plant: BreakablePlant): Promise<void>;
  /** Looks for direct evidence: not at what clients see through the plant, but at the broken part itself. */
  prove(plant: BreakablePlant): Promise<Proof>;
  /** Null: nothing undoes it, and the plant goes on without what it broke. */
  lift: ((plant: BreakablePlant) => Promise<void>) | null;
}

export interface Proof {
  proven: boolean;
  evidence: string;
}
