/**
 * How the cloud process has machines, databases and storage run. It writes requests as JSON lines to its stdout, after
 * the line that says it is ready; the plant answers with JSON lines on the cloud's stdin, after the settings. Answers
 * may come in any order; `id` joins them.
 */
export interface MachineSpec {
  /** ARM id in lower case; instances of a scale set: `<scale set id>/virtualmachines/<n>`. */
  id: string;
  /** osProfile.computerName, or of an instance `<computerNamePrefix><six digits>`. */
  name: string;
  /** As ARM has it: lower case, no spaces. */
  region: string;
  /** The private address, then the public one when there is one (locally usually the same). Loopback. */
  addresses: string[];
  /** Decoded from base64; "" when there is none. */
  customData: string;
  adminUsername: string;
  sshPublicKeys: string[];
  /** What a managed-identity client on the machine needs, for the environment of its units. */
  identity: { endpoint: string; header: string } | null;
}

/** An inbound rule. The first that matches, by ascending priority, decides. */
export interface FirewallRule {
  name: string;
  priority: number;
  /** Deny is silent, as on Azure: the connection hangs and is never reset. */
  access: "Allow" | "Deny";
  /** CIDRs, or "*". */
  sources: string[];
  /** "8443", "8000-8100" or "*". */
  ports: string[];
}

export type PlantRequest = { id: number } & PlantCall;

export type PlantCall = MachineCall | SqlCall | StorageCall | NameCall;

export type MachineCall =
  /** The first boot executes customData; later ones only start its units. Answered when its units are ready. */
  | { boot: MachineSpec }
  /** powerOff and deallocate: the disk stays. */
  | { halt: { machine: string } }
  /** The disk goes too. */
  | { remove: { machine: string } }
  /** All effective inbound rules of a machine, Azure's defaults included. */
  | { firewall: { machine: string; rules: FirewallRule[] } };

/** Regions everywhere as ARM has them. */
export interface DatabasePlace {
  server: string;
  region: string;
  database: string;
}

export type SqlCall =
  | { createDatabase: DatabasePlace }
  /** A new database on the server of `source`, as that one was at `at` (ISO 8601, UTC). Answered when it takes writes. */
  | { restoreDatabase: DatabasePlace & { source: string; at: string } }
  /** A streaming replica of the database of the same name on the server of region `from`. Answered when it can be read. */
  | { replicateDatabase: DatabasePlace & { from: string } }
  /**
   * Planned: waits until the replica has everything, so that nothing is lost; PlannedFailoverTimedOut when the partner is
   * out of reach. Forced: at once; the old primary is fenced, and joins again as replica when it is reachable.
   */
  | { promote: Promotion }
  | { dropDatabase: DatabasePlace }
  /** Answered with ReplicationLag, or null when the database has no replica. */
  | { replicationLag: { database: string } };

export interface Promotion {
  databases: string[];
  from: string;
  to: string;
  forced: boolean;
}

/** What the primary side last knew of its replica. While the primary is gone it stays what it was. */
export interface ReplicationLag {
  seconds: number;
  /** ISO 8601, UTC. */
  asOf: string;
}

export type StorageCall =
  | { createAccount: { account: string; region: string; keys: string[] } }
  | { removeAccount: { account: string } }
  | { createQueue: { account: string; queue: string } }
  | { removeQueue: { account: string; queue: string } }
  | { createContainer: { account: string; container: string } }
  | { removeContainer: { account: string; container: string } };

/** Names below windows.net: where they point, and for how long a client may believe it. */
export type NameCall =
  | { setName: { name: string; region: string; service: "sql" | "storage"; ttlSeconds: number } }
  | { removeName: { name: string } };

export type PlantAnswer = { id: number } & (
  | { done: true; value?: unknown }
  | { error: { code: string; message: string } }
);
