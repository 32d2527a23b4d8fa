import { containerNames, databaseName, queueName } from "../infra/names.ts";
import type { Found } from "../watch/found.ts";
import type { DrillPlant } from "./stage.ts";

export interface Searched {
  /** The one that hosts use. */
  database: string;
  /** Whose entries they are. */
  writer: string;
  /** Jobs and blobs of an earlier scenario are of no concern. */
  since: Date;
}

type Query = (text: string, parameters: unknown[]) => Promise<Record<string, unknown>[]>;

/** What is there, read from databases and storage themselves, past everything that clients use. */
export async function reconcile(plant: DrillPlant, searched: Searched): Promise<Found> {
  const { database, since } = searched;
  const live = queryIn(plant, database);
  const [entries, discarded, jobs, effects, blobs, stillQueued, poison] = await Promise.all([
    entriesIn(live, searched),
    database === databaseName ? [] : entriesIn(queryIn(plant, databaseName), searched),
    live("select id from jobs where accepted_at >= $1", [since]),
    live(effectsOfThese, [since]),
    blobsSince(plant, since),
    queuedIn(plant),
    live("select message from poison where put_aside_at >= $1", [since]),
  ]);
  return {
    entries,
    discarded,
    jobs: jobs.map(({ id }) => ({ id: String(id) })),
    effects: effects.map(({ job, count }) => ({ job: String(job), count: Number(count) })),
    blobs,
    stillQueued,
    poison: poison.map(({ message }) => String(message)),
  };
}

/** Also those of jobs that no row knows. */
const effectsOfThese = `select job, count(*) as count from effects left join jobs on jobs.id = effects.job
  where jobs.accepted_at >= $1 or (jobs.id is null and effects.done_at >= $1) group by job`;

function queryIn({ sql }: DrillPlant, database: string): Query {
  return (text, parameters) => sql.query({ side: sql.primarySideOf(database), database }, text, parameters);
}

async function entriesIn(query: Query, { writer, since }: Searched): Promise<Found["entries"]> {
  const text = `select writer, seq, previous, hash, committed_at from entries
    where writer = $1 or committed_at >= $2 order by writer, seq`;
  const rows = await query(text, [writer, since]);
  return rows.map((row) => ({
    writer: String(row["writer"]),
    seq: Number(row["seq"]),
    previous: String(row["previous"]),
    hash: String(row["hash"]),
    committedAt: (row["committed_at"] as Date).toISOString(),
  }));
}

async function blobsSince({ storage, storageAccounts }: DrillPlant, since: Date): Promise<Found["blobs"]> {
  const found = Object.values(storageAccounts).flatMap((account) =>
    containerNames.map((container) => storage.blobs(account, container, since)),
  );
  return (await Promise.all(found)).flat();
}

/** Messages that wait or are being worked on, by account. */
export async function queuedIn({ storage, storageAccounts }: DrillPlant): Promise<Found["stillQueued"]> {
  const counts = Object.values(storageAccounts).map(
    async (account) => [account, await storage.messageCount(account, queueName)] as const,
  );
  return Object.fromEntries(await Promise.all(counts));
}
