import type { Cluster } from "./cluster.ts";

/** `lost`: its processes are gone. `hung`: they answer nothing. `read-only`: as with storage that is full. */
export type ServerState = "served" | "lost" | "hung" | "read-only";

/** Whether nothing may run, or answer, on such a server. */
export function isAway(state: ServerState): boolean {
  return state === "lost" || state === "hung";
}

/** What happens to a database at once, in the middle of whatever is done to it. */
export async function strike(cluster: Cluster, state: ServerState): Promise<void> {
  if (state === "lost") return cluster.kill();
  if (state === "hung") cluster.freeze();
  else cluster.thaw();
}

/** The whole of it. Whoever is fenced neither starts nor takes writes. */
export async function bringInto(cluster: Cluster, state: ServerState): Promise<void> {
  await strike(cluster, state);
  if (isAway(state) || cluster.role === "fenced") return;
  if (!cluster.isRunning) await cluster.start();
  await setWrites(cluster, state === "read-only" ? "refused" : "taken");
}

async function setWrites(cluster: Cluster, writes: "taken" | "refused"): Promise<void> {
  const refusesWrites = writes === "refused";
  if (cluster.role !== "primary" || cluster.refusesWrites === refusesWrites) return;
  cluster.refusesWrites = refusesWrites;
  await cluster.reload();
}
