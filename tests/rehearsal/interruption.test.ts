import test from "ava";
import { DrillProcess, listening, processesOf } from "./drill-process.ts";

const minutes = 60_000;

const stopsCleanly = test.macro<[string]>({
  async exec(t, phase) {
    t.timeout(5 * minutes, phase);
    const drill = new DrillProcess(["load-balancer-down"]);
    t.teardown(() => drill.child.kill("SIGKILL"));
    await drill.printed(phase);
    drill.child.kill("SIGINT");
    t.is(await drill.ended(), 3, drill.output);
    t.regex(drill.output, /\nINTERRUPTED\n/);
    t.deepEqual(listening(drill.block), []);
    t.deepEqual(processesOf(drill.block), []);
  },
  title: (_, phase) => `Ctrl-C after "${phase.trim()}" leaves no process and no port`,
});

for (const phase of ["is up (", "stack primary is deployed", "  fault  ", "  switch  ", "  failback  "]) {
  test.serial(stopsCleanly, phase);
}

const isCleanedUp = test.macro<[string]>({
  async exec(t, phase) {
    t.timeout(5 * minutes);
    const killed = new DrillProcess(["load-balancer-down"]);
    await killed.printed(phase);
    const { block } = killed;
    killed.child.kill("SIGKILL");
    await killed.ended();
    t.not(processesOf(block).length, 0, "nothing was left to clean up, so this proves nothing");
    const next = new DrillProcess(["load-balancer-down"]);
    t.teardown(() => next.child.kill("SIGKILL"));
    await next.printed(`cleaned up 127.${block}.0.0/16`);
    next.child.kill("SIGINT");
    t.is(await next.ended(), 3, next.output);
    t.deepEqual(processesOf(block), []);
    t.deepEqual(listening(block), []);
  },
  title: (_, phase) => `a drill that is killed after "${phase.trim()}" is cleaned up by the next one`,
});

for (const phase of ["stack primary is deployed", "  switch  "]) test.serial(isCleanedUp, phase);

test.serial("two drills at once work in address blocks of their own", async (t) => {
  t.timeout(5 * minutes);
  const drills = [new DrillProcess(["load-balancer-down"]), new DrillProcess(["load-balancer-down"])];
  t.teardown(() => drills.forEach(({ child }) => child.kill("SIGKILL")));
  await Promise.all(drills.map((drill) => drill.printed("stack failover is deployed")));
  const blocks = drills.map(({ block }) => block);
  t.is(new Set(blocks).size, 2);
  for (const block of blocks) t.true(listening(block).length > 10);
  for (const { child } of drills) child.kill("SIGINT");
  for (const drill of drills) t.is(await drill.ended(), 3, drill.output);
});
