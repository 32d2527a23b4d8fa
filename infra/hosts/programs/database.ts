import { DatabaseError, Pool } from "pg";
import type { PoolClient } from "pg";
import type { MachineIdentity } from "./machine-identity.ts";
import type { Settings } from "./settings-document.ts";
import { firstLine, Unavailable } from "./unavailable.ts";

export type Connection = Pick<PoolClient, "query">;

export interface DatabaseOptions {
  /** Of the machine's identity: the contained user that it is in the database. */
  clientId: string;
  identity: MachineIdentity;
  place: () => Settings["database"] | undefined;
  connections: number;
  /** Of one piece of work, waiting for a connection included. */
  workMs: number;
}

const port = 1433;
const audience = "https://database.windows.net/.default";
const refusesWrites = "25006";

/**
 * A server that changed roles and stays reachable would keep those who only read: after the TTL of the listener's name
 * they look it up again.
 */
const lifetimeSeconds = 30;

/**
 * The database that the settings name, in a few connections.
 * What failed on one connection would fail on the others that lead to the same server. So none that is idle is kept
 * then, and the next one looks the name up again: the first that finds the promoted server ends the outage for this
 * host. Nobody tries beforehand or in the background, and the number of connections bounds the attempts: a server that
 * comes back meets few.
 */
export class Database {
  readonly #options: DatabaseOptions;
  #pool: Pool | undefined;
  #place = "";

  constructor(options: DatabaseOptions) {
    this.#options = options;
  }

  /**
   * Does some work on one connection.
   * @throws Unavailable when it fails for any reason, or takes too long; a connection that failed is never used again
   */
  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const signal = AbortSignal.timeout(this.#options.workMs);
    const pool = this.#current();
    const connection = await connect(pool, signal);
    try {
      const result = await within(signal, work(connection));
      connection.release();
      return result;
    } catch (error) {
      connection.release(true);
      if (this.#pool === pool) this.#retire();
      throw unavailable(error);
    }
  }

  #current(): Pool {
    const place = this.#options.place();
    if (!place) throw new Unavailable("no settings yet");
    const name = `${place.server}/${place.name}`;
    if (name !== this.#place) this.#retire();
    this.#place = name;
    return (this.#pool ??= this.#open(place));
  }

  /** What is in work ends on the connection it has. */
  #retire(): void {
    void this.#pool?.end();
    this.#pool = undefined;
  }

  #open({ server, name }: Settings["database"]): Pool {
    const { clientId, identity, connections, workMs } = this.#options;
    const pool = new Pool({
      host: server,
      port,
      database: name,
      user: clientId,
      password: async () => (await identity.credential.getToken(audience)).token,
      // Verified: Node's default for TLS.
      ssl: true,
      max: connections,
      maxLifetimeSeconds: lifetimeSeconds,
      connectionTimeoutMillis: workMs,
      query_timeout: workMs,
    });
    // It breaks while nobody uses it, and is out of the pool by now.
    pool.on("error", () => {});
    return pool;
  }
}

async function connect(pool: Pool, signal: AbortSignal): Promise<PoolClient> {
  const connecting = pool.connect();
  try {
    return await within(signal, connecting);
  } catch (error) {
    // It may still come, when nobody waits for it any more.
    connecting.then(
      (late) => late.release(),
      () => {},
    );
    throw unavailable(error);
  }
}

function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
  return Promise.race([work, late]);
}

function unavailable(error: unknown): Unavailable {
  const code = error instanceof DatabaseError ? error.code : undefined;
  if (code === refusesWrites) return new Unavailable("database refuses writes", { cause: error });
  const how = code === undefined ? "out of reach" : `answers ${code}`;
  return new Unavailable(`database ${how}: ${firstLine(error)}`, { cause: error });
}
