import { join } from "node:path";
import { changed, type Changes } from "../engine/events.ts";
import { type ErrorCode, FailoverError } from "../infra/errors.ts";
import { clientTtlSeconds } from "../infra/topologies.ts";
import { failBack } from "../recovery/failback.ts";
import { switchTopology } from "../recovery/switch.ts";
import { Journal, type JournalEntry, monotonicMs, type Sample, type SampleClass } from "../watch/journal.ts";
import type { BreakablePlant, Fault, Proof } from "./faults/fault.ts";
import { type FaultName, faults } from "./faults/index.ts";
import { DataRun, risksData } from "./data-run.ts";
import { goodWithinMs, judgedClassOf, ruleOf } from "./judged.ts";
import { saysSomething } from "./coverage.ts";
import { findMark } from "./marks.ts";
import { findOutage, type Rule } from "./outage.ts";
import { doubleFailure, samplesOf, tookNormalWay } from "./samples.ts";
import { type Scenario, type ScenarioName, scenarios } from "./scenarios.ts";
import { type Stage, switchDeadlineSeconds } from "./stage.ts";
import { orStopped, pause, waitUntil } from "./wait.ts";

/** An attempt that is expected to be refused gets this long. */
const attemptSeconds = 10;
/** Beside the TTL that has to pass: settings that hosts read, a backlog that is worked off. */
const recoveryMs = 60_000;
/** What is broken shows within this after a good sample would be in, also where health checks have to notice it first. */
const detectionMs = 4000;

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
    await run.close();
    await probes.stop();
    unwatch();
    await journal.close();
  }
}

class Run {
  readonly #scenario: Scenario;
  readonly #journal: Journal;
  readonly #stage: Stage;
  /** Clients that write, where data can be lost. */
  readonly #data: DataRun | null;
  readonly #plant: BreakablePlant;
  #brokenAt = new Date();

  constructor(scenario: Scenario, journal: Journal, stage: Stage) {
    this.#scenario = scenario;
    this.#journal = journal;
    this.#stage = stage;
    this.#data = risksData(scenario) ? new DataRun(journal, stage) : null;
    this.#plant = { ...stage.plant, surge: (jobs) => this.#data?.surge(jobs) };
  }

  /** The order of steps; the only place that knows it. */
  async play(): Promise<void> {
    const { topology, tries } = this.#scenario;
    await this.#steady();
    await this.#degrade();
    await this.#break();
    await this.#detect();
    if (topology) await this.#decide(topology);
    if (topology) await this.#switch(topology);
    if (tries) await this.#attempt(tries);
    if (!tries) await this.#recovered();
    await this.#data?.takeStock();
    await this.#lift();
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
    for (const fault of during.faults) await orStopped(faults[fault].apply(this.#plant), this.#signal);
    await this.#data?.decide(during.topology, { brokenAt: new Date() });
    await this.#up(during.topology, switchDeadlineSeconds);
    this.#journal.mark({ kind: "degraded", ...during });
    if ((await this.#data?.settled()) !== false) return;
    throw new FailoverError("PLANT_FAILED", {
      problems: `${during.topology} does not serve, so nothing can be said of a second failure.`,
      fix: "npm run drill",
    });
  }

  async #break(): Promise<void> {
    for (const fault of this.#scenario.faults) {
      this.#journal.mark({ kind: "fault", fault });
      this.#brokenAt = new Date();
      await orStopped(faults[fault].apply(this.#plant), this.#signal);
      // What it breaks may take a moment, as a replica that falls behind; the next one finds it broken.
      if (this.#scenario.faults.length > 1) await waitUntil(() => this.#isBroken(fault), this.#detection);
    }
  }

  /** The probes see it, and each broken part is looked at directly, at the same time. */
  async #detect(): Promise<void> {
    const seen = waitUntil(() => doubleFailure(this.#samples), this.#detection);
    const proofs = this.#scenario.faults.map((fault) => this.#prove(fault));
    const [detected] = await Promise.all([seen, ...proofs]);
    if (detected) this.#journal.mark({ kind: "seen", by: "probes" });
  }

  async #prove(fault: FaultName): Promise<void> {
    let proof: Proof = { proven: false, evidence: "" };
    const seen = async () => (proof = await faults[fault].prove(this.#plant)).proven;
    await waitUntil(seen, this.#detection);
    this.#journal.mark({ kind: "proof", fault, ...proof });
  }

  async #isBroken(fault: FaultName): Promise<boolean> {
    return (await faults[fault].prove(this.#plant)).proven;
  }

  /** Nothing is decided twice: what an earlier switch may have lost is known by then. */
  async #decide(topology: string): Promise<void> {
    const { during, acceptsLoss } = this.#scenario;
    if (!during) await this.#data?.decide(topology, { brokenAt: this.#brokenAt, acceptsLoss });
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
    const untilMs = Math.max(this.#journal.nowMs, askedAgainMs) + rule.sustainMs + goodWithinMs(this.#class);
    await pause(untilMs - this.#journal.nowMs, this.#signal);
  }

  /** The worst phase of a cache: it has just asked, and keeps the old answer for the whole TTL. */
  async #refill(): Promise<void> {
    const name = this.#stage.plant.clientName;
    this.#journal.mark({ kind: "refilled", name, ttlSeconds: await this.#stage.plant.refill(name) });
  }

  /** Waits for sustained service; when it does not come, the measurement will say so. */
  async #recovered(): Promise<void> {
    const { ttlDivisor } = this.#stage.timing;
    const rule = this.#rule;
    const faultMs = findMark(this.#journal.entries, "fault")?.atMs ?? 0;
    const back = (): boolean => {
      const outage = findOutage(this.#since(faultMs), rule);
      const served = outage ? outage.recoveredMs !== null : this.#journal.nowMs >= faultMs + rule.sustainMs;
      return served && this.#workedOff;
    };
    const deadlineMs = (clientTtlSeconds.proxied * 1000) / ttlDivisor + rule.sustainMs + recoveryMs;
    if (!(await waitUntil(back, { deadlineMs, signal: this.#signal }))) return;
    this.#markServed(faultMs);
    // The lift ends what is measured; a sample that is still on its way must not decide whether the window was full.
    await pause(goodWithinMs(this.#class), this.#signal);
  }

  #markServed(faultMs: number): void {
    const sinceMs = findOutage(this.#since(faultMs), this.#rule)?.recoveredMs ?? faultMs;
    const last = samplesOf(this.#journal).findLast(({ good }) => good);
    const path = ["DNS", ...(last?.via ?? []), last?.server ?? "nobody"].join(" → ");
    this.#journal.mark({ kind: "served", sinceMs, path });
  }

  async #lift(): Promise<void> {
    const broken = [...this.#scenario.faults, ...(this.#scenario.during?.faults ?? [])];
    for (const fault of broken) {
      const { lift }: Fault = faults[fault];
      if (!lift) continue;
      // Before it: what serves while a fault is being lifted is no longer what the switch achieved.
      this.#journal.mark({ kind: "lift", fault });
      await orStopped(lift(this.#plant), this.#signal);
    }
    for (const fault of broken.filter((each) => faults[each].lift !== null)) {
      const healed = async () => !(await this.#isBroken(fault));
      if (await waitUntil(healed, { deadlineMs: 30_000, signal: this.#signal })) continue;
      throw new FailoverError("PLANT_FAILED", {
        problems: `${fault} was lifted 30 s ago, and what it broke still does not answer.`,
        fix: "npm run drill",
      });
    }
    await this.#served();
  }

  /** A repair may itself cost a moment, as the restart of the only server: it is not what the way back loses. */
  async #served(): Promise<void> {
    const good = () => this.#samples.slice(-10).every((sample) => sample.good);
    await waitUntil(good, { deadlineMs: 30_000, signal: this.#signal });
  }

  /** Back to normal, and then a second more: from a dns-only topology no client holds the old answer by then. */
  async #failBack(): Promise<void> {
    const { topology, tries, during } = this.#scenario;
    const left = topology ?? tries ?? during?.topology;
    const backMs = this.#journal.nowMs;
    this.#journal.mark({ kind: "back-begin", topology: left ? "normal" : null });
    if (left) await this.#actBack();
    await pause(1000, this.#signal);
    await this.#watchedWell(backMs);
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

  /** In a second of samples two late ones say that nothing was seen; then it is watched for longer. */
  async #watchedWell(fromMs: number): Promise<void> {
    const seen = () => {
      const toMs = this.#journal.nowMs - goodWithinMs(this.#class);
      return toMs > fromMs && saysSomething(this.#journal.entries, { fromMs, toMs }, this.#rule);
    };
    await waitUntil(seen, { deadlineMs: 20_000, signal: this.#signal });
  }

  async #up(topology: string, deadlineSeconds: number): Promise<Changes> {
    const options = { topology, deadlineSeconds, signal: this.#signal };
    return (await switchTopology(this.#stage.workspace, options)).changes;
  }

  /** A backlog, where there is one to watch, is under its bound. */
  get #workedOff(): boolean {
    const last = this.#journal.entries.findLast((entry) => entry.kind === "backlog");
    return !last || last.count <= last.bound;
  }

  /** What the judged clients saw. */
  get #samples(): Sample[] {
    return samplesOf(this.#journal, this.#class);
  }

  #since(ms: number): Sample[] {
    return this.#samples.filter(({ doneMs }) => doneMs >= ms);
  }

  get #class(): SampleClass {
    return judgedClassOf(this.#scenario.system);
  }

  get #rule(): Rule {
    return ruleOf(this.#scenario.system, this.#stage.timing.rule);
  }

  get #detection(): { deadlineMs: number; signal: AbortSignal } {
    return { deadlineMs: detectionMs + goodWithinMs(this.#class), signal: this.#signal };
  }

  get #signal(): AbortSignal {
    return this.#stage.signal;
  }
}
