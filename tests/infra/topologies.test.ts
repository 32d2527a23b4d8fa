import test from "ava";
import * as fc from "fast-check";
import { axesOf, composeTopology, isRefusal } from "../../infra/compose.ts";
import { systems } from "../../infra/systems.ts";
import {
  type Axes,
  degraded,
  type Degraded,
  type DegradedName,
  normal,
  notYet,
  topologyNames,
} from "../../infra/topologies.ts";
import { scenarios, type Scenario } from "../../drill/scenarios.ts";

const entries = Object.entries(degraded) as [DegradedName, Degraded][];
const axisNames = Object.keys(normal) as (keyof Axes)[];
const names = entries.map(([name]) => name);

function changesOf(name: DegradedName): Partial<Axes> {
  const { recovers: _recovers, because: _because, ...changes }: Degraded = degraded[name];
  return changes;
}

test("normal resolves to itself", (t) => {
  t.deepEqual(axesOf("normal"), normal);
});

for (const [name, { recovers, because }] of entries) {
  test(`${name} changes only what it names`, (t) => {
    t.deepEqual(axesOf(name), { ...normal, ...changesOf(name) });
    t.notDeepEqual(axesOf(name), normal);
    t.true(recovers in systems);
    t.true(because.endsWith("."));
  });
}

/** Exercised by each failback from dns-only. */
const drilledOtherwise = ["bypass-open"];

for (const [name, { recovers }] of entries.filter(([each]) => !drilledOtherwise.includes(each))) {
  test(`${name} is drilled by a scenario of the system it recovers`, (t) => {
    const drilled = Object.values(scenarios as Record<string, Scenario>).filter(
      ({ topology }) => topology === name,
    );
    t.true(drilled.some(({ system }) => system === recovers));
  });
}

test("topologies of DNS, Cloudflare and the load balancer say edge and origin, and open the bypass when dns-only", (t) => {
  for (const [name, { recovers, edge, origin, bypass }] of entries) {
    if (recovers !== "DNS & CloudFlare" && recovers !== "Load balancer") continue;
    if (name === "bypass-open") continue;
    t.truthy(edge && origin, name);
    t.is(bypass === "open", edge === "dns-only", name);
  }
});

test("bypass-open sets the bypass alone, so that it joins every topology that leaves the bypass closed", (t) => {
  t.deepEqual(changesOf("bypass-open"), { bypass: "open" });
  for (const name of names.filter((each) => axesOf(each).bypass === "closed")) {
    t.deepEqual(axesOf(`bypass-open+${name}`), { ...axesOf(name), bypass: "open" });
  }
});

test("topologies of the API servers set the api axis alone, so that they can join any other", (t) => {
  for (const [name, { recovers }] of entries.filter((entry) => entry[1].recovers === "API servers")) {
    t.deepEqual(Object.keys(changesOf(name)), ["api"], recovers);
  }
});

test("a topology of the plan that is still to come says which part brings it", (t) => {
  for (const name of Object.keys(notYet)) {
    t.false((topologyNames as string[]).includes(name));
    const result = composeTopology(name);
    t.true(isRefusal(result) && result.code === "NOT_YET_SERVED");
  }
});

test("two topologies join exactly when no axis is set by both to different values", (t) => {
  for (const [one, other] of names.flatMap((first) => names.map((second) => [first, second] as const))) {
    const [first, second] = [changesOf(one), changesOf(other)];
    const clash = axisNames.some((axis) => first[axis] && second[axis] && first[axis] !== second[axis]);
    const result = composeTopology(`${one}+${other}`);
    if (clash || one === other) {
      t.like(result, { code: "CONFLICTING_TOPOLOGIES" });
      t.true(isRefusal(result) && result.problem.includes(one) && result.problem.includes(other));
    } else {
      t.deepEqual(result, { ...normal, ...first, ...second });
      t.deepEqual(composeTopology(`${other}+${one}`), result);
    }
  }
});

test("the way back from a dns-only topology can keep what another system needs", (t) => {
  t.deepEqual(axesOf("bypass-open+api-backup-only"), { ...normal, bypass: "open", api: "backup" });
});

test("whatever is asked for, the answer is all axes or a refusal with a next command", (t) => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const result = composeTopology(text);
      return isRefusal(result)
        ? result.fix.startsWith("pulumi ") || result.fix.startsWith("choose one")
        : axisNames.every((axis) => result[axis]);
    }),
  );
  t.pass();
});
