import type { SystemName } from "../infra/systems.ts";
import type { Journal, Sample, SampleClass } from "../watch/journal.ts";
import { saysSomething } from "./coverage.ts";
import { goodWithinMs, judgedClassOf, ruleOf } from "./judged.ts";
import { findMark } from "./marks.ts";
import { findOutage, isInvalid, type Rule } from "./outage.ts";
import { samplesOf } from "./samples.ts";

/** What the clients whose figures are judged have seen so far. */
export class JudgedClients {
  readonly #journal: Journal;
  readonly #class: SampleClass;
  readonly #rule: Rule;

  constructor(journal: Journal, system: SystemName, rule: Rule) {
    this.#journal = journal;
    this.#class = judgedClassOf(system);
    this.#rule = ruleOf(system, rule);
  }

  /** By when a good sample is known, after it was due; in milliseconds. */
  get goodWithinMs(): number {
    return goodWithinMs(this.#class);
  }

  get samples(): Sample[] {
    return samplesOf(this.#journal, this.#class);
  }

  /** Those that were sent since the first fault, and in time. */
  get sinceFault(): Sample[] {
    return this.samples.filter((sample) => sample.sentMs >= this.#faultMs && !isInvalid(sample));
  }

  /** Service is sustained, or was never lost; and a backlog, where there is one to watch, is under its bound. */
  isBack(): boolean {
    const outage = findOutage(this.#brokenSamples(), this.#rule);
    const served = outage
      ? outage.recoveredMs !== null
      : this.#journal.nowMs >= this.#faultMs + this.#rule.sustainMs;
    const backlog = this.#journal.entries.findLast((entry) => entry.kind === "backlog");
    return served && (!backlog || backlog.count <= backlog.bound);
  }

  /** Since when they are served, and which way the last request took. */
  served(): { sinceMs: number; path: string } {
    const sinceMs = findOutage(this.#brokenSamples(), this.#rule)?.recoveredMs ?? this.#faultMs;
    const last = samplesOf(this.#journal).findLast(({ good }) => good);
    return { sinceMs, path: ["DNS", ...(last?.via ?? []), last?.server ?? "nobody"].join(" → ") };
  }

  /** Everything that came to an end in the last second was good. */
  areServed(): boolean {
    const last = this.samples.filter(({ doneMs }) => doneMs >= this.#journal.nowMs - 1000);
    return last.length > 0 && last.every(({ good }) => good);
  }

  /** Enough was seen since then for a verdict about it. */
  watchedSince(fromMs: number): boolean {
    const toMs = this.#journal.nowMs - this.goodWithinMs;
    return toMs > fromMs && saysSomething(this.#journal.entries, { fromMs, toMs }, this.#rule);
  }

  /** As the measurement takes them: with those that were under way when it broke. */
  #brokenSamples(): Sample[] {
    return this.samples.filter(({ doneMs }) => doneMs >= this.#faultMs);
  }

  get #faultMs(): number {
    return findMark(this.#journal.entries, "fault")?.atMs ?? 0;
  }
}
