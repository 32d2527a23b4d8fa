import type { Cluster } from "./cluster.ts";
import type { LagWatch } from "./lag.ts";

export interface DatabaseStatus {
  database: string;
  role: Cluster["role"];
  /** Of a replica; null for a primary. */
  state: "streaming" | "behind" | "down" | null;
}

const behindSeconds = 2;

export function statusOf({ database, role }: Cluster, watch: LagWatch | undefined): DatabaseStatus {
  if (role === "primary") return { database, role, state: null };
  if (role === "fenced" || !watch?.streams) return { database, role, state: "down" };
  return { database, role, state: (watch.last?.seconds ?? 0) > behindSeconds ? "behind" : "streaming" };
}
