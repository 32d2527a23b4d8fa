import { breakDeadLocks } from "../engine/locks.ts";
import { setConfig, up, type UpResult, type Workspace } from "../engine/pulumi.ts";
import { axesOf } from "../infra/compose.ts";

export interface SwitchOptions {
  /** Name of a topology, or several joined by `+`. */
  topology: string;
  deadlineSeconds: number;
  signal?: AbortSignal | undefined;
}

/**
 * Recovers: `pulumi config set topology <name> -s failover`, then `pulumi up -s failover`.
 * An unknown or conflicting topology is refused before anything is written. A lock that a killed
 * pulumi of this machine left behind is broken first.
 */
export async function switchTopology(workspace: Workspace, options: SwitchOptions): Promise<UpResult> {
  axesOf(options.topology);
  await breakDeadLocks(workspace, "failover");
  await setConfig(workspace, "failover", ["topology", options.topology]);
  return up(workspace, { stack: "failover", ...options });
}
