import test from "ava";
import * as fc from "fast-check";
import { measure } from "../../drill/measure.ts";
import type { ScenarioName } from "../../drill/scenarios.ts";
import { judge } from "../../drill/verdict.ts";
import { formatDuration } from "../../evidence/duration.ts";
import { headingOf, Narrator } from "../../evidence/lines.ts";
import { reportOf } from "../../evidence/report.ts";
import { renderCounts, renderTable } from "../../evidence/table.ts";
import { journal, rule, type Stretch } from "../drill/samples.ts";

const until = (toMs: number): { failing: Stretch[] } => ({ failing: [{ fromMs: 1000, toMs }] });
const judged = (name: ScenarioName, of: Parameters<typeof journal>[0], today = "2026-12-01") =>
  judge(name, measure(journal(of), rule), today);

const judgements = [
  judged("api-main-down", {}),
  judged("load-balancer-down", until(6200)),
  judged("load-balancers-down", { ...until(6200), proven: false }),
  judged("edge-down", until(14_000)),
  judged("edge-down-reset", until(20_100)),
  judged("cloudflare-down", until(20_100)),
];

test("the table keeps measured, projected and promised apart, and shows kept, missed and unproven", (t) => {
  t.snapshot(`\n${renderTable(judgements, { ttlDivisor: 30 })}\n\n${renderCounts(judgements)}`);
});

test("without shortened TTLs no figure is marked", (t) => {
  t.false(renderTable(judgements, { ttlDivisor: 1 }).includes("*"));
});

test("a colour is added to a verdict and never replaces it", (t) => {
  const painted = renderTable(judgements, {
    ttlDivisor: 30,
    paint: (verdict, text) => `<${verdict}>${text}</>`,
  });
  t.true(painted.includes("<kept>kept if "));
  t.is(painted.replaceAll(/<\/?\w*>/g, ""), renderTable(judgements, { ttlDivisor: 30 }));
});

test("a scenario is told a line per event, counted from its fault", (t) => {
  const narrator = new Narrator("edge-down");
  const lines = journal(until(14_000)).flatMap((entry) => narrator.tell(entry) ?? []);
  t.snapshot(`\n${[headingOf("edge-down"), ...lines].join("\n")}`);
});

test("the report holds every key that other tools may rely on", (t) => {
  const facts = {
    kind: "simulation" as const,
    commit: "c",
    engine: "3",
    plugins: {},
    tools: {},
    standIns: [],
    realTime: false,
    ttlDivisor: 30,
    startedAt: "2026-12-01T00:00:00Z",
    plant: "127.21.0.0/16",
  };
  const report = JSON.parse(JSON.stringify(reportOf({ facts, judgements, stopped: null }))) as Report;
  t.is(report.schemaVersion, 1);
  t.deepEqual(report.run, facts);
  const [first] = report.scenarios.toReversed();
  const promised =
    "name system fault topology verdict accepted measured projected promised timeToDecideSeconds parts condition classes samples resolutionSeconds failback";
  for (const key of promised.split(" ")) t.true(first !== undefined && key in first, key);
  const edge = report.scenarios.find(({ name }) => name === "edge-down");
  t.deepEqual(edge?.["measured"], { rtoOutageSeconds: 13.01, rtoDeclaredSeconds: 10.01, rpoSeconds: null });
  t.deepEqual(edge?.["promised"], { rtoSeconds: 600, rpoSeconds: null, clock: "declared" });
  t.deepEqual(edge?.["failback"], {
    verdict: "kept",
    outageSeconds: 0,
    allowedSeconds: 1,
    seconds: 4.5,
  });
});

interface Report {
  schemaVersion: number;
  run: unknown;
  scenarios: ({ name: string } & Record<string, unknown>)[];
}

test("durations have one decimal under a minute and whole seconds above", (t) => {
  const written = [0.04, 11.84, 59.94, 59.96, 60, 317.4, 600, 3600, 43_830].map((seconds) =>
    formatDuration(seconds),
  );
  t.deepEqual(written, [
    "0.0 s",
    "11.8 s",
    "59.9 s",
    "1 min",
    "1 min",
    "5 min 17 s",
    "10 min",
    "1 h",
    "12 h 11 min",
  ]);
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e5, noNaN: true }),
      (seconds) => !/\b60/.test(formatDuration(seconds)),
    ),
  );
});
