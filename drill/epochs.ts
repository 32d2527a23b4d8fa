import type { JournalEntry } from "../watch/journal.ts";
import { findMark, marksOf } from "./marks.ts";

/** The moments between which data are looked for, in the journal's milliseconds. */
export interface Epochs {
  /** What the clock on the wall said when the journal began. */
  beganAt: number;
  /** The last of the faults: with an earlier one alone nothing was lost. */
  faultMs: number;
  /** When clients' writes began to go elsewhere, if they did. */
  moveMs: number;
  /** Since when clients are served again: what is accepted from then on, no recovery excuses. */
  servedMs: number;
  /** When what was broken began to be lifted, or left. */
  liftMs: number;
  /** Of a restore: what is from after the point is not in it. */
  restored: { pointMs: number; corruptedMs: number } | null;
  /** The replica was made the primary without waiting for what it lacked. */
  forced: boolean;
}

export function epochsOf(entries: readonly JournalEntry[]): Epochs {
  const beganAt = Date.parse(findMark(entries, "began")?.at ?? "");
  const place = (at: string): number => Date.parse(at) - beganAt;
  const restore = findMark(entries, "restore-point");
  // A planned one may have been tried before: what counts is the one that was done.
  const promotion = marksOf(entries, "write").findLast(({ what }) => what === "promotion");
  const move = promotion ?? findMark(entries, "switch");
  const lift = findMark(entries, "lift") ?? findMark(entries, "back-begin");
  return {
    beganAt,
    faultMs: marksOf(entries, "fault").at(-1)?.atMs ?? 0,
    moveMs: move?.atMs ?? Infinity,
    servedMs: findMark(entries, "served")?.sinceMs ?? Infinity,
    liftMs: lift?.atMs ?? Infinity,
    restored: restore ? { pointMs: place(restore.at), corruptedMs: place(restore.corruptedAt) } : null,
    forced: /forceFailover/i.test(promotion?.request ?? ""),
  };
}

/** Nothing but a forced promotion and a restore may lose what was acknowledged. */
export function mayLose({ forced, restored }: Epochs): boolean {
  return forced || restored !== null;
}
