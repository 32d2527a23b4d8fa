import test from "ava";
import * as fc from "fast-check";
import { axesOf, composeTopology, isRefusal } from "../../infra/compose.ts";
import { systems } from "../../infra/systems.ts";
import {
  type Axes,
  comesWith,
  degraded,
  type Degraded,
  normal,
  topologyNames,
} from "../../infra/topologies.ts";
import { scenarios, type Scenario } from "../../drill/scenarios.ts";

const entries = Object.entries(degraded) as [string, Degraded][];

test("normal resolves to itself", (t) => {
  t.deepEqual(axesOf("normal"), normal);
});

for (const [name, { recovers, because, ...changes }] of entries) {
  test(`${name} changes only what it names`, (t) => {
    t.deepEqual(axesOf(name), { ...normal, ...changes });
    t.notDeepEqual(axesOf(name), normal);
    t.true(recovers in systems);
    t.true(because.endsWith("."));
  });

  test(`${name} is drilled by a scenario of the system it recovers`, (t) => {
    const drilled = Object.values(scenarios as Record<string, Scenario>).filter(
      ({ topology }) => topology === name,
    );
    t.true(drilled.some(({ system }) => system === recovers));
  });
}

test("topologies of DNS, Cloudflare and the load balancer say edge and origin themselves", (t) => {
  for (const [name, entry] of entries) t.truthy(entry.edge && entry.origin, name);
});

test("a topology of the plan that is still to come is not one of those served", (t) => {
  for (const name of Object.keys(comesWith)) {
    t.false((topologyNames as string[]).includes(name));
    const result = composeTopology(name);
    t.true(isRefusal(result) && result.code === "NOT_YET_SERVED");
  }
});

test("every pair of this version's topologies is refused, both named", (t) => {
  const names = entries.map(([name]) => name);
  for (const [one, other] of names.flatMap((first) => names.map((second) => [first, second] as const))) {
    const result = composeTopology(`${one}+${other}`);
    t.like(result, { code: "CONFLICTING_TOPOLOGIES" });
    t.true(isRefusal(result) && result.problem.includes(one) && result.problem.includes(other));
  }
});

test("whatever is asked for, the answer is all axes or a refusal with a next command", (t) => {
  const axes = Object.keys(normal) as (keyof Axes)[];
  fc.assert(
    fc.property(fc.string(), (text) => {
      const result = composeTopology(text);
      return isRefusal(result)
        ? result.fix.startsWith("pulumi ") || result.fix.startsWith("choose one")
        : axes.every((axis) => result[axis]);
    }),
  );
  t.pass();
});
