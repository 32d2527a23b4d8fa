import { AzureRefusal } from "../azure-refusal.ts";
import type { Side } from "../data-hosts.ts";
import { DeadlineError, poll } from "../readiness.ts";
import type { Cluster } from "./cluster.ts";
import { assertPrimary } from "./clusters.ts";
import type { Clusters } from "./clusters.ts";
import type { SqlContext } from "./context.ts";
import type { Gateway } from "./gateway.ts";
import { isAway } from "./server-states.ts";

export interface Promotion {
  databases: string[];
  from: Side;
  to: Side;
  forced: boolean;
}

type Context = Pick<SqlContext, "gateway" | "states">;

/** A primary, and the replica that is to take its place. */
export interface Pair {
  old: Cluster;
  replica: Cluster;
}

const reachableMs = 2000;
const sessionsMs = 5000;
const caughtUpMs = 15_000;
const promotedSeconds = 10;

/** @throws AzureRefusal when a database has nobody to take its place */
export function pairsOf({ databases, from, to, forced }: Promotion, clusters: Clusters): Pair[] {
  return databases.map((database) => {
    const old = clusters.get({ side: from, database });
    const replica = clusters.get({ side: to, database });
    assertPrimary(old);
    if (replica.role === "replica") return { old, replica };
    if (!forced) throw partnerUnreachable();
    throw new AzureRefusal(
      "FailoverGroupFailoverNotAllowed",
      `'${database}' on the ${to} server is ${replica.role}: it does not follow the primary and cannot take its place.`,
    );
  });
}

/**
 * Loses nothing: the primary lets no client in any more, and the replica takes over when it has everything. Until then
 * the primary serves again if anything fails.
 * @throws AzureRefusal PlannedFailoverTimedOut when the primary is out of reach or the replica does not catch up
 */
export async function promotePlanned(pairs: Pair[], context: Context): Promise<void> {
  const { gateway } = context;
  await Promise.all(pairs.map((pair) => assertBothAnswer(pair)));
  try {
    await all(pairs.map((pair) => drain(pair, gateway)));
    await all(pairs.map((pair) => takeOver(pair)));
  } catch (error) {
    await serveAllAgain(pairs, context);
    throw error instanceof DeadlineError
      ? timedOut(`the databases were not in step ${error.message}`)
      : error;
  }
  await Promise.all(pairs.map(({ old }) => gateway.unroute(old)));
}

/**
 * At once: what has not arrived at the replica is lost. The old primary is served to nobody from here on.
 * @throws when a replica does not answer or does not take over; its old primary is then what it was
 */
export async function promoteForced(pairs: Pair[], context: Context): Promise<void> {
  await Promise.all(pairs.map(({ replica }) => assertRecovering(replica)));
  try {
    await all(
      pairs.map(async (pair) => {
        await context.gateway.unroute(pair.old);
        await takeOver(pair);
      }),
    );
  } catch (error) {
    await serveAllAgain(pairs, context);
    throw error;
  }
}

/** A planned promotion is refused so when one of the two is away, or not in step yet after an earlier one. */
function partnerUnreachable(): AzureRefusal {
  return timedOut("the partner server could not be reached");
}

async function assertBothAnswer({ old, replica }: Pair): Promise<void> {
  try {
    await old.ask("select 1", [], { limitMs: reachableMs });
    await assertRecovering(replica);
  } catch {
    // How it does not answer is no matter of Azure's clients.
    throw partnerUnreachable();
  }
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

/** Whoever asked is told why it failed, not what came of it: what does not start here does with its server. */
async function serveAllAgain(pairs: Pair[], context: Context): Promise<void> {
  await Promise.allSettled(pairs.map((pair) => serveAgain(pair, context)));
}

/** Unless its replica has taken over already. */
async function serveAgain({ old, replica }: Pair, { gateway, states }: Context): Promise<void> {
  if (replica.role === "primary") return gateway.unroute(old);
  // A promotion that nobody waits for any more must not happen later.
  if (old.role === "fenced") await replica.kill();
  old.role = "primary";
  // Of a server that is lost nobody gets as far as that, and it is served when the server is.
  await gateway.route(old);
  const ended = [old, replica].filter(({ isRunning, side }) => !isRunning && !isAway(states[side]));
  await all(ended.map((cluster) => cluster.start()));
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
