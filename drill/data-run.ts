import { removeConfig, setConfig, setConfigPaths } from "../engine/pulumi.ts";
import { axesOf } from "../infra/compose.ts";
import { databaseName, restoredDatabaseName } from "../infra/names.ts";
import { expectedLoss } from "../recovery/expected-loss.ts";
import type { Journal, SampleClass } from "../watch/journal.ts";
import type { Found } from "../watch/found.ts";
import type { Workload } from "../watch/workload.ts";
import { backlogBound } from "./faults/workers.ts";
import { judgedClassOf } from "./judged.ts";
import { queuedIn, reconcile } from "./reconcile.ts";
import { samplesOf } from "./samples.ts";
import type { Scenario } from "./scenarios.ts";
import type { Stage } from "./stage.ts";
import { pause, waitUntil } from "./wait.ts";

/** Clients write for this long before anything breaks: what was there before is a part of what can be lost. */
const leadMs = 3000;
/** How far back somebody goes who restores: the second in which the data went wrong may hold the wrong ones already. */
const restoreMarginMs = 2000;
/** Everything that was accepted is done within this, once nothing is broken any more. */
const drainDeadlineMs = 90_000;
const backlogPeriodMs = 250;

interface Decision {
  brokenAt: Date;
  acceptsLoss?: boolean | undefined;
}

/** Whether rows, jobs or blobs can be lost in a scenario, or in the disaster before it. */
export function risksData({ topology, during, system }: Scenario): boolean {
  return during !== undefined || (topology !== null && judgedClassOf(system) !== "fresh");
}

/** The steps of a scenario in which data can be lost: clients that write, what is decided, what is left in the end. */
export class DataRun {
  readonly #journal: Journal;
  readonly #stage: Stage;
  readonly #workload: Workload;
  readonly #startedAt = new Date();
  #database = databaseName;
  #watching: Promise<void> | undefined;
  #ending = false;
  #accepted = false;

  constructor(journal: Journal, stage: Stage) {
    this.#journal = journal;
    this.#stage = stage;
    this.#workload = stage.startWorkload();
    this.#workload.sendTo((entry) => journal.take(entry));
  }

  /** From then on it is written down how many jobs wait. */
  surge(jobs: number): void {
    this.#workload.surge(jobs);
    this.#watching = this.#watchBacklog();
    this.#watching.catch(() => {
      // Told when it is waited for, at the latest in close.
    });
  }

  async #watchBacklog(): Promise<void> {
    while (!this.#ending) {
      const count = await this.#stage.plant.backlog(this.#database);
      this.#journal.mark({ kind: "backlog", count, bound: backlogBound });
      await pause(backlogPeriodMs, this.#stage.signal);
    }
  }

  /** Jobs are done and rows are written, for a while. @returns whether it came to that */
  async settled(): Promise<boolean> {
    const from = this.#journal.nowMs;
    const good = (name: SampleClass): boolean => {
      const last = samplesOf(this.#journal, name).slice(-8);
      return last.length === 8 && last.every((sample) => sample.good);
    };
    const enough = () => this.#journal.nowMs >= from + leadMs && good("writes") && good("jobs");
    return waitUntil(enough, { deadlineMs: 30_000, signal: this.#stage.signal });
  }

  /** What an engineer reads and sets before a switch that can lose data. */
  async decide(topology: string, { brokenAt, acceptsLoss = false }: Decision): Promise<void> {
    const { database, storage } = axesOf(topology);
    if (database === "restored") await this.#chooseRestorePoint(brokenAt);
    if (database === "secondary") await this.#readLoss("database", acceptsLoss);
    if (storage === "secondary") await this.#readLoss("storage", acceptsLoss);
  }

  async #chooseRestorePoint(corruptedAt: Date): Promise<void> {
    const at = `${new Date(corruptedAt.getTime() - restoreMarginMs).toISOString().slice(0, 19)}Z`;
    await setConfigPaths(this.#stage.workspace, "failover", [["failover-stacks:restores[0].at", at]]);
    this.#database = restoredDatabaseName(at);
    this.#journal.mark({ kind: "restore-point", at, corruptedAt: corruptedAt.toISOString() });
  }

  async #readLoss(what: "database" | "storage", acceptsLoss: boolean): Promise<void> {
    const { workspace } = this.#stage;
    const { seconds, survivesBefore, text } = await expectedLoss(workspace, what);
    this.#journal.mark({ kind: "expected-loss", what, seconds, text });
    if (!acceptsLoss || survivesBefore === null) return;
    await setConfig(workspace, "failover", ["acceptedLoss", survivesBefore]);
    this.#accepted = true;
  }

  /** What was accepted for one switch says nothing about the next. */
  async #acceptNoMore(): Promise<void> {
    if (this.#accepted) await removeConfig(this.#stage.workspace, "failover", "acceptedLoss");
    this.#accepted = false;
  }

  /** What there is now. A region that is away holds jobs that are done once it is back. */
  async takeStock(): Promise<void> {
    this.#journal.mark({ kind: "reconciled", found: await this.#look() });
  }

  #look(): Promise<Found> {
    const { writer } = this.#workload;
    return reconcile(this.#stage.plant, { database: this.#database, writer, since: this.#startedAt });
  }

  /** Lets everything that was accepted come to its end, then takes stock once more. */
  async drain(): Promise<void> {
    const { plant, signal } = this.#stage;
    await this.close();
    await this.#acceptNoMore();
    const isDrained = async () => {
      const queued = await queuedIn(plant);
      return (
        (await plant.backlog(this.#database)) === 0 && Object.values(queued).every((count) => count === 0)
      );
    };
    if (await waitUntil(isDrained, { deadlineMs: drainDeadlineMs, signal }))
      this.#journal.mark({ kind: "drained" });
    await this.takeStock();
  }

  /** Nothing is written from then on. */
  async close(): Promise<void> {
    this.#ending = true;
    await this.#workload.stop();
    // Of a drill that was stopped it only says that it was.
    await this.#watching?.catch((error: unknown) => {
      if (!this.#stage.signal.aborted) throw error;
    });
  }
}
