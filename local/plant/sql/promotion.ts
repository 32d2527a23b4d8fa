import { AzureRefusal } from "../azure-refusal.ts";
import { DeadlineError, poll } from "../readiness.ts";
import type { Cluster } from "./cluster.ts";
import type { Gateway } from "./gateway.ts";

/** A primary, and the replica that is to take its place. */
export interface Pair {
  old: Cluster;
  replica: Cluster;
}

const reachableMs = 2000;
const sessionsMs = 5000;
const caughtUpMs = 15_000;
const promotedSeconds = 10;

/**
 * Loses nothing: the primary lets no client in any more, and the replica takes over when it has everything. Until then
 * the primary serves again if anything fails.
 * @throws AzureRefusal PlannedFailoverTimedOut when the primary is out of reach or the replica does not catch up
 */
export async function promotePlanned(pairs: Pair[], gateway: Gateway): Promise<void> {
  await Promise.all(pairs.map((pair) => assertBothAnswer(pair)));
  try {
    await all(pairs.map((pair) => drain(pair, gateway)));
    await all(pairs.map((pair) => takeOver(pair)));
  } catch (error) {
    await Promise.all(pairs.map((pair) => serveAgain(pair, gateway)));
    throw error instanceof DeadlineError
      ? timedOut(`the databases were not in step ${error.message}`)
      : error;
  }
  await Promise.all(pairs.map(({ old }) => gateway.unroute(old)));
}

/**
 * At once: what has not arrived at the replica is lost. The old primary is served to nobody from here on.
 * @throws when the replica does not answer; the old primary is served as before then
 */
export async function promoteForced(pairs: Pair[], gateway: Gateway): Promise<void> {
  await Promise.all(pairs.map(({ replica }) => assertRecovering(replica)));
  await all(
    pairs.map(async (pair) => {
      await gateway.unroute(pair.old);
      await takeOver(pair);
    }),
  );
}

async function assertBothAnswer({ old, replica }: Pair): Promise<void> {
  try {
    await old.ask("select 1", [], { limitMs: reachableMs });
  } catch {
    // How it does not answer is no matter of Azure's clients.
    throw timedOut("the partner server could not be reached");
  }
  await assertRecovering(replica);
}

async function drain({ old, replica }: Pair, gateway: Gateway): Promise<void> {
  await gateway.route(old, "replicas");
  await poll({ deadlineMs: sessionsMs, until: () => noClients(old) });
  // A commit brings to the disk whatever was committed without waiting for it.
  await old.ask("select pg_current_xact_id()");
  const [row] = await old.ask("select pg_current_wal_flush_lsn()::text as position");
  const position = String(row?.["position"]);
  await poll({ deadlineMs: caughtUpMs, until: () => hasReplayed(replica, position) });
  // What it writes when it ends reaches the replica, too, so that it can follow it as it is.
  await old.stop();
}

async function noClients(cluster: Cluster): Promise<true | string> {
  const found = await cluster.endSessions();
  return found === 0 || `${found} sessions of clients`;
}

async function hasReplayed(replica: Cluster, position: string): Promise<true | string> {
  const [row] = await replica.ask(
    "select pg_last_wal_replay_lsn()::text as at, pg_last_wal_replay_lsn() >= $1::pg_lsn as done",
    [position],
  );
  return row?.["done"] === true || `the replica is at ${String(row?.["at"])} of ${position}`;
}

async function takeOver({ old, replica }: Pair): Promise<void> {
  // Before the replica writes anything: there is no moment with two primaries.
  old.role = "fenced";
  const sql = `select pg_promote(true, ${promotedSeconds}) as done`;
  const [row] = await replica.ask(sql, [], { limitMs: promotedSeconds * 1000 });
  if (row?.["done"] !== true)
    throw new DeadlineError(promotedSeconds * 1000, `${replica.name} is recovering`);
  replica.becomePrimary();
}

/** Unless its replica has taken over already. */
async function serveAgain({ old, replica }: Pair, gateway: Gateway): Promise<void> {
  if (replica.role === "primary") return gateway.unroute(old);
  // A promotion that nobody waits for any more must not happen later.
  if (old.role === "fenced") await replica.kill();
  old.role = "primary";
  if (!old.isRunning) await old.start();
  await gateway.route(old);
  if (!replica.isRunning) await replica.start();
}

async function assertRecovering(replica: Cluster): Promise<void> {
  const sql = "select pg_is_in_recovery() as recovering";
  const [row] = await replica.ask(sql, [], { limitMs: reachableMs });
  if (row?.["recovering"] !== true) throw new Error(`${replica.name} is no replica`);
}

/** Waits for all of them even if one fails, so that nothing goes on behind the caller's back. */
async function all(promises: Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

function timedOut(why: string): AzureRefusal {
  return new AzureRefusal("PlannedFailoverTimedOut", `The planned failover timed out: ${why}.`);
}
