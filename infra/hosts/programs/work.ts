import { setTimeout as pause } from "node:timers/promises";
import { type Results, sha256 } from "./blobs.ts";
import type { Database } from "./database.ts";
import { isUuid } from "./request-body.ts";

export interface Worker {
  name: string;
  region: string;
  database: Database;
  results: Results;
  /** How long a job takes, besides what it asks of others: this stand-in computes next to nothing. */
  workMs: number;
  /** Account that results go to. */
  account: () => string;
}

/** `nonsense`: no job of this database. */
export type Outcome = "done" | "done before" | "nonsense";

interface Found {
  payload: string | null;
  pending: boolean;
}

const find = `select (select payload from jobs where id = $1) as payload,
  exists (select from outbox where job = $1) as pending`;

/**
 * Of several workers that have the same job, one deletes its row in the outbox, and only that one has an effect: the
 * others wait for the row and find it gone.
 */
const finish = `with mine as (delete from outbox where job = $1 returning job)
  insert into effects (job, worker, region, blob, hash) select job, $2, $3, $4, $5 from mine`;

/**
 * Does a job, once however often it comes: first its blob, which may be written again, then its effect.
 * @throws Unavailable, RestError, AbortError; it can be done again then
 */
export async function doJob(job: string | undefined, worker: Worker): Promise<Outcome> {
  const found = isUuid(job) ? await findJob(job, worker) : undefined;
  if (!job || !found || found.payload === null) return "nonsense";
  if (!found.pending) return "done before";
  await pause(worker.workMs);
  const content = sha256(found.payload);
  const blob = await worker.results.write({ account: worker.account(), job, content });
  const values = [job, worker.name, worker.region, blob, sha256(content)];
  const { rowCount } = await worker.database.use((connection) => connection.query(finish, values));
  return rowCount === 1 ? "done" : "done before";
}

async function findJob(job: string, { database }: Worker): Promise<Found | undefined> {
  const { rows } = await database.use((connection) => connection.query<Found>(find, [job]));
  return rows[0];
}
