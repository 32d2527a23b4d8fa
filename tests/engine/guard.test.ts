import test from "ava";
import { blocks, guard } from "../../engine/guard.ts";
import type { About, Detector, Finding } from "../../engine/guard-finding.ts";
import { guardState } from "../../engine/guard-state.ts";
import {
  changed,
  lines,
  recorded,
  type RecordedStep,
  replacedCreateFirst,
  replacedDeleteFirst,
  withStep,
} from "../preview/streams.ts";

const merging = (stack: About["stack"]): About => ({ stack, moves: null });
const lbDirect: About = {
  stack: "failover",
  moves: { edge: { from: "proxied", to: "dns-only" }, bypass: { from: "closed", to: "open" } },
};

/** Streams in which nothing is wrong, with what they are about. Each mutation below starts from one of them. */
const good: Record<string, [stream: string, about: About]> = {
  "a preview that changes nothing": [recorded("preview-normal"), merging("failover")],
  "a preview of the primary stack that changes nothing": [recorded("preview-primary"), merging("primary")],
  "a preview of a switch": [recorded("preview-lb-direct"), lbDirect],
  "an up that switches": [recorded("up-lb-direct"), lbDirect],
};

for (const [what, [stream, about]] of Object.entries(good)) {
  test(`${what} has no finding`, (t) => t.deepEqual(guard(stream, about), []));
}

const [normalStream, primaryStream, switchStream] = [
  recorded("preview-normal"),
  recorded("preview-primary"),
  recorded("preview-lb-direct"),
];
const deleted = (step: RecordedStep): RecordedStep => ({ ...step, op: "delete", new: null });
const inputsOf = (snapshot: RecordedStep["old"]) => snapshot?.["inputs"] as Record<string, unknown>;
const withInputs = (step: RecordedStep, inputs: Record<string, unknown>): RecordedStep => ({
  ...step,
  op: "update",
  new: { ...step.new, inputs: { ...inputsOf(step.new), ...inputs } },
  detailedDiff: Object.fromEntries(
    Object.keys(inputs).map((key) => [key, { diffKind: "update", inputDiff: false }]),
  ),
});

interface Red {
  from: string;
  about: About;
  detector: Detector;
  severity?: Finding["severity"];
  says: RegExp;
}

const red: Record<string, Red> = {
  "a deleted database": {
    from: withStep(primaryStream, "sql:Database::database", deleted),
    about: merging("primary"),
    detector: "stateful",
    says: /^Database database would be deleted; retainOnDelete leaves it in the cloud/,
  },
  "a deleted database that nothing retains": {
    from: withStep(primaryStream, "sql:Database::database", (step) => {
      const { retainOnDelete: _kept, ...old } = step.old ?? {};
      return deleted({ ...step, old });
    }),
    about: merging("primary"),
    detector: "stateful",
    says: /^Database database would be deleted; its data and the backups/,
  },
  "a replaced storage account": {
    from: withStep(primaryStream, ":StorageAccount::storage-primary", (step) =>
      replacedDeleteFirst({
        ...step,
        detailedDiff: { location: { diffKind: "update-replace", inputDiff: false } },
      }),
    ),
    about: merging("primary"),
    detector: "stateful",
    says: /^StorageAccount storage-primary would be replaced, because location differs; its blobs/,
  },
  "an update for which the provider replaces": {
    from: withStep(primaryStream, ":Queue::storage-primary-work", (step) => ({
      ...step,
      op: "update",
      detailedDiff: { queueName: { diffKind: "update-replace", inputDiff: true } },
    })),
    about: merging("primary"),
    detector: "stateful",
    says: /^Queue storage-primary-work would be replaced, because queueName differs/,
  },
  "a deleted resource of a type that nobody has thought of": {
    from: withStep(primaryStream, "storage:Queue::storage-primary-work", (step) =>
      deleted({ ...step, type: "azure-native:documentdb:DatabaseAccount" }),
    ),
    about: merging("primary"),
    detector: "stateful",
    says: /nobody has said what is lost with a resource of type azure-native:documentdb:DatabaseAccount/,
  },
  "a database that is no longer protected": {
    from: withStep(primaryStream, "sql:Database::database", (step) => {
      const { protect: _gone, ...next } = step.new ?? {};
      return { ...step, new: next };
    }),
    about: merging("primary"),
    detector: "stateful",
    says: /^Database database would lose protect; the next change may delete it/,
  },
  "a resource of a type that nobody has thought of, no longer protected": {
    from: withStep(primaryStream, "sql:Database::database", (step) => {
      const { protect: _gone, ...next } = step.new ?? {};
      return { ...step, type: "azure-native:documentdb:DatabaseAccount", new: next };
    }),
    about: merging("primary"),
    detector: "stateful",
    says: /would lose protect; the next change may delete it: nobody has said what is lost with a resource of type azure-native:documentdb:DatabaseAccount/,
  },
  "a replaced machine": {
    from: withStep(primaryStream, "compute:VirtualMachine::api-main", replacedDeleteFirst),
    about: merging("primary"),
    detector: "replacement",
    severity: "warns",
    says: /^VirtualMachine api-main would be replaced; what depends on it is without it meanwhile/,
  },
  "a deleted record": {
    from: withStep(normalStream, ":DnsRecord::client", deleted),
    about: merging("failover"),
    detector: "dns-gap",
    says: /^api\.saas\.test would be without a record;/,
  },
  "a record that is deleted before its successor is made": {
    from: withStep(normalStream, ":DnsRecord::client", replacedDeleteFirst),
    about: merging("failover"),
    detector: "dns-gap",
    says: /^the record of api\.saas\.test would be deleted before the new one is made;/,
  },
  "a record that is made a second time before the first goes": {
    from: withStep(normalStream, ":DnsRecord::client", replacedCreateFirst),
    about: merging("failover"),
    detector: "dns-gap",
    says: /^api\.saas\.test would get a second record before the first is deleted;/,
  },
  "a second record of a live name": {
    from: withStep(normalStream, ":DnsRecord::client", (step) => [
      step,
      { ...step, op: "create", urn: `${step.urn}-2`, old: null },
    ]),
    about: merging("failover"),
    detector: "dns-gap",
    says: /^api\.saas\.test would have two records: DnsRecord client and DnsRecord client-2;/,
  },
  "a record of another type": {
    from: withStep(switchStream, ":DnsRecord::alias-app", (step) => withInputs(step, { type: "A" })),
    about: merging("failover"),
    detector: "record-identity",
    says: /^type of DnsRecord alias-app would change from CNAME to A;/,
  },
  "a record of another name": {
    from: withStep(normalStream, ":DnsRecord::client", (step) =>
      withInputs(step, { name: "api2.saas.test" }),
    ),
    about: merging("failover"),
    detector: "record-identity",
    says: /^name of DnsRecord client would change from api\.saas\.test to api2\.saas\.test;/,
  },
  "an ordinary change that moves clients": {
    from: withStep(normalStream, ":DnsRecord::client", (step) =>
      withInputs(step, { content: "127.21.1.21" }),
    ),
    about: merging("failover"),
    detector: "traffic",
    severity: "warns",
    says: /^DnsRecord client would change \(content\), without a switch of topology;/,
  },
  "a switch that changes another resource": {
    from: withStep(switchStream, ":KeyValue::failover", (step) => withInputs(step, { value: "{}" })),
    about: lbDirect,
    detector: "axes",
    says: /^the switch would also update KeyValue failover; the topology moves edge, bypass;/,
  },
  "a switch that changes another input of its own resource": {
    from: withStep(switchStream, ":DnsRecord::client", (step) => ({
      ...step,
      detailedDiff: { ...step.detailedDiff, content: { diffKind: "update", inputDiff: false } },
    })),
    about: lbDirect,
    detector: "axes",
    says: /^the switch would also update content of DnsRecord client;/,
  },
  "a switch that replaces what it should update": {
    from: withStep(switchStream, "SecurityRule::bypass", replacedDeleteFirst),
    about: lbDirect,
    detector: "axes",
    says: /^the switch would also delete-replaced SecurityRule bypass;/,
  },
  "a switch that leaves one of its axes where it was": {
    from: withStep(switchStream, "SecurityRule::bypass", (step) => ({
      ...step,
      op: "same",
      detailedDiff: null,
    })),
    about: lbDirect,
    detector: "axes",
    says: /^the switch would move nothing for bypass, from closed to open;/,
  },
  "half of a replacement that an earlier up left": {
    from: withStep(primaryStream, "compute:VirtualMachine::api-main", (step) => [
      { ...step, op: "delete-replaced", logical: false },
      { ...step, op: "same" },
    ]),
    about: merging("primary"),
    detector: "state",
    says: /^VirtualMachine api-main was left half-deleted by an earlier up/,
  },
  "a failed preview": {
    from: recorded("preview-throws"),
    about: merging("failover"),
    detector: "engine",
    says: /^pulumi preview -s failover fails: Running program .* failed with an unhandled exception: Error: boom/,
  },
  "an up in which a cloud refused something": {
    from: recorded("up-renamed-record"),
    about: merging("failover"),
    detector: "engine",
    says: /^pulumi up -s failover fails: failed to make http request: POST .* 400 Bad Request/,
  },
};

for (const [what, { from, about, detector, severity = "blocks", says }] of Object.entries(red)) {
  test(`${what} is found by ${detector} and ${severity}`, (t) => {
    const found = guard(from, about).filter((finding) => finding.detector === detector);
    const texts = found.map(({ what: is, why }) => `${is}; ${why}`);
    t.true(
      texts.some((text) => says.test(text)),
      texts.join("\n") || "nothing was found",
    );
    t.is(found[0]?.severity, severity);
    for (const { next } of found) t.regex(next, /\w{3}/);
  });
}

const summaryOf = (change: Record<string, unknown>) =>
  changed(normalStream, (events) =>
    events.map((event) =>
      event.summaryEvent ? { ...event, summaryEvent: { ...event.summaryEvent, ...change } } : event,
    ),
  );

/** Streams that are not what they should be, and how that is put. */
const refused: Record<string, [stream: string, reason: RegExp]> = {
  "an empty stream": ["", /no summary/],
  "a stream that was cut before its summary": [
    changed(normalStream, (events) => events.filter((event) => !event.summaryEvent)),
    /no summary: the stream was cut short/,
  ],
  "a stream with a line cut in half": [normalStream.slice(0, 2000), /is no JSON: it was cut/],
  "a stream that misses an event": [
    lines(
      normalStream
        .trim()
        .split("\n")
        .toSpliced(5, 1)
        .map((line) => JSON.parse(line) as object),
    ),
    /event 5 is missing: the next one is number 6/,
  ],
  "an unknown event": [
    changed(normalStream, (events) => [{ sequence: 0, resourceEatenEvent: {} }, ...events]),
    /unknown event resourceEatenEvent/,
  ],
  "two events in one": [
    changed(normalStream, (events) => [{ sequence: 0, cancelEvent: {}, stdoutEvent: {} }, ...events]),
    /line 1 is not one event/,
  ],
  "an unknown operation": [
    withStep(normalStream, ":DnsRecord::client", (step) => ({ ...step, op: "sublimate" })),
    /unknown operation "sublimate"/,
  ],
  "an unknown kind of difference": [
    withStep(normalStream, ":DnsRecord::client", (step) => ({
      ...step,
      detailedDiff: { ttl: { diffKind: "update-perhaps", inputDiff: false } },
    })),
    /unknown difference "update-perhaps"/,
  ],
  "an unknown result": [summaryOf({ result: "half" }), /unknown result "half"/],
};

for (const [what, [stream, reason]] of Object.entries(refused)) {
  test(`${what} is refused`, (t) => {
    const [finding, ...others] = guard(stream, merging("failover"));
    t.is(finding?.detector, "stream");
    t.is(finding?.severity, "blocks");
    t.regex(finding?.what ?? "", reason);
    t.deepEqual(others, []);
  });
}

test("a state that the engine calls corrupt is no success", (t) => {
  t.true(blocks(guard(summaryOf({ maybeCorrupt: true }), merging("failover"))));
});

test("a renamed database is red, with the alias that keeps it", (t) => {
  const found = guard(recorded("preview-renamed-database"), merging("primary"));
  const [loss] = found.filter(
    ({ detector, resource }) => detector === "stateful" && resource === "Database database",
  );
  t.is(
    loss?.next,
    'if Database database-main is the same one under a new name, say so: aliases: [{ name: "database" }]',
  );
  t.true(
    found.some(
      ({ detector, what }) => detector === "engine" && /cannot be deleted because it is protected/.test(what),
    ),
  );
});

test("a record whose type the real engine would replace has a gap and another type", (t) => {
  const detectors = guard(recorded("preview-record-type"), merging("failover")).map(
    ({ detector }) => detector,
  );
  t.deepEqual(detectors, ["dns-gap", "record-identity"]);
});

test("another name for clients is red, although the provider would write it in place", (t) => {
  const found = guard(recorded("preview-host"), merging("failover"));
  t.true(found.some(({ detector, severity }) => detector === "record-identity" && severity === "blocks"));
});

test("what an up that was cut off left in the state is named", (t) => {
  const urn = (name: string) =>
    `urn:pulumi:primary::failover-stacks::a:B$azure-native:compute:VirtualMachine::${name}`;
  const found = guardState(
    {
      resources: [
        { urn: urn("fine") },
        { urn: urn("old"), delete: true },
        { urn: urn("gone"), pendingReplacement: true },
      ],
      pending_operations: [
        { type: "creating", resource: { urn: urn("new") } },
        { type: "updating", resource: { urn: urn("main") } },
      ],
    },
    "primary",
  );
  t.deepEqual(
    found.map(({ what }) => what),
    [
      "creating VirtualMachine new was begun, and nobody knows how it ended",
      "updating VirtualMachine main was begun, and nobody knows how it ended",
      "VirtualMachine old is half-deleted: its replacement was made and the old one is still there",
      "VirtualMachine gone was deleted for a replacement that was never made",
    ],
  );
  t.true(blocks(found));
  t.regex(found[0]?.next ?? "", /--clear-pending-creates/);
});

test("a resource has one name, in a finding about a stream and in one about a state", (t) => {
  const urn = "urn:pulumi:primary::failover-stacks::a:B$azure-native:compute:VirtualMachine::api::main";
  const stream = changed(primaryStream, (events) =>
    events.map((event) => {
      const metadata = event.resourcePreEvent?.metadata;
      if (!metadata?.urn.endsWith(":VirtualMachine::api-main")) return event;
      return { ...event, resourcePreEvent: { metadata: { ...metadata, urn } } };
    }),
  );
  t.deepEqual(guard(stream, merging("primary")), []);
  const deletedStream = withStep(stream, "VirtualMachine::api::main", deleted);
  const [inStream] = guard(deletedStream, merging("primary"));
  const [inState] = guardState({ resources: [{ urn, delete: true }] }, "primary");
  t.is(inStream?.resource, "VirtualMachine api::main");
  t.is(inState?.resource, inStream?.resource);
});

test("a state in which everything ended has no finding", (t) => {
  t.deepEqual(guardState({ resources: [{ urn: "urn:pulumi:a::b::c:d:E::f" }] }, "primary"), []);
  t.deepEqual(guardState({}, "primary"), []);
});
