import type { JournalEntry, Mark } from "../watch/journal.ts";
import { findMark, seconds } from "./marks.ts";

/** Disjoint slices of the way from the decision to service. Null where the switch wrote nothing of the kind. */
export interface Slices {
  /** From the decision to the start of the first write at a cloud's API. */
  engineSeconds: number | null;
  /** From the start of the first security rule's write to that of the record: the rules are in force by then. */
  securityRuleSeconds: number | null;
  /** The write of the DNS record. */
  recordSeconds: number | null;
  /** From the order of a restore to the write of the settings that name what was restored. */
  restoreSeconds: number | null;
  /** The write of the settings, where no record moves. */
  settingsSeconds: number | null;
  /** From the order of a planned promotion that failed to that of the forced one. */
  plannedSeconds: number | null;
  /** The order to change the primary role, until it was answered: what the cloud does then is in the tail. */
  promotionSeconds: number | null;
  /** The order of more machines, until it was answered. */
  capacitySeconds: number | null;
  /** From the end of the last of these to the first good sample of sustained service. */
  tailSeconds: number | null;
}

const none: Slices = {
  engineSeconds: null,
  securityRuleSeconds: null,
  recordSeconds: null,
  restoreSeconds: null,
  settingsSeconds: null,
  plannedSeconds: null,
  promotionSeconds: null,
  capacitySeconds: null,
  tailSeconds: null,
};

type Write = Extract<Mark, { kind: "write" }> & { startMs: number };

/** `recoveredMs`: when the first good sample of sustained service was answered. */
export function slicesOf(entries: readonly JournalEntry[], recoveredMs: number | null): Slices {
  const switchMs = findMark(entries, "switch")?.atMs;
  const writes = writesOf(entries);
  const first = writes.toSorted((a, b) => a.startMs - b.startMs)[0];
  if (!first || switchMs === undefined || recoveredMs === null) return none;
  const of = (what: Write["what"]) => writes.find((write) => write.what === what);
  const [rule, record, settings] = [of("security rule"), of("record"), of("settings")];
  const [restore, capacity] = [of("restore"), of("capacity")];
  const promotions = writes.filter(({ what }) => what === "promotion");
  const [planned, promotion] = [promotions[0], promotions.at(-1)];
  const last = record ?? settings ?? promotion ?? capacity ?? first;
  return {
    engineSeconds: seconds(switchMs, first.startMs),
    securityRuleSeconds: between(rule, record),
    recordSeconds: durationOf(record),
    restoreSeconds: between(restore, settings),
    settingsSeconds: record ? null : durationOf(settings),
    plannedSeconds: planned && promotion !== planned ? between(planned, promotion) : null,
    promotionSeconds: durationOf(promotion),
    capacitySeconds: durationOf(capacity),
    tailSeconds: Math.max(0, seconds(last.atMs, recoveredMs)),
  };
}

function writesOf(entries: readonly JournalEntry[]): Write[] {
  return entries
    .filter((entry) => entry.kind === "write")
    .map((write) => ({ ...write, startMs: write.atMs - write.durationMs }));
}

/** From the start of one to that of the other. */
function between(one: Write | undefined, other: Write | undefined): number | null {
  return one && other ? Math.max(0, seconds(one.startMs, other.startMs)) : null;
}

function durationOf(write: Write | undefined): number | null {
  return write ? write.durationMs / 1000 : null;
}
