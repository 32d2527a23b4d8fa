import type { EntryAttempt } from "../watch/attempts.ts";
import type { Found } from "../watch/found.ts";
import { type Epochs, mayLose } from "./epochs.ts";
import { seconds } from "./marks.ts";

/** What became of the rows that clients wrote. */
export interface EntryLedger {
  acknowledged: number;
  rejected: number;
  unknown: number;
  /** Acknowledged, and not there. What a restore left behind on purpose is not among them: `discarded`. */
  lost: number;
  /** There, and never sent, sent with another hash, or sent and refused. */
  phantom: number;
  unknownPresent: number;
  unknownAbsent: number;
  /**
   * Of the lost ones, those that nothing excuses: no switch that may lose, a later one of the same time that is there,
   * or an acknowledgement after writes had moved.
   */
  holes: number;
  /** Acknowledged by the database that was left, after it had been corrupted. */
  discarded: { seconds: number; rows: number };
  /**
   * How far back the newest row is that is there with all before it. 0: nothing acknowledged before the fault is
   * missing. Null: everything is.
   */
  rpoSeconds: number | null;
}

/** An acknowledged entry, and when the server says that it was committed. */
interface Kept {
  attempt: EntryAttempt;
  committedMs: number;
  present: boolean;
}

/** `found`: what there is in the end. */
export function entryLedger(
  attempts: readonly EntryAttempt[],
  found: Pick<Found, "entries" | "discarded">,
  epochs: Epochs,
): EntryLedger {
  const isPresent = presenceIn(found.entries);
  const of = (outcome: EntryAttempt["outcome"]) => attempts.filter((attempt) => attempt.outcome === outcome);
  const acknowledged = of("acknowledged").map((attempt) => ({
    attempt,
    committedMs: Date.parse(attempt.committedAt ?? "") - epochs.beganAt,
    present: isPresent(attempt),
  }));
  const left = leftBehind(acknowledged, found.discarded, epochs);
  const lost = acknowledged.filter((kept) => !kept.present && !left.includes(kept));
  const unknown = of("unknown");
  const unknownPresent = unknown.filter((attempt) => isPresent(attempt)).length;
  return {
    acknowledged: acknowledged.length,
    rejected: of("rejected").length,
    unknown: unknown.length,
    lost: lost.length,
    phantom: countPhantoms(attempts, found.entries),
    unknownPresent,
    unknownAbsent: unknown.length - unknownPresent,
    holes: lost.filter((kept) => isHole(kept, acknowledged, epochs)).length,
    discarded: discardedOf(left, epochs),
    rpoSeconds: rpoOf(acknowledged, epochs),
  };
}

function presenceIn(rows: Found["entries"]): (attempt: EntryAttempt) => boolean {
  const known = new Set(rows.map((row) => identity(row)));
  return (attempt) => known.has(identity(attempt));
}

function identity({ writer, seq, previous, hash }: Omit<Found["entries"][number], "committedAt">): string {
  return [writer, seq, previous, hash].join(" ");
}

/** One that was refused must not be there either. */
function countPhantoms(attempts: readonly EntryAttempt[], rows: Found["entries"]): number {
  const sent = attempts.filter(({ outcome }) => outcome !== "rejected");
  const known = new Set(sent.map((attempt) => identity(attempt)));
  return rows.filter((row) => !known.has(identity(row))).length;
}

/**
 * What the database that was left took after its corruption: nobody expects it in the restored one. After the switch
 * some hosts still write there; only what is found in it counts then.
 */
function leftBehind(
  acknowledged: readonly Kept[],
  discarded: Found["discarded"],
  { restored, moveMs }: Epochs,
): Kept[] {
  if (!restored) return [];
  const there = new Set(discarded.map(({ writer, seq }) => `${writer} ${seq}`));
  return acknowledged.filter(
    ({ attempt, committedMs, present }) =>
      !present &&
      committedMs > restored.corruptedMs &&
      (attempt.doneMs < moveMs || there.has(`${attempt.writer} ${attempt.seq}`)),
  );
}

function discardedOf(left: readonly Kept[], { restored }: Epochs): EntryLedger["discarded"] {
  if (!restored || left.length === 0) return { seconds: 0, rows: 0 };
  const last = Math.max(...left.map(({ committedMs }) => committedMs));
  return { seconds: seconds(restored.corruptedMs, last), rows: left.length };
}

/** Order is that of real time: a later one was sent after the lost one had been acknowledged. */
function isHole({ attempt }: Kept, acknowledged: readonly Kept[], epochs: Epochs): boolean {
  const { moveMs } = epochs;
  if (!mayLose(epochs) || attempt.sentMs >= moveMs) return true;
  return acknowledged.some(
    ({ attempt: later, present }) => present && later.sentMs > attempt.doneMs && later.sentMs < moveMs,
  );
}

/** What counts is what was acknowledged until the fault took effect, or until the data went wrong. */
function rpoOf(acknowledged: readonly Kept[], { faultMs, moveMs, restored }: Epochs): number | null {
  const before = acknowledged
    .filter(({ attempt, committedMs }) =>
      restored ? committedMs <= restored.corruptedMs : attempt.sentMs < moveMs,
    )
    .toSorted((a, b) => a.committedMs - b.committedMs);
  const firstLost = before.findIndex(({ present }) => !present);
  if (firstLost === -1) return 0;
  const newest = before[firstLost - 1];
  if (!newest) return null;
  const untilMs = restored ? restored.corruptedMs : Math.max(faultMs, before.at(-1)?.committedMs ?? 0);
  return Math.max(0, seconds(newest.committedMs, untilMs));
}
