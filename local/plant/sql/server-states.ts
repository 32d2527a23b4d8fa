import type { Side } from "../data-hosts.ts";
import type { Cluster } from "./cluster.ts";
import type { SqlContext } from "./context.ts";

/** `lost`: its processes are gone. `hung`: they answer nothing. `read-only`: as with storage that is full. */
export type ServerState = "served" | "lost" | "hung" | "read-only";

/** Resolves when all databases of the server are so; those that are fenced stay as they are. */
export async function setServer(context: SqlContext, side: Side, state: ServerState): Promise<void> {
  context.states[side] = state;
  if (state === "lost") await context.gateway.serve(side, false);
  const clusters = context.clusters.on(side).filter(({ role }) => role !== "fenced" || state !== "served");
  await Promise.all(clusters.map((cluster) => apply[state](cluster)));
}

const apply: Record<ServerState, (cluster: Cluster) => Promise<void>> = {
  lost: (cluster) => cluster.kill(),
  async hung(cluster) {
    cluster.freeze();
  },
  "read-only": (cluster) => setWrites(cluster, "refused"),
  async served(cluster) {
    cluster.thaw();
    if (!cluster.isRunning) await cluster.start();
    await setWrites(cluster, "taken");
  },
};

async function setWrites(cluster: Cluster, writes: "taken" | "refused"): Promise<void> {
  const refusesWrites = writes === "refused";
  if (cluster.role !== "primary" || cluster.refusesWrites === refusesWrites) return;
  cluster.refusesWrites = refusesWrites;
  await cluster.reload();
}
