import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { guard } from "../../engine/guard.ts";
import { type About, type Finding, nameOf } from "../../engine/guard-finding.ts";
import type { Plan } from "../../engine/preview-plan.ts";
import { axesOf } from "../../infra/compose.ts";
import { type Axes, degraded, normal } from "../../infra/topologies.ts";
import { changed, recorded, type RecordedStep, replacedCreateFirst, withStep } from "../preview/streams.ts";

const switching = recorded("preview-lb-direct");
const lbDirect: About = {
  stack: "failover",
  moves: { edge: { from: "proxied", to: "dns-only" }, bypass: { from: "closed", to: "open" } },
};
const bypassOnly: About = { stack: "failover", moves: { bypass: { from: "closed", to: "open" } } };

const blocking = (findings: Finding[]): string[] =>
  findings
    .filter(({ detector, severity }) => detector === "axes" && severity === "blocks")
    .map(({ what }) => what);

const withBypass = (change: Partial<RecordedStep>) =>
  guard(
    withStep(switching, "SecurityRule::bypass", (step) => ({ ...step, ...change })),
    lbDirect,
  );

/** Each is a switch that does what it should, and one thing besides. */
const strays: Record<string, [findings: Finding[], says: string]> = {
  "an update that does not say what differs": [
    guard(
      withStep(switching, ":DnsRecord::alias-www", (step) => ({ ...step, op: "update" })),
      lbDirect,
    ),
    "the switch would also update DnsRecord alias-www",
  ],
  "an update of an axis' own resource that does not say what differs": [
    withBypass({ detailedDiff: null, diffs: [] }),
    "the switch would also update SecurityRule bypass, of which the engine does not say what differs",
  ],
  "an update whose differences are empty": [
    withBypass({ detailedDiff: {}, diffs: [] }),
    "the switch would also update SecurityRule bypass, of which the engine does not say what differs",
  ],
  "an input that only diffs names": [
    withBypass({ diffs: ["access", "sourceAddressPrefix"] }),
    "the switch would also update sourceAddressPrefix of SecurityRule bypass",
  ],
  "an update for which the provider replaces": [
    withBypass({ detailedDiff: { access: { diffKind: "update-replace", inputDiff: false } } }),
    "the switch would also replace SecurityRule bypass",
  ],
  "an update whose keys make the provider replace": [
    withBypass({ keys: ["access"] }),
    "the switch would also replace SecurityRule bypass",
  ],
  "a replacement, the new one first": [
    guard(withStep(switching, "SecurityRule::bypass", replacedCreateFirst), lbDirect),
    "the switch would also replace SecurityRule bypass",
  ],
  "a deletion of what an axis moves": [
    withBypass({ op: "delete", new: null, detailedDiff: null, diffs: [] }),
    "the switch would also delete SecurityRule bypass",
  ],
  "a resource whose name only ends like that of an axis": [
    guard(
      changed(switching, (events) =>
        events.map((event) => {
          const metadata = event.resourcePreEvent?.metadata ?? event.resOutputsEvent?.metadata;
          if (metadata?.urn.endsWith("SecurityRule::bypass")) metadata.urn = `${metadata.urn}::bypass`;
          return event;
        }),
      ),
      lbDirect,
    ),
    "the switch would also update SecurityRule bypass::bypass",
  ],
};

for (const [what, [findings, says]] of Object.entries(strays)) {
  test(`in a switch ${what} blocks`, (t) => {
    const found = blocking(findings);
    t.true(found.includes(says), found.join("\n") || "nothing was found");
  });
}

test("a path inside an input that is named already is no further one", (t) => {
  t.deepEqual(
    blocking(withBypass({ detailedDiff: { "access.x": { diffKind: "update", inputDiff: false } } })),
    [],
  );
});

/**
 * What every topology's switch did on a local plant: names of resources, and paths of their inputs. A new topology's
 * is recorded by `UPDATE_GOLDEN=1 npx ava tests/preview/preview.test.ts`.
 */
const switches = JSON.parse(
  readFileSync(join(import.meta.dirname, "../preview/recorded/topologies.json"), "utf8"),
) as { figures: { name: string; axes: Axes }; plan: Plan }[];

/** The stream of a switch whose plan was recorded, with the steps of a preview that changes nothing. */
function streamOf({ changes }: Plan): string {
  return changed(recorded("preview-normal"), (events) => {
    const steps = changes.map(({ resource, kind, inputs }) => {
      const same = events.map((event) => event.resourcePreEvent?.metadata);
      const step = same.find((it) => it && nameOf(it) === resource) ?? added(resource);
      const roots = inputs.map(({ path }) => path.split(".")[0] ?? path);
      return { ...step, op: kind, diffs: kind === "update" ? [...new Set(roots)] : [], detailedDiff: null };
    });
    const others = events.filter(
      ({ resourcePreEvent: { metadata } = {} }) => !steps.some(({ urn }) => urn === metadata?.urn),
    );
    const taken = events.length - others.length;
    const counts: Record<string, number> = {};
    for (const { op } of steps) counts[op] = (counts[op] ?? 0) + 1;
    return others.flatMap((event) => {
      if (!event.summaryEvent) return [event];
      const same = (event.summaryEvent["resourceChanges"] as { same: number }).same - taken;
      const summaryEvent = { ...event.summaryEvent, resourceChanges: { same, ...counts } };
      return [
        ...steps.map((metadata) => ({ sequence: 0, resourcePreEvent: { metadata } })),
        { sequence: 0, summaryEvent },
      ];
    });
  });
}

/** One that a switch makes, or that was added to the program after the preview was recorded. */
function added(resource: string): RecordedStep {
  const [kind = "", name] = resource.split(" ");
  const types: Record<string, string> = { Database: "azure-native:sql", Command: "command:local" };
  const type = `${types[kind]}:${kind}`;
  const urn = `urn:pulumi:failover::failover-stacks::${type}::${name}`;
  return { op: "create", urn, type, old: null, new: { inputs: {} }, logical: true };
}

function movesOf(axes: Partial<Axes>): NonNullable<About["moves"]> {
  const moved = (Object.keys(axes) as (keyof Axes)[]).filter((axis) => axes[axis] !== normal[axis]);
  return Object.fromEntries(moved.map((axis) => [axis, { from: normal[axis], to: axes[axis] ?? "" }]));
}

test("of every topology the real switch is recorded: UPDATE_GOLDEN=1 npx ava tests/preview/preview.test.ts", (t) => {
  t.deepEqual(
    Object.fromEntries(switches.map(({ figures }) => [figures.name, figures.axes])),
    Object.fromEntries(Object.keys(degraded).map((name) => [name, axesOf(name)])),
  );
});

for (const name of Object.keys(degraded)) {
  const plan = switches.find(({ figures }) => figures.name === name)?.plan ?? { changes: [] };
  const stream = streamOf(plan as Plan);
  const moves = movesOf(axesOf(name));

  test(`the real switch to ${name} moves each axis that the topology sets, and nothing else`, (t) => {
    t.deepEqual(guard(stream, { stack: "failover", moves }), []);
  });

  for (const axis of Object.keys(moves)) {
    test(`the real switch to ${name} touches something that is not its own where ${axis} is not to move`, (t) => {
      const { [axis]: _left, ...others } = moves;
      t.not(blocking(guard(stream, { stack: "failover", moves: others })).length, 0);
    });
  }

  test(`the real switch to ${name} moves nothing for an axis that nobody has told the guard of`, (t) => {
    const invented = { ...moves, cache: { from: "warm", to: "cold" } };
    t.deepEqual(blocking(guard(stream, { stack: "failover", moves: invented })), [
      "the switch would move nothing for cache, from warm to cold",
    ]);
  });
}

test("a database that is restored, and of which hosts are not told, recovers nothing", (t) => {
  const plan = switches.find(({ figures }) => figures.name === "database-restored")?.plan;
  const untold = plan?.changes.filter(({ resource }) => !resource.startsWith("KeyValue")) ?? [];
  t.is(untold.length, 1);
  const stream = streamOf({ changes: untold } as unknown as Plan);
  t.deepEqual(blocking(guard(stream, { stack: "failover", moves: movesOf(axesOf("database-restored")) })), [
    "the switch would move nothing for database, from live to restored",
  ]);
});

test("a switch that moves one axis more than its topology sets blocks", (t) => {
  t.deepEqual(blocking(guard(switching, bypassOnly)), ["the switch would also update DnsRecord client"]);
});
