import { ruleOfClass } from "../../drill/judged.ts";
import type { Rule } from "../../drill/outage.ts";
import type { JournalEntry, Sample, SampleClass } from "../../watch/journal.ts";

export const rule: Rule = { periodMs: 50, sustainMs: 5000 };

export interface Stretch {
  fromMs: number;
  toMs: number;
}

/** Samples of one class at its own pace, 50 ms for clients; those due in a failing stretch fail after 2 s. */
export function samples(
  range: Stretch,
  failing: readonly Stretch[] = [],
  name: SampleClass = "fresh",
): Sample[] {
  const made: Sample[] = [];
  const { periodMs } = ruleOfClass(name, rule);
  for (let dueMs = range.fromMs; dueMs < range.toMs; dueMs += periodMs) {
    const fails = failing.some(({ fromMs, toMs }) => dueMs >= fromMs && dueMs < toMs);
    made.push({
      kind: "sample",
      class: name,
      dueMs,
      sentMs: dueMs,
      doneMs: dueMs + (fails ? 2000 : 10),
      good: !fails,
    });
  }
  return made;
}

/** A scenario's journal: fault at 1 s, seen at 3 s, switch at 4 s, write at 6 s, lift at 20 s, back at 25 s. */
export function journal({
  failing = [],
  proven = true,
}: { failing?: Stretch[]; proven?: boolean } = {}): JournalEntry[] {
  return [
    { kind: "fault", atMs: 1000, fault: "edge-down" },
    { kind: "proof", atMs: 2000, fault: "edge-down", proven, evidence: "edge: silent" },
    { kind: "seen", atMs: 3000, by: "probes" },
    { kind: "switch", atMs: 4000, topology: "lb-direct" },
    { kind: "write", atMs: 6000, durationMs: 30, what: "record", request: "PUT /record" },
    { kind: "switched", atMs: 6500, changes: { update: 1, same: 4 } },
    { kind: "lift", atMs: 20_000, fault: "edge-down" },
    { kind: "back-begin", atMs: 20_500, topology: "normal" },
    { kind: "back-end", atMs: 25_000 },
    { kind: "end", atMs: 25_000 },
    ...samples({ fromMs: 0, toMs: 25_000 }, failing),
    ...samples({ fromMs: 0, toMs: 25_000 }, failing, "pooled"),
    ...samples({ fromMs: 0, toMs: 25_000 }, failing, "ttl-ignoring"),
  ];
}
