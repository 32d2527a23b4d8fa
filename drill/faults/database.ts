import { databaseName } from "../../infra/names.ts";
import type { BreakablePlant, Fault } from "./fault.ts";
import { proveSilent } from "./reach.ts";

const behindMs = 500;

/** What lies between the regions costs more than a replica can hide: what it lacks is lost with its primary. */
export const replicaBehind: Fault = {
  what: "the replica in the secondary region is 500 ms behind",
  apply: ({ sql }) => sql.setLinkLatency(behindMs),
  async prove({ sql }) {
    const lag = await sql.replicationLag(databaseName);
    return {
      proven: lag !== null && lag.seconds * 1000 >= behindMs,
      evidence: `replication lag ${lag === null ? "unknown" : `${lag.seconds} s, read at ${lag.asOf}`}`,
    };
  },
  lift: ({ sql }) => sql.setLinkLatency(0),
};

/** Processes and machine of the primary region's database server are gone. */
export const databaseServerLost: Fault = {
  what: "the primary database server is gone",
  apply: ({ sql }) => sql.setServer("primary", "lost"),
  prove: ({ sql }) => proveSilent("sql-primary", sql.addressOf("primary"), sslRequest),
  lift: ({ sql }) => sql.setServer("primary", "served"),
};

/** The first bytes that any client sends: PostgreSQL's SSLRequest, answered by one byte. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** The server answers and takes no writes, and its replica follows it: what a planned promotion is for. */
export const databaseReadOnly: Fault = {
  what: "the primary database server refuses writes",
  apply: ({ sql }) => sql.setServer("primary", "read-only"),
  async prove({ sql }) {
    // Of the server: this session itself may write, as the administrator's.
    const [row] = await sql.query(
      { side: "primary", database: databaseName },
      "select setting from pg_file_settings where name = 'default_transaction_read_only' and applied",
    );
    const setting = String(row?.["setting"]);
    return { proven: setting === "on", evidence: `sql-primary: default_transaction_read_only is ${setting}` };
  },
  lift: ({ sql }) => sql.setServer("primary", "served"),
};

/**
 * A release with a bad migration: every row of it is wrong at once, in the replica as well. The server is healthy,
 * and nothing but a copy from before brings the data back.
 */
export const databaseCorrupted: Fault = {
  what: "a statement without its condition overwrites every row",
  async apply(plant) {
    await onLive(plant, "update entries set hash = md5(hash)");
    await onLive(plant, "update api_keys set key_hash = md5(key_hash)");
  },
  async prove(plant) {
    const [row] = await onLive(plant, "select count(*) as wrong from entries where length(hash) = 32");
    const wrong = Number(row?.["wrong"]);
    return {
      proven: wrong > 0,
      evidence: `${databaseName}: ${wrong} rows of entries have a hash of MD5's length`,
    };
  },
  // What is overwritten stays so: hosts leave that database for good.
  lift: null,
};

function onLive({ sql }: BreakablePlant, statement: string): Promise<Record<string, unknown>[]> {
  return sql.query({ side: sql.primarySideOf(databaseName), database: databaseName }, statement);
}
