import { breakDeadLocks } from "../engine/locks.ts";
import { setConfig, up, type UpResult, type Workspace } from "../engine/pulumi.ts";
import { axesOf } from "../infra/compose.ts";
import { FailoverError } from "../infra/errors.ts";
import { clientTtlSeconds } from "../infra/topologies.ts";
import { liveTraffic } from "./live-traffic.ts";

export interface SwitchOptions {
  /** Name of a topology, or several joined by `+`. */
  topology: string;
  deadlineSeconds: number;
  signal?: AbortSignal | undefined;
}

/**
 * Recovers: `pulumi config set topology <name> -s failover`, then `pulumi up -s failover`.
 * An unknown or conflicting topology is refused before anything is written, and so is one that would shut out
 * clients which still hold the DNS answer of a dns-only topology. A lock that a killed pulumi of this machine left
 * behind is broken first.
 */
export async function switchTopology(workspace: Workspace, options: SwitchOptions): Promise<UpResult> {
  const { topology } = options;
  if (axesOf(topology).bypass === "closed") await refuseToShutOut(workspace, topology);
  return act(workspace, options);
}

/** The switch itself, for who knows already that it shuts nobody out. */
export async function act(workspace: Workspace, options: SwitchOptions): Promise<UpResult> {
  const { topology } = options;
  await breakDeadLocks(workspace, "failover");
  await setConfig(workspace, "failover", ["topology", topology]);
  return up(workspace, { stack: "failover", ...options });
}

/**
 * Plain Pulumi does not look at what was live before. In the same `up` that moves the record back, the closing
 * bypass would cut off every client that asked within the last TTL.
 */
async function refuseToShutOut(workspace: Workspace, topology: string): Promise<void> {
  const { edge } = await liveTraffic(workspace);
  if (edge !== "dns-only") return;
  const others = topology.split("+").filter((name) => name !== "normal");
  const open = ["bypass-open", ...others].join("+");
  throw new FailoverError("BYPASS_STILL_IN_USE", {
    problems: [
      `the record is dns-only: clients hold the servers' own addresses for up to ${ttlSeconds} s after it moves.`,
      `${topology} closes the firewall to them at once.`,
    ],
    where: "the topology asked for",
    fix: `pulumi config set topology ${open} -s failover && pulumi up -s failover, wait ${forgottenAfterSeconds} s, then ${topology}`,
  });
}

const ttlSeconds = clientTtlSeconds["dns-only"];

/** After it no client holds a server's own address any more: the TTL, and a margin for caches that are a little late. */
export const forgottenAfterSeconds = ttlSeconds + 10;
