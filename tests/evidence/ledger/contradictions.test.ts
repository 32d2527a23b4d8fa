import test from "ava";
import { parseLedger } from "../../../evidence/ledger/ledger.ts";

const clocks = { rtoOutageSeconds: 600, rtoDeclaredSeconds: 600, rpoSeconds: 60 };
const kept = { verdict: "kept" };
const line = {
  kind: "run",
  schemaVersion: 1,
  at: "2026-12-01T03:23:00.000Z",
  commit: { code: "abc1234", promise: "abc1234" },
  plant: "simulation",
  engine: "3.274.1",
  plugins: {},
  realTime: false,
  ttlDivisor: 30,
  scenario: "database-server-lost",
  topology: "database-secondary",
  ...kept,
  rto: kept,
  rpo: kept,
  data: kept,
  reason: null,
  accepted: null,
  condition: null,
  measured: clocks,
  projected: clocks,
  promised: { rtoSeconds: 600, rpoSeconds: 60, clock: "declared" },
  resolutionSeconds: 0.1,
  failback: kept,
};

const whyOf = (...lines: object[]) =>
  parseLedger(lines.map((one) => JSON.stringify(one)).join("\n")).damaged.map(({ number, why }) => [
    number,
    why,
  ]);

test("what is kept at its very bounds is a row", (t) => {
  t.deepEqual(whyOf(line), []);
});

const part = "verdict: kept, but one of its parts is not";
const contradictions: [string, object][] = [
  [
    "verdict: kept, but the projected RTO is not within the promised one",
    clocksOf({ rtoDeclaredSeconds: 600.1 }),
  ],
  [
    "verdict: kept, but the projected RTO is not within the promised one",
    clocksOf({ rtoDeclaredSeconds: null }),
  ],
  ["verdict: kept, but the projected RPO is not within the promised one", clocksOf({ rpoSeconds: 61 })],
  ["verdict: kept, but the projected RPO is not within the promised one", clocksOf({ rpoSeconds: null })],
  [
    "verdict: kept, but no outage was measured that ended",
    { measured: { ...clocks, rtoDeclaredSeconds: null } },
  ],
  [part, { rto: { verdict: "missed" } }],
  [part, { rpo: { verdict: "unproven" } }],
  [part, { data: { verdict: "missed" } }],
];
for (const [why, change] of contradictions) {
  test(`a kept promise with ${JSON.stringify(change)} is no row, and a missed one is`, (t) => {
    t.deepEqual(whyOf({ ...line, ...change }), [[1, why]]);
    t.deepEqual(whyOf({ ...line, ...change, verdict: "missed" }), []);
  });
}

function clocksOf(change: Partial<Record<keyof typeof clocks, number | null>>): object {
  return { projected: { ...clocks, ...change } };
}

test("a time below zero is no row", (t) => {
  t.deepEqual(whyOf({ ...line, ...clocksOf({ rtoDeclaredSeconds: -5 }) }), [
    [1, "projected.rtoDeclaredSeconds: no time is negative"],
  ]);
});

test("a drill plays a scenario once, whatever a second line says of it", (t) => {
  const { kind, ...rest } = line;
  t.deepEqual(
    whyOf(line, { ...line, scenario: "edge-down" }, line, { ...rest, kind }, { ...line, engine: "3.275.0" }),
    [
      [3, "it is line 1 once more"],
      [4, "it is line 1 once more"],
      [5, "it is line 1 once more"],
    ],
  );
  t.deepEqual(whyOf(line, { ...line, at: "2026-12-02T03:23:00.000Z" }), []);
});
