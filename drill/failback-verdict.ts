import type { SampleClass } from "../watch/journal.ts";
import { tolerableUnusableShare } from "./coverage.ts";
import type { Measurement } from "./measure.ts";
import type { Verdict } from "./ruling.ts";

/**
 * A way back is planned and has no disaster to excuse it: samples of more than this that fail in all, and it is
 * missed. What it does to data is judged without any allowance.
 */
const allowedSeconds: Readonly<Record<SampleClass, number>> = {
  // Nothing that moves is taken away before what replaces it serves.
  fresh: 1,
  pooled: 1,
  "ttl-ignoring": 1,
  // The primary role is nowhere for a moment; then hosts hold the listener's old answer for its TTL of 30 s.
  writes: 45,
  // What moves them interrupts nothing; a job in a hand that is taken away waits for another.
  jobs: 5,
};

export function allowedFailbackSeconds({
  judged,
  failback,
}: Pick<Measurement, "judged" | "failback">): number {
  return failback?.movesDatabase
    ? Math.max(allowedSeconds.writes, allowedSeconds[judged])
    : allowedSeconds[judged];
}

export function judgeFailback({ failback, judged }: Measurement): Verdict | null {
  if (!failback) return null;
  if (!failback.held || failback.outageSeconds > allowedFailbackSeconds({ failback, judged }))
    return "missed";
  return failback.unusableShare > tolerableUnusableShare ? "unproven" : "kept";
}
