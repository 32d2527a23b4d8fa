import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { diffKinds, operations } from "../../engine/event-kinds.ts";
import { isRefused, readEventLog } from "../../engine/event-log.ts";
import { guard } from "../../engine/guard.ts";
import type { About } from "../../engine/guard-finding.ts";
import { changed, recorded, type RecordedEvent, withStep } from "../preview/streams.ts";

const about: About = { stack: "failover", moves: null };
const [normal, switching, replacing, failing] = [
  recorded("preview-normal"),
  recorded("preview-lb-direct"),
  recorded("preview-record-type"),
  recorded("up-renamed-record"),
];

/** The stream with something else in the place of what its first event of that kind says. */
function withPayload(stream: string, kind: string, turn: (payload: object) => unknown): string {
  let done = false;
  return changed(stream, (events) =>
    events.map((event) => {
      const payload = event[kind];
      if (done || payload === undefined) return event;
      done = true;
      return { ...event, [kind]: turn(payload as object) };
    }),
  );
}

const withMetadata = (kind: string, metadata: unknown, stream = switching) =>
  withPayload(stream, kind, (payload) => ({ ...payload, metadata }));

const withFirstStep = (change: Record<string, unknown>) =>
  withPayload(switching, "resourcePreEvent", (payload) => ({
    ...payload,
    metadata: { ...(payload as { metadata: object }).metadata, ...change },
  }));

const counting = (stream: string, counts: Record<string, unknown>) =>
  withPayload(stream, "summaryEvent", (summary) => ({
    ...summary,
    resourceChanges: { ...(summary as { resourceChanges: object }).resourceChanges, ...counts },
  }));

const database = "urn:pulumi:failover::failover-stacks::azure-native:sql:Database::database";
const ended = (kind: string, op: string) =>
  changed(normal, (events) => [
    ...events,
    {
      sequence: 0,
      [kind]: { metadata: { op, urn: database, type: "azure-native:sql:Database", old: null, new: null } },
    } satisfies RecordedEvent,
  ]);

const refused: Record<string, [stream: string, reason: RegExp]> = {
  "a line that is null": [`null\n${normal}`, /line 1 is no event/],
  "a line that is a number": [`7\n${normal}`, /line 1 is no event/],
  "a line that is a list": [`[]\n${normal}`, /line 1 is no event/],
  "an event that is null": [withPayload(switching, "resourcePreEvent", () => null), /resourcePreEvent/],
  "an event that is a text": [withPayload(switching, "preludeEvent", () => "hello"), /preludeEvent/],
  "a step without metadata": [withPayload(switching, "resourcePreEvent", () => ({})), /metadata/],
  "a step whose metadata are null": [withMetadata("resourcePreEvent", null), /metadata/],
  "a step with nothing but its operation": [withMetadata("resourcePreEvent", { op: "same" }), /urn/],
  "a step without a type": [withFirstStep({ type: undefined }), /type/],
  "a step whose URN is empty": [withFirstStep({ urn: "" }), /urn/],
  "a step on no resource's state": [withFirstStep({ old: 7 }), /old/],
  "a step whose protection is no yes or no": [withFirstStep({ old: { protect: "yes" } }), /protect/],
  "a step whose differing paths are no list": [withFirstStep({ diffs: "access" }), /diffs/],
  "a step whose causes are no list": [withFirstStep({ keys: 7 }), /keys/],
  "a step whose differences are texts": [
    withFirstStep({ detailedDiff: { access: "update" } }),
    /detailedDiff/,
  ],
  "an outcome without metadata": [withMetadata("resOutputsEvent", undefined), /resOutputsEvent/],
  "a failure without metadata": [withMetadata("resOpFailedEvent", undefined, failing), /resOpFailedEvent/],
  "a message that is none": [
    withPayload(failing, "diagnosticEvent", (payload) => ({ ...payload, message: null })),
    /diagnosticEvent/,
  ],
  "a summary that is null": [withPayload(normal, "summaryEvent", () => null), /summaryEvent/],
  "a summary that does not say whether it was a preview": [
    withPayload(normal, "summaryEvent", (summary) => ({ ...summary, isPreview: undefined })),
    /isPreview/,
  ],
  "an outcome of an unknown operation": [
    ended("resOutputsEvent", "sublimate"),
    /unknown operation "sublimate"/,
  ],
  "a failure of an unknown operation": [
    ended("resOpFailedEvent", "sublimate"),
    /unknown operation "sublimate"/,
  ],
  "an outcome of what was never announced": [
    ended("resOutputsEvent", "delete"),
    /delete of urn:pulumi:\S+::database ended and was never announced/,
  ],
  "a failure of what was never announced": [ended("resOpFailedEvent", "delete"), /never announced/],
  "a summary with deletions that nobody announced": [
    counting(normal, { delete: 5 }),
    /the summary counts delete 5 times, and 0 were announced/,
  ],
  "a failed run's summary with deletions that nobody announced": [
    counting(failing, { delete: 5 }),
    /the summary counts delete 5 times, and 0 were announced/,
  ],
  "a summary that leaves out what was announced": [
    counting(switching, { update: 1 }),
    /the summary counts update 1 times, and 2 were announced/,
  ],
  "a summary that leaves out a whole operation": [
    counting(replacing, { replace: undefined }),
    /the summary counts replace 0 times, and 1 were announced/,
  ],
  "a summary without counts": [
    withPayload(normal, "summaryEvent", (summary) => ({ ...summary, resourceChanges: undefined })),
    /the summary counts same 0 times, and 54 were announced/,
  ],
  "a summary that counts halves of a replacement": [
    counting(replacing, { "delete-replaced": 1 }),
    /the summary counts delete-replaced 1 times/,
  ],
  "a summary of an unknown operation": [counting(normal, { sublimate: 1 }), /unknown operation "sublimate"/],
  "a summary that counts in words": [counting(normal, { same: "54" }), /resourceChanges/],
  "a summary that counts less than nothing": [counting(normal, { delete: -1 }), /resourceChanges/],
};

for (const [what, [stream, reason]] of Object.entries(refused)) {
  test(`${what} is refused`, (t) => {
    const log = readEventLog(stream);
    t.regex(isRefused(log) ? log.refused : "not refused", reason);
    t.true(
      guard(stream, about).some(({ detector, severity }) => detector === "stream" && severity === "blocks"),
    );
  });
}

const recordings = [
  "preview-host",
  "preview-lb-direct",
  "preview-normal",
  "preview-primary",
  "preview-record-type",
  "preview-renamed-database",
  "preview-throws",
  "up-lb-direct",
  "up-renamed-record",
];

for (const name of recordings) {
  test(`the real stream ${name} is understood`, (t) => {
    const log = readEventLog(recorded(name));
    t.is(isRefused(log) ? log.refused : "understood", "understood");
  });
}

test("a read that found nothing new is not counted, as the engine does it", (t) => {
  const stream = withStep(normal, ":DnsRecord::alias-www", (step) => ({ ...step, op: "read" }));
  t.false(isRefused(readEventLog(stream)));
  t.false(isRefused(readEventLog(counting(stream, { read: 0 }))));
});

/** Every part of a value, each in turn taken out or turned into something else. */
function* spoiled(value: unknown, depth = 0): Generator {
  if (typeof value !== "object" || value === null || depth > 4) return;
  for (const [key, inner] of Object.entries(value)) {
    for (const other of [undefined, null, 7, "x", [], {}, [null]]) yield { ...value, [key]: other };
    for (const other of spoiled(inner, depth + 1)) yield { ...value, [key]: other };
  }
}

test("whatever an event is turned into, the guard has an answer", (t) => {
  let tried = 0;
  for (const stream of [replacing, failing, recorded("preview-throws")]) {
    const lines = stream.trim().split("\n");
    // What is left as it is looks the same in all steps: one of them is enough.
    const odd = lines.filter((line, n) => n < 2 || !line.includes('"op":"same"'));
    for (const line of odd) {
      for (const other of spoiled(JSON.parse(line))) {
        const text = lines.with(lines.indexOf(line), JSON.stringify(other)).join("\n");
        t.notThrows(() => guard(text, about), JSON.stringify(other));
        tried += 1;
      }
    }
  }
  t.true(tried > 500, `${tried}`);
});

/** The engine's own list, as the pinned SDK declares it. */
function declared(file: string, pattern: RegExp): string[] {
  const path = join(import.meta.dirname, "../../node_modules/@pulumi/pulumi/automation", file);
  const [, list = ""] = pattern.exec(readFileSync(path, "utf8")) ?? [];
  return [...list.matchAll(/"([\w-]+)"/g)].map(([, name = ""]) => name);
}

test("every operation that the pinned SDK declares is understood, and no other", (t) => {
  const known = declared("stack.d.ts", /type OpType = ([^;]+);/);
  t.deepEqual([...operations].toSorted(), known.toSorted());
  for (const op of known) {
    const stream = withStep(normal, ":DnsRecord::alias-www", (step) => ({ ...step, op }));
    t.false(isRefused(readEventLog(stream)), op);
  }
});

test("every kind of difference that the pinned SDK declares is understood, and no other", (t) => {
  const known = declared("events.d.ts", /enum DiffKind \{([^}]+)\}/);
  t.deepEqual([...diffKinds].toSorted(), known.toSorted());
});
