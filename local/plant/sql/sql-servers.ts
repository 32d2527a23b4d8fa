import type { ReplicationLag } from "../../cloud/azure/plant-protocol.ts";
import { AzureRefusal } from "../azure-refusal.ts";
import { nicOf, sides, sqlPort } from "../data-hosts.ts";
import type { Side } from "../data-hosts.ts";
import type { Row } from "./ask.ts";
import type { Cluster, ClusterPlace } from "./cluster.ts";
import { otherSide } from "./clusters.ts";
import { LagWatches } from "./lag-watches.ts";
import { promoteForced, promotePlanned } from "./promotion.ts";
import type { Pair } from "./promotion.ts";
import { clone, rejoin } from "./replication.ts";
import { restore } from "./restore.ts";
import { create } from "./create.ts";
import { setServer } from "./server-states.ts";
import type { ServerState } from "./server-states.ts";
import { openContext } from "./context.ts";
import type { SqlContext, SqlServersOptions } from "./context.ts";
import { statusOf } from "./status.ts";
import type { DatabaseStatus } from "./status.ts";
import { Turns } from "./turns.ts";

export type { SqlServersOptions } from "./context.ts";

const retryMs = 2000;

/**
 * Azure SQL of both regions: a PostgreSQL for each database of each server, behind one gateway. What is done to one
 * database is done one after the other.
 */
export class SqlServers {
  readonly #options: SqlServersOptions;
  readonly #turns = new Turns();
  readonly #watches = new LagWatches();
  #opened: SqlContext | undefined;

  constructor(options: SqlServersOptions) {
    this.#options = options;
  }

  /** After the network interfaces. @throws PLANT_FAILED */
  async start(): Promise<void> {
    this.#opened = await openContext(this.#options);
  }

  /** Before the supervisor ends all processes: databases that nobody needs any more need not be shut down. */
  async stop(): Promise<void> {
    this.#watches.stopAll();
    this.#opened?.close();
    const clusters = sides.flatMap((side) => this.#opened?.clusters.on(side) ?? []);
    await Promise.all(clusters.map((cluster) => cluster.kill()));
  }

  createDatabase(place: ClusterPlace): Promise<void> {
    return this.#build(place, async (cluster) => create(cluster, await this.#context.template));
  }

  /** A new database as `source`, on the same server, was `at` a time (ISO 8601, UTC). Takes writes then. */
  restoreDatabase({ source, at, ...place }: ClusterPlace & { source: string; at: string }): Promise<void> {
    return this.#build(place, async (cluster) => {
      const from = this.#context.clusters.get({ side: place.side, database: source });
      assertPrimary(from);
      await restore(cluster, from, at);
    });
  }

  /** A streaming replica of the other server's database of that name. Can be read then. */
  async replicateDatabase({ from, ...place }: ClusterPlace & { from: Side }): Promise<void> {
    await this.#build(place, async (cluster) => {
      const source = this.#context.clusters.get({ side: from, database: place.database });
      assertPrimary(source);
      await clone(cluster, source, this.#context);
      this.#watches.start(source);
    });
  }

  /** @throws AzureRefusal; PlannedFailoverTimedOut when a planned one cannot reach its partner */
  promote({ databases, from, to, forced }: Promotion): Promise<void> {
    return this.#turns.take(databases, async () => {
      const pairs = databases.map((database) => this.#pairOf(database, { from, to }));
      try {
        await (forced ? promoteForced : promotePlanned)(pairs, this.#context.gateway);
      } finally {
        pairs.forEach((pair) => this.#afterPromotion(pair));
      }
    });
  }

  dropDatabase(place: ClusterPlace): Promise<void> {
    return this.#turns.take([place.database], async () => {
      const { clusters, gateway } = this.#context;
      const cluster = clusters.get(place);
      await gateway.unroute(cluster);
      clusters.remove(cluster);
      this.#watches.stop(place.database);
      await cluster.remove();
    });
  }

  /** Null when the database has no replica. Stays what it was while the primary is gone. */
  async replicationLag(database: string): Promise<ReplicationLag | null> {
    return this.#watches.of(database)?.last ?? null;
  }

  /** Whether a replica follows it now. */
  async isReplicated(database: string): Promise<boolean> {
    return this.#watches.of(database)?.streams ?? false;
  }

  /** Resolves when it is in force: `lost` kills, `hung` freezes, `served` brings back what is left of each. */
  async setServer(side: Side, state: ServerState): Promise<void> {
    await setServer(this.#context, side, state);
    // Whoever was fenced follows now; on the other side, too, where it had nobody to follow.
    if (state === "served") await Promise.all(sides.map((each) => this.#rejoinAll(each)));
    await this.#context.gateway.serve(side, state !== "lost");
  }

  /** One way, on what replicas follow through. */
  setLinkLatency(ms: number): Promise<void> {
    return this.#options.nic.set(nicOf.sqlLink, ms === 0 ? "pass" : { latencyMs: 2 * ms });
  }

  /** As superuser and past the gateway. @throws what the database says */
  query(at: ClusterPlace, sql: string, parameters?: unknown[]): Promise<Row[]> {
    return this.#context.clusters.get(at).ask(sql, parameters, { database: at.database });
  }

  async status(): Promise<Record<Side, DatabaseStatus[]>> {
    const of = (side: Side) =>
      this.#context.clusters.on(side).map((each) => statusOf(each, this.#watches.of(each.database)));
    return { primary: of("primary"), secondary: of("secondary") };
  }

  /** Region of the server that takes writes. @throws AzureRefusal when there is none of that name */
  primarySideOf(database: string): Side {
    return this.#context.clusters.primaryOf(database).side;
  }

  /** Where its clients come in. */
  addressOf(side: Side): { address: string; port: number } {
    return { address: this.#options.data.sql[side].address, port: sqlPort };
  }

  get #context(): SqlContext {
    if (!this.#opened) throw new Error("the SQL servers have not been started");
    return this.#opened;
  }

  #build(place: ClusterPlace, fill: (cluster: Cluster) => Promise<void>): Promise<void> {
    const { clusters, gateway, states } = this.#context;
    return this.#turns.take([place.database], async () => {
      clusters.assertAbsent(place);
      if (states[place.side] === "lost" || states[place.side] === "hung") throw unavailable(place.side);
      const cluster = this.#context.createCluster(place);
      try {
        await fill(cluster);
      } catch (error) {
        await cluster.remove();
        throw error;
      }
      clusters.add(cluster);
      await gateway.route(cluster);
    });
  }

  #pairOf(database: string, { from, to }: { from: Side; to: Side }): Pair {
    const { clusters } = this.#context;
    const pair = {
      old: clusters.get({ side: from, database }),
      replica: clusters.get({ side: to, database }),
    };
    assertPrimary(pair.old);
    if (pair.replica.role === "replica") return pair;
    throw new AzureRefusal(
      "FailoverGroupFailoverNotAllowed",
      `'${database}' on the ${to} server is ${pair.replica.role}: it does not follow the primary and cannot take its place.`,
    );
  }

  #afterPromotion({ old, replica }: Pair): void {
    if (replica.role !== "primary") return;
    this.#watches.stop(old.database);
    void this.#rejoin(old);
  }

  async #rejoinAll(side: Side): Promise<void> {
    const fenced = this.#context.clusters.on(side).filter(({ role }) => role === "fenced");
    await Promise.all(fenced.map((cluster) => this.#rejoin(cluster)));
  }

  /** Nothing happens while its server or the new primary's is away: it is tried again when that one is back. */
  #rejoin(cluster: Cluster): Promise<void> {
    const { clusters, gateway, states, report, signal } = this.#context;
    return this.#turns.take([cluster.database], async () => {
      const away = sides.some((side) => states[side] === "lost" || states[side] === "hung");
      if (cluster.role !== "fenced" || away || signal.aborted) return;
      const source = clusters.get({ side: otherSide(cluster.side), database: cluster.database });
      const startedAt = performance.now();
      try {
        const how = await rejoin(cluster, source, this.#context);
        await gateway.route(cluster);
        this.#watches.start(source);
        report(`${cluster.name} follows ${source.name}, ${how} (${secondsSince(startedAt)} s)`);
      } catch (error) {
        report(`${cluster.name} stays fenced: ${error instanceof Error ? error.message : String(error)}`);
        setTimeout(() => void this.#rejoin(cluster), retryMs).unref();
      }
    });
  }
}

export interface Promotion {
  databases: string[];
  from: Side;
  to: Side;
  forced: boolean;
}

function assertPrimary({ role, name }: Cluster): void {
  if (role === "primary") return;
  throw new AzureRefusal("RestoreNotSupportedForGeoDrSecondary", `${name} is no primary (${role}).`);
}

function unavailable(side: Side): AzureRefusal {
  return new AzureRefusal("DatabaseUnavailable", `The ${side} server does not answer.`);
}

function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
