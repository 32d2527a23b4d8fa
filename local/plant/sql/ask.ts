import net from "node:net";
import { Client } from "pg";

export interface Asked {
  /** Folder of the unix socket. */
  folder: string;
  database: string;
  /** For the connection, and again for the answer. */
  limitMs: number;
}

export type Row = Record<string, unknown>;

/** A connection of the plant's own, as superuser and past the gateway. It writes where clients may not. */
export class Connection {
  readonly #socket = new net.Socket();
  readonly #client: Client;

  constructor({ folder, database, limitMs }: Asked) {
    this.#client = new Client({
      host: folder,
      user: "postgres",
      database,
      connectionTimeoutMillis: limitMs,
      query_timeout: limitMs,
      options: "-c default_transaction_read_only=off",
      stream: () => this.#socket,
    });
    // Told by the query that it breaks.
    this.#client.on("error", () => {});
  }

  async open(): Promise<void> {
    await this.#client.connect();
  }

  async ask(sql: string, parameters?: unknown[]): Promise<Row[]> {
    const { rows } = await this.#client.query<Row>(sql, parameters);
    return rows;
  }

  /** Several statements, one after the other. */
  async askAll(sql: string): Promise<Row[][]> {
    // The types know of one result only; the documentation of several: node-postgres.com/apis/result.
    const results = (await this.#client.query<Row>(sql)) as unknown as { rows: Row[] }[];
    return results.map(({ rows }) => rows);
  }

  /** Does not wait: a frozen server would never answer. */
  close(): void {
    this.#socket.end();
    this.#socket.destroySoon();
  }
}

/** One query on a connection of its own. @throws what the database says, and Error when it says nothing in time */
export async function ask(asked: Asked, sql: string, parameters?: unknown[]): Promise<Row[]> {
  const connection = new Connection(asked);
  try {
    await connection.open();
    return await connection.ask(sql, parameters);
  } finally {
    connection.close();
  }
}
