import { DatabaseError, Pool } from "pg";
import type { PoolClient } from "pg";
import type { MachineIdentity } from "./machine-identity.ts";
import { BadBody } from "./request-body.ts";
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
/** Classes of SQLSTATE: a value that its column cannot have, or that breaks a constraint. */
const badData = /^2[23]/;

/**
 * A server that changed roles and stays reachable would keep those who only read: after the TTL of the listener's name
 * they look it up again.
 */
const lifetimeSeconds = 30;

/**
 * The database that the settings name, in a few connections.
 * What failed on one connection would fail on the others that lead to the same server. So none that was open then is
 * used again, and the next one looks the name up anew: the first that finds the promoted server ends the outage for
 * this host. Nobody tries in the background, and the number of connections bounds the attempts: a server that comes
 * back meets few.
 */
export class Database {
  readonly #options: DatabaseOptions;
  #pool: Pool | undefined;
  #place = "";
  /** Connections that were open when the last failure was seen are none of these. */
  #trusted = new WeakSet<PoolClient>();
  readonly #used = new WeakSet<PoolClient>();

  constructor(options: DatabaseOptions) {
    this.#options = options;
  }

  /**
   * Does some work on one connection. It must be such that doing it twice is doing it once: what failed on a connection
   * that was used before says nothing about the server that the name leads to now, and is tried once more on a new one.
   * @throws BadBody when the database is well and takes none of these values; Unavailable when the work fails for any
   * other reason, or takes too long; a connection that failed is never used again
   */
  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const signal = AbortSignal.timeout(this.#options.workMs);
    for (;;) {
      const connection = await this.#connect(this.#current(), signal);
      const trusted = this.#trusted;
      try {
        const result = await within(signal, work(connection));
        this.#used.add(connection);
        connection.release(!this.#trusted.has(connection));
        return result;
      } catch (error) {
        connection.release(true);
        if (isBadData(error)) throw new BadBody(firstLine(error));
        if (this.#trusted === trusted) this.#trusted = new WeakSet();
        if (signal.aborted || !this.#used.has(connection)) throw unavailable(error);
      }
    }
  }

  async #connect(pool: Pool, signal: AbortSignal): Promise<PoolClient> {
    for (;;) {
      const connection = await connect(pool, signal);
      if (this.#trusted.has(connection)) return connection;
      connection.release(true);
    }
  }

  #current(): Pool {
    const place = this.#options.place();
    if (!place) throw new Unavailable("no settings yet");
    const name = `${place.server}/${place.name}`;
    if (this.#pool && name === this.#place) return this.#pool;
    this.#leave(this.#pool);
    this.#place = name;
    return (this.#pool = this.#open(place));
  }

  /** Whoever waits for one of its connections still gets one. */
  #leave(pool: Pool | undefined): void {
    setTimeout(() => void pool?.end(), this.#options.workMs);
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
    pool.on("connect", (connection) => {
      this.#trusted.add(connection);
      // It breaks: whoever uses it is told by what they asked.
      connection.on("error", () => {});
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

function isBadData(error: unknown): boolean {
  return error instanceof DatabaseError && badData.test(error.code ?? "");
}

function unavailable(error: unknown): Unavailable {
  const code = error instanceof DatabaseError ? error.code : undefined;
  if (code === refusesWrites) return new Unavailable("database refuses writes", { cause: error });
  const how = code === undefined ? "out of reach" : `answers ${code}`;
  return new Unavailable(`database ${how}: ${firstLine(error)}`, { cause: error });
}
