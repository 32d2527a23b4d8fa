import type { ReplicationLag } from "../../cloud/azure/plant-protocol.ts";
import { AzureRefusal } from "../azure-refusal.ts";
import { nicOf, sides, sqlPort } from "../data-hosts.ts";
import type { Side } from "../data-hosts.ts";
import type { Row } from "./ask.ts";
import type { Cluster, ClusterPlace } from "./cluster.ts";
import { assertPrimary, otherSide } from "./clusters.ts";
import { LagWatches } from "./lag-watches.ts";
import { pairsOf, promoteForced, promotePlanned } from "./promotion.ts";
import type { Pair, Promotion } from "./promotion.ts";
import { clone, rejoin } from "./replication.ts";
import { restore } from "./restore.ts";
import { create } from "./create.ts";
import { bringInto, isAway, strike } from "./server-states.ts";
import type { ServerState } from "./server-states.ts";
import { Programs } from "./run-program.ts";
import { openContext } from "./context.ts";
import type { SqlContext, SqlServersOptions } from "./context.ts";
import { statusOf } from "./status.ts";
import type { DatabaseStatus } from "./status.ts";
import { Turns } from "./turns.ts";

export type { SqlServersOptions } from "./context.ts";
export type { Promotion } from "./promotion.ts";

const retryMs = 2000;

/**
 * Azure SQL of both regions: a PostgreSQL for each database of each server, behind one gateway. What is done to one
 * database is done one after the other.
 */
export class SqlServers {
  readonly #options: SqlServersOptions;
  readonly #turns = new Turns();
  readonly #watches = new LagWatches();
  readonly #programs: Programs;
  #opened: SqlContext | undefined;

  constructor(options: SqlServersOptions) {
    this.#options = options;
    this.#programs = new Programs(options.run);
  }

  /** After the network interfaces. @throws PLANT_FAILED */
  async start(): Promise<void> {
    this.#opened = await openContext(this.#options, this.#programs);
  }

  /**
   * Before the supervisor ends all processes: databases that nobody needs any more need not be shut down. Also ends a
   * start that has not come to its end.
   */
  async stop(): Promise<void> {
    this.#watches.stopAll();
    const programs = this.#programs.close();
    const clusters = sides.flatMap((side) => this.#opened?.clusters.on(side) ?? []);
    await Promise.all([programs, ...clusters.map((cluster) => cluster.kill())]);
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
  promote(promotion: Promotion): Promise<void> {
    return this.#turns.take(promotion.databases, async () => {
      const pairs = pairsOf(promotion, this.#context.clusters);
      try {
        await (promotion.forced ? promoteForced : promotePlanned)(pairs, this.#context);
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
    const { states, gateway } = this.#context;
    states[side] = state;
    if (state === "lost") await gateway.serve(side, false);
    // At once, whatever goes on: a promotion or a restore that is under way meets it as it would on Azure.
    await Promise.all(this.#context.clusters.on(side).map((cluster) => strike(cluster, state)));
    const settled = Promise.all(this.#context.clusters.on(side).map((each) => this.#settle(each)));
    // What is under way may bring up what is struck already. A fault does not wait for it: it can take long.
    if (isAway(state))
      settled.catch((error: unknown) => this.#options.report(`${side}: ${messageOf(error)}`));
    else await settled;
    // Whoever was fenced follows now; on the other side, too, where it had nobody to follow.
    if (state === "served") await Promise.all(sides.map((each) => this.#rejoinAll(each)));
    if (states[side] !== "lost") await gateway.serve(side, true);
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
      if (isAway(states[place.side])) throw unavailable(place.side);
      const cluster = this.#context.createCluster(place);
      try {
        await fill(cluster);
      } catch (error) {
        await cluster.remove();
        throw error;
      }
      clusters.add(cluster);
      await gateway.route(cluster);
      // Something may have happened to its server meanwhile.
      await bringInto(cluster, states[place.side]);
    });
  }

  /** In its turn, so that it does not come between the steps of a promotion: as its server is by then. */
  #settle(cluster: Cluster): Promise<void> {
    const { clusters, states, signal } = this.#context;
    return this.#turns.take([cluster.database], async () => {
      const isThere = clusters.on(cluster.side).includes(cluster);
      if (isThere && !signal.aborted) await bringInto(cluster, states[cluster.side]);
    });
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
      const away = sides.some((side) => isAway(states[side]));
      if (cluster.role !== "fenced" || away || signal.aborted) return;
      const source = clusters.get({ side: otherSide(cluster.side), database: cluster.database });
      const startedAt = performance.now();
      try {
        const how = await rejoin(cluster, source, this.#context);
        await gateway.route(cluster);
        this.#watches.start(source);
        report(`${cluster.name} follows ${source.name}, ${how} (${secondsSince(startedAt)} s)`);
      } catch (error) {
        report(`${cluster.name} stays fenced: ${messageOf(error)}`);
        setTimeout(() => void this.#rejoin(cluster), retryMs).unref();
      }
    });
  }
}

function unavailable(side: Side): AzureRefusal {
  return new AzureRefusal("DatabaseUnavailable", `The ${side} server does not answer.`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
