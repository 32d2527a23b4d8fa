import type { Moments } from "./played.ts";

/** What happens between two moments, and what is counted there. In the order in which they come. */
export const phaseNames = {
  detection: "from the fault until two samples in a row had failed",
  decision: "until the switch: what may be lost is read, the clients' cache is filled again",
  switch: "pulumi up",
  recovery: "until the first good answer of sustained service",
  held: "service held while everything was still broken",
  lift: "what was broken is mended",
  failback: "back to normal, and watched until old answers have expired",
} as const;

export type PhaseName = keyof typeof phaseNames;

export interface Phase {
  name: PhaseName;
  fromMs: number;
  toMs: number;
}

/** What is shorter than the time between two samples has no length that could be told. */
const shortestMs = 50;

/** Each phase lasts until the next one begins; one that took no time is left out. */
export function phasesOf(moments: Moments): Phase[] {
  const begun = beginnings(moments).toSorted((a, b) => a.fromMs - b.fromMs);
  return begun
    .map((phase, i) => ({ ...phase, toMs: begun[i + 1]?.fromMs ?? moments.endMs }))
    .filter(({ fromMs, toMs }) => toMs - fromMs >= shortestMs);
}

type Beginning = Omit<Phase, "toMs">;

function beginnings(moments: Moments): Beginning[] {
  const { faultMs, seenMs, switchMs, liftMs, backMs, firstFailedMs } = moments;
  const begin = (name: PhaseName, fromMs: number | null): Beginning[] =>
    fromMs === null ? [] : [{ name, fromMs }];
  const unnoticed = firstFailedMs === null && switchMs === null;
  return [
    ...begin(unnoticed ? "held" : "detection", faultMs),
    ...begin(switchMs === null ? "recovery" : "decision", afterRecovery(seenMs, moments)),
    ...begin("switch", switchMs),
    ...begin("recovery", afterRecovery(moments.switchedMs, moments)),
    ...begin("held", moments.recoveredMs),
    ...begin("lift", liftMs),
    ...begin("failback", backMs),
  ];
}

/** Nothing is waited for any more once service is back. */
function afterRecovery(atMs: number | null, { recoveredMs }: Moments): number | null {
  return atMs !== null && recoveredMs !== null && atMs >= recoveredMs ? null : atMs;
}
