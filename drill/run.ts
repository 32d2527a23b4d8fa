import { join } from "node:path";
import { changed, type Changes } from "../engine/events.ts";
import { type ErrorCode, FailoverError } from "../infra/errors.ts";
import { axesOf } from "../infra/compose.ts";
import { clientTtlSeconds, normal } from "../infra/topologies.ts";
import { failBack } from "../recovery/failback.ts";
import { switchTopology } from "../recovery/switch.ts";
import { Journal, type JournalEntry, monotonicMs } from "../watch/journal.ts";
import { DataRun, risksData } from "./data-run.ts";
import { FaultRun } from "./fault-run.ts";
import { JudgedClients } from "./judged-clients.ts";
import { findMark } from "./marks.ts";
import { followSettings, movesSettings } from "./part-rules.ts";
import { doubleFailure, samplesOf, tookNormalWay } from "./samples.ts";
import { type Scenario, type ScenarioName, scenarios } from "./scenarios.ts";
import { type Stage, switchDeadlineSeconds, type Timing } from "./stage.ts";
import { pause, waitUntil } from "./wait.ts";

/** An attempt that is expected to be refused gets this long. */
const attemptSeconds = 10;
/** Beside the TTL that has to pass: settings that hosts read, a backlog that is worked off. */
const recoveryMs = 60_000;
/** What is broken shows within this after a good sample would be in, also where health checks have to notice it first. */
const detectionMs = 4000;

/**
 * How long a way back is watched at least: a second, and where hosts are told something else, until all have asked.
 * Reads are quick here.
 * @param left topology that is left; undefined: none
 */
export function watchedMs(left: string | undefined, { refreshSeconds }: Timing): number {
  if (left === undefined || !movesSettings({ from: normal, to: axesOf(left) })) return 1000;
  // Their pauses differ by a tenth.
  return (refreshSeconds * 1.1 + followSettings.agentSeconds + 1) * 1000;
}

/** A cloud that says no, or says nothing until our deadline. All else that ends a switch is no finding about a cloud. */
const refusals: readonly ErrorCode[] = ["ENGINE_FAILED", "ENGINE_DEADLINE"];

export function isRefusal(error: unknown): error is FailoverError {
  return error instanceof FailoverError && refusals.includes(error.code);
}

/** Breaks, detects, switches, waits for service, lifts, fails back. @returns the journal of all of it */
export async function runScenario(name: ScenarioName, stage: Stage): Promise<JournalEntry[]> {
  const journal = new Journal(join(stage.evidence, `${name}.jsonl`));
  const unwatch = journal.watch(stage.follow);
  const probes = stage.startProbes();
  probes.sendTo((sample) => journal.take(sample));
  const run = new Run(scenarios[name], journal, stage);
  try {
    await run.play();
    return journal.entries;
  } finally {
    try {
      await run.close();
    } finally {
      await probes.stop();
      unwatch();
      await journal.close();
    }
  }
}

class Run {
  readonly #scenario: Scenario;
  readonly #journal: Journal;
  readonly #stage: Stage;
  /** Clients that write, where data can be lost. */
  readonly #data: DataRun | null;
  readonly #faults: FaultRun;
  readonly #clients: JudgedClients;
  readonly #detection: { deadlineMs: number; signal: AbortSignal };

  constructor(scenario: Scenario, journal: Journal, stage: Stage) {
    this.#scenario = scenario;
    this.#journal = journal;
    this.#stage = stage;
    this.#data = risksData(scenario) ? new DataRun(journal, stage) : null;
    this.#clients = new JudgedClients(journal, scenario.system, stage.timing.rule);
    // A job that is in hand, or just before it, may still be done in time: two of them are late only after a second bound.
    this.#detection = { deadlineMs: detectionMs + 2 * this.#clients.goodWithinMs, signal: stage.signal };
    const plant = { ...stage.plant, surge: (jobs: number) => this.#data?.surge(jobs) };
    this.#faults = new FaultRun({ scenario, plant, journal, ...this.#detection });
  }

  /** The order of steps; the only place that knows it. */
  async play(): Promise<void> {
    const { topology, tries } = this.#scenario;
    await this.#steady();
    await this.#degrade();
    await this.#faults.breakAll();
    await this.#detect();
    if (topology) await this.#decide(topology);
    if (topology) await this.#switch(topology);
    if (tries) await this.#attempt(tries);
    if (!tries) await this.#recovered();
    await this.#data?.takeStock();
    await this.#faults.liftAll();
    await this.#served();
    await this.#failBack();
    this.#journal.mark({ kind: "end" });
    await this.#data?.drain();
  }

  async close(): Promise<void> {
    await this.#data?.close();
  }

  /** Half a second of good samples that took the normal way: the plant is whole before it is broken. */
  async #steady(): Promise<void> {
    const last = () => samplesOf(this.#journal).slice(-10);
    const whole = () => last().length === 10 && last().every((sample) => tookNormalWay(sample));
    const served = await waitUntil(whole, { deadlineMs: 30_000, signal: this.#signal });
    if (served && (await this.#data?.settled()) !== false) return;
    const sample =
      this.#journal.entries.findLast((entry) => entry.kind === "sample" && !entry.good) ?? last().at(-1);
    throw new FailoverError("PLANT_FAILED", {
      problems: `the plant does not serve as normal before the fault; last sample: ${JSON.stringify(sample)}`,
      fix: "npm run drill",
    });
  }

  /** An earlier disaster, recovered from: the plant serves, and is not what it was. */
  async #degrade(): Promise<void> {
    const { during } = this.#scenario;
    if (!during) return;
    await this.#faults.breakBefore();
    await this.#data?.decide(during.topology, { brokenAt: new Date() });
    const changes = await this.#up(during.topology, switchDeadlineSeconds);
    if (changed(changes) === 0) throw new Error(`${during.topology} changed nothing`);
    this.#journal.mark({ kind: "degraded", ...during });
    if ((await this.#data?.settled()) !== false) return;
    throw new FailoverError("PLANT_FAILED", {
      problems: `${during.topology} does not serve, so nothing can be said of a second failure.`,
      fix: "npm run drill",
    });
  }

  /** The probes see it, and each broken part is looked at directly, at the same time. */
  async #detect(): Promise<void> {
    const seen = waitUntil(() => doubleFailure(this.#clients.sinceFault), this.#detection);
    const [detected] = await Promise.all([seen, this.#faults.proveAll()]);
    if (detected) this.#journal.mark({ kind: "seen", by: "probes" });
  }

  /** Nothing is decided twice: what an earlier switch may have lost is known by then. */
  async #decide(topology: string): Promise<void> {
    const { during, acceptsLoss } = this.#scenario;
    if (!during) await this.#data?.decide(topology, { brokenAt: this.#faults.brokenAt, acceptsLoss });
  }

  async #switch(topology: string): Promise<void> {
    await this.#refill();
    const startedMs = monotonicMs();
    this.#journal.mark({ kind: "switch", topology });
    const changes = await this.#up(topology, switchDeadlineSeconds);
    for (const { method, path, what, answeredMs, durationMs } of await this.#stage.plant.writesSince(
      startedMs,
    )) {
      this.#journal.mark({ kind: "write", what, request: `${method} ${path}`, durationMs }, answeredMs);
    }
    this.#journal.mark({ kind: "switched", changes: changes as Record<string, number> });
    if (changed(changes) === 0) throw new Error(`${topology} changed nothing`);
  }

  async #attempt(topology: string): Promise<void> {
    await this.#refill();
    this.#journal.mark({ kind: "switch", topology });
    try {
      await this.#up(topology, attemptSeconds);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#journal.mark({ kind: "refused", topology, reason: error.problems.slice(0, 2).join(" ") });
    }
    await this.#hold();
  }

  /** Had the attempt moved anything, clients would be served by then: the old answer is gone, and service sustained. */
  async #hold(): Promise<void> {
    const { rule } = this.#stage.timing;
    const refilled = findMark(this.#journal.entries, "refilled");
    const askedAgainMs = refilled ? refilled.atMs + refilled.ttlSeconds * 1000 : 0;
    const untilMs = Math.max(this.#journal.nowMs, askedAgainMs) + rule.sustainMs + this.#clients.goodWithinMs;
    await pause(untilMs - this.#journal.nowMs, this.#signal);
  }

  /** The worst phase of a cache: it has just asked, and keeps the old answer for the whole TTL. */
  async #refill(): Promise<void> {
    const name = this.#stage.plant.clientName;
    this.#journal.mark({ kind: "refilled", name, ttlSeconds: await this.#stage.plant.refill(name) });
  }

  /** Waits for sustained service; when it does not come, the measurement will say so. */
  async #recovered(): Promise<void> {
    const { ttlDivisor, rule } = this.#stage.timing;
    const deadlineMs = (clientTtlSeconds.proxied * 1000) / ttlDivisor + rule.sustainMs + recoveryMs;
    if (!(await waitUntil(() => this.#clients.isBack(), { deadlineMs, signal: this.#signal }))) return;
    this.#journal.mark({ kind: "served", ...this.#clients.served() });
    // The lift ends what is measured; a sample that is still on its way must not decide whether the window was full.
    await pause(this.#clients.goodWithinMs, this.#signal);
  }

  /** A repair may itself cost a moment, as the restart of the only server: it is not what the way back loses. */
  async #served(): Promise<void> {
    await waitUntil(() => this.#clients.areServed(), { deadlineMs: 30_000, signal: this.#signal });
  }

  /**
   * Back to normal, and then a second more: from a dns-only topology no client holds the old answer by then. Where the
   * settings were moved, hosts may follow the old ones for longer, and what is broken next must not find them so.
   */
  async #failBack(): Promise<void> {
    const { topology, tries, during } = this.#scenario;
    const left = topology ?? tries ?? during?.topology;
    const backMs = this.#journal.nowMs;
    this.#journal.mark({ kind: "back-begin", topology: left ? "normal" : null });
    if (left) await this.#actBack();
    await pause(watchedMs(left, this.#stage.timing), this.#signal);
    // In a second of samples two late ones say that nothing was seen; then it is watched for longer.
    const watched = () => this.#clients.watchedSince(backMs) && this.#clients.areServed();
    await waitUntil(watched, { deadlineMs: 20_000, signal: this.#signal });
    this.#journal.mark({ kind: "back-end" });
  }

  async #actBack(): Promise<void> {
    const { workspace, timing } = this.#stage;
    await failBack(workspace, {
      ttlDivisor: timing.ttlDivisor,
      deadlineSeconds: switchDeadlineSeconds,
      signal: this.#signal,
      onAct: (topology) => this.#journal.mark({ kind: "back-act", topology }),
    });
  }

  async #up(topology: string, deadlineSeconds: number): Promise<Changes> {
    const options = { topology, deadlineSeconds, signal: this.#signal };
    return (await switchTopology(this.#stage.workspace, options)).changes;
  }

  get #signal(): AbortSignal {
    return this.#stage.signal;
  }
}
