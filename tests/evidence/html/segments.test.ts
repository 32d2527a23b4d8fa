import test from "ava";
import * as fc from "fast-check";
import { cells, pathsOf, segmentsOf } from "../../../evidence/html/segments.ts";
import type { Sample } from "../../../watch/journal.ts";
import { samples } from "../../drill/samples.ts";

const axis = { fromMs: 0, toMs: 60_000, share: 1 };

test("an outage is one segment, whatever the number of its samples", (t) => {
  const all = samples({ fromMs: 0, toMs: 60_000 }, [{ fromMs: 6000, toMs: 12_000 }]);
  t.deepEqual(segmentsOf(all, axis, 50), [
    { state: "good", from: 0, to: 50 },
    { state: "failed", from: 50, to: 100 },
    { state: "good", from: 100, to: cells },
  ]);
});

test("one failed sample among good ones is still seen", (t) => {
  const all = samples({ fromMs: 0, toMs: 60_000 }, [{ fromMs: 30_010, toMs: 30_060 }]);
  const failed = segmentsOf(all, axis, 50).filter(({ state }) => state === "failed");
  t.is(failed.length, 1);
});

test("what was sent too late is neither good nor failed", (t) => {
  const late = samples({ fromMs: 0, toMs: 60_000 }).map((sample) => ({
    ...sample,
    sentMs: sample.dueMs + 101,
  }));
  t.deepEqual(segmentsOf(late, axis, 50), [{ state: "late", from: 0, to: cells }]);
});

test("where samples are missing there is a gap", (t) => {
  const all = samples({ fromMs: 0, toMs: 60_000 }).filter(({ dueMs }) => dueMs < 24_000 || dueMs >= 36_000);
  t.deepEqual(
    segmentsOf(all, axis, 50).map(({ from, to }) => [from, to]),
    [
      [0, 200],
      [300, cells],
    ],
  );
});

test("a path leads from segment to segment", (t) => {
  const all = samples({ fromMs: 0, toMs: 60_000 }, [{ fromMs: 6000, toMs: 12_000 }]);
  t.deepEqual(pathsOf(segmentsOf(all, axis, 50)), [
    ["good", "M0 0m0 0h50m50 0h400"],
    ["failed", "M0 0m50 0h50"],
  ]);
});

test("segments are in order, apart, and no more than the strip has cells", (t) => {
  const sample = fc.record({
    kind: fc.constant("sample" as const),
    class: fc.constant("fresh" as const),
    dueMs: fc.integer({ min: -1000, max: 61_000 }),
    sentMs: fc.constant(0),
    doneMs: fc.constant(0),
    good: fc.boolean(),
  });
  const property = fc.property(fc.array(sample), (some: Sample[]) => {
    const all = some.map((each) => ({ ...each, sentMs: each.dueMs }));
    const segments = segmentsOf(all, axis, 50);
    const apart = segments.every(({ from, to }, i) => from < to && to <= (segments[i + 1]?.from ?? cells));
    const isFailedSeen = all.some(({ good, dueMs }) => !good && dueMs >= 0 && dueMs < 60_000);
    return (
      apart && segments.length <= cells && (!isFailedSeen || segments.some(({ state }) => state === "failed"))
    );
  });
  t.notThrows(() => fc.assert(property));
});
