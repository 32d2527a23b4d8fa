import { setTimeout as delay } from "node:timers/promises";
import type { Workspace } from "../engine/pulumi.ts";
import { adopt, needsAdoption } from "./adopt.ts";
import { liveTraffic } from "./live-traffic.ts";
import { act, forgottenAfterSeconds, type SwitchOptions } from "./switch.ts";

export interface FailbackOptions extends Omit<SwitchOptions, "topology"> {
  /** TTLs are divided by this: 1, but in a rehearsal. */
  ttlDivisor: number;
  /** Told of each act just before it: the topology that is switched to. */
  onAct: (topology: string) => void;
}

/**
 * Goes back to `normal`. From a dns-only topology in two acts: the record first, with the firewall still open, and
 * once no client can hold the old answer any more, the firewall. Where the firewall alone is open, nobody can say
 * since when (the first act may have ended a moment ago, and this be its second try): it waits as long.
 * A restored database that hosts use is adopted first: `normal` would send them back to the one that was given up.
 * A promoted one goes back by a planned promotion, which waits until the old server streams. What a dead region's
 * queue still holds and the size of the pool need no step of their own: workers drain both accounts all the time.
 */
export async function failBack(workspace: Workspace, options: FailbackOptions): Promise<void> {
  const { ttlDivisor, onAct, ...rest } = options;
  if (await needsAdoption(workspace)) await adopt(workspace);
  const { edge, bypass } = await liveTraffic(workspace);
  if (edge === "dns-only") {
    onAct("bypass-open");
    await act(workspace, { topology: "bypass-open", ...rest });
  }
  if (edge === "dns-only" || bypass === "open") {
    const waitMs = (forgottenAfterSeconds * 1000) / ttlDivisor;
    await delay(waitMs, undefined, { signal: options.signal });
  }
  onAct("normal");
  await act(workspace, { topology: "normal", ...rest });
}
