import test from "ava";
import type { Cluster } from "../../../../local/plant/sql/cluster.ts";
import { promoteForced } from "../../../../local/plant/sql/promotion.ts";
import type { ServerState } from "../../../../local/plant/sql/server-states.ts";

type Log = string[];

/** A database that does as it is told; `promotes` is what pg_promote answers. */
function fakeCluster(log: Log, side: "primary" | "secondary", promotes = true) {
  const role: Cluster["role"] = side === "primary" ? "primary" : "replica";
  const cluster = {
    side,
    name: `${side}/saas`,
    role,
    isRunning: true,
    ask: async (sql: string) => (sql.includes("pg_promote") ? [{ done: promotes }] : [{ recovering: true }]),
    becomePrimary() {
      cluster.role = "primary";
    },
    async kill() {
      log.push(`kill ${side}`);
      cluster.isRunning = false;
    },
    async start() {
      log.push(`start ${side}`);
      cluster.isRunning = true;
    },
  };
  return cluster;
}

function open(state: ServerState, promotes: boolean) {
  const log: Log = [];
  const old = fakeCluster(log, "primary");
  const replica = fakeCluster(log, "secondary", promotes);
  old.isRunning = state !== "lost";
  const gateway = {
    route: async ({ name }: { name: string }) => void log.push(`route ${name}`),
    unroute: async ({ name }: { name: string }) => void log.push(`unroute ${name}`),
    serve: async () => {},
  };
  const states = { primary: state, secondary: "served" } as const;
  const pairs = [{ old, replica }] as unknown as { old: Cluster; replica: Cluster }[];
  return { log, old, replica, promote: () => promoteForced(pairs, { gateway, states }) };
}

for (const state of ["served", "lost"] as const) {
  test(`a forced promotion that fails half-way leaves the roles as they were, its old server ${state}`, async (t) => {
    const { log, old, replica, promote } = open(state, false);
    await t.throwsAsync(promote(), { message: /secondary\/saas is recovering/ });
    t.deepEqual([old.role, replica.role], ["primary", "replica"]);
    t.deepEqual(log, ["unroute primary/saas", "kill secondary", "route primary/saas", "start secondary"]);
  });
}

test("a forced promotion that succeeds fences the old primary", async (t) => {
  const { log, old, replica, promote } = open("hung", true);
  await promote();
  t.deepEqual([old.role, replica.role], ["fenced", "primary"]);
  t.deepEqual(log, ["unroute primary/saas"]);
});
