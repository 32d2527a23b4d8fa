import { setTimeout as delay } from "node:timers/promises";
import { outputs, type Workspace } from "../engine/pulumi.ts";
import { dnsOnlyTtlSeconds, marginSeconds, switchTopology, type SwitchOptions } from "./switch.ts";

export interface FailbackOptions extends Omit<SwitchOptions, "topology"> {
  /** TTLs are divided by this: 1, but in a rehearsal. */
  ttlDivisor: number;
  /** Told of each act just before it: the topology that is switched to. */
  act: (topology: string) => void;
}

/**
 * Goes back to `normal`. From a dns-only topology in two acts: the record first, with the firewall still open, and
 * once no client can hold the old answer any more, the firewall.
 */
export async function failBack(workspace: Workspace, options: FailbackOptions): Promise<void> {
  const { ttlDivisor, act, ...rest } = options;
  const live = await outputs(workspace, "failover");
  if (live["edge"] === "dns-only") {
    act("bypass-open");
    await switchTopology(workspace, { topology: "bypass-open", ...rest });
    const waitMs = ((dnsOnlyTtlSeconds + marginSeconds) * 1000) / ttlDivisor;
    await delay(waitMs, undefined, { signal: options.signal });
  }
  act("normal");
  await switchTopology(workspace, { topology: "normal", ...rest });
}
