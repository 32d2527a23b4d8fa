import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { Facts } from "../../../drill/drill.ts";
import { measure } from "../../../drill/measure.ts";
import type { ScenarioName } from "../../../drill/scenarios.ts";
import { judge } from "../../../drill/verdict.ts";
import { missRateBound } from "../../../evidence/ledger/bound.ts";
import { appendRuns, appendSkip, rowsOf } from "../../../evidence/ledger/file.ts";
import { renderDamage, renderSkips, renderStale, renderTrends } from "../../../evidence/ledger/table.ts";
import { staleOf, trendsOf } from "../../../evidence/ledger/trend.ts";
import { type LedgerRow, parseLedger } from "../../../evidence/ledger/ledger.ts";
import { reportOf } from "../../../evidence/report.ts";
import { FailoverError } from "../../../infra/errors.ts";
import { journal, rule } from "../../drill/samples.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const facts: Facts = {
  kind: "simulation",
  commit: "abc1234",
  engine: "3.274.1",
  plugins: { cloudflare: "stand-in" },
  tools: {},
  standIns: [],
  realTime: false,
  ttlDivisor: 30,
  startedAt: "2026-12-01T03:23:00.000Z",
  plant: "127.21.0.0/16",
};

const judged = (name: ScenarioName, toMs = 14_000) =>
  judge(name, measure(journal({ failing: [{ fromMs: 1000, toMs }] }), rule), "2026-12-01");

const result = {
  facts,
  judgements: [judged("edge-down"), judged("cloudflare-down", 20_100)],
  stopped: {
    scenario: "api-main-down" as const,
    error: new FailoverError("ENGINE_FAILED", { problems: "" }),
  },
};

function newFile(): string {
  return join(temporaryFolder(), "ledger.jsonl");
}

const read = (file: string) => parseLedger(readFileSync(file, "utf8"));

test("a drill adds a line for each scenario, with the report's own figures, and one for what it was stopped in", async (t) => {
  const file = newFile();
  t.deepEqual(await appendRuns(file, result), { lines: 3, cut: null });
  const { rows, damaged } = read(file);
  t.deepEqual(damaged, []);
  t.deepEqual(
    rows.map((row) => [row.kind, row["scenario"], row["verdict"] ?? row["reason"]]),
    [
      ["run", "edge-down", "kept"],
      ["run", "cloudflare-down", "missed"],
      ["stopped", "api-main-down", "ENGINE_FAILED"],
    ],
  );
  const report = JSON.parse(JSON.stringify(reportOf(result))) as { scenarios: Record<string, unknown>[] };
  for (const key of ["measured", "projected", "promised", "accepted", "condition", "failback"])
    t.deepEqual(rows[1]?.[key], report.scenarios[1]?.[key], key);
  t.like(rows[0], { at: facts.startedAt, commit: { code: "abc1234" }, plant: "simulation", realTime: false });
  t.like(rows[0], { engine: "3.274.1", plugins: { cloudflare: "stand-in" }, ttlDivisor: 30 });
});

test("a line names the commit that last changed a promise", async (t) => {
  const file = newFile();
  await appendRuns(file, result);
  t.regex(read(file).rows[0]?.commit.promise ?? "", /^([0-9a-f]{7,}(\+changes)?|none)$/);
});

test("what is added leaves what was there untouched, however many add at once", async (t) => {
  const file = newFile();
  await appendRuns(file, result);
  const before = readFileSync(file, "utf8");
  const adding = Array.from({ length: 20 }, (_, index) =>
    appendSkip(file, { reason: `skip ${index}`, at: new Date("2026-12-03T03:00:00Z") }),
  );
  await Promise.all(adding);
  const after = readFileSync(file, "utf8");
  t.true(after.startsWith(before));
  const { rows, damaged } = parseLedger(after);
  t.is(rows.length, 23);
  t.deepEqual(damaged, []);
});

test("a last line that was cut in half is reported by who adds and by who reads, and merged with nothing", async (t) => {
  const file = newFile();
  await appendRuns(file, result);
  const whole = readFileSync(file, "utf8");
  truncateSync(file, whole.length - 40);
  const cut = readFileSync(file, "utf8").split("\n").at(-1);
  t.deepEqual(
    read(file).damaged.map(({ number, why }) => [number, why]),
    [[3, "it is cut in half"]],
  );

  t.deepEqual(await appendSkip(file, { reason: "holidays" }), { lines: 1, cut });
  const { rows, damaged } = read(file);
  t.deepEqual(
    rows.map(({ kind }) => kind),
    ["run", "run", "skip"],
  );
  t.deepEqual(damaged, [{ number: 3, text: cut, why: "it is cut in half" }]);
  t.regex(
    renderDamage(read(file), "ledger.jsonl")[0] ?? "",
    /^ledger\.jsonl, line 3 is no row and counts nowhere: it is cut in half\. It begins: \{"kind":"stopped"/,
  );
});

test("a last line that only lost its line break is whole", async (t) => {
  const file = newFile();
  await appendSkip(file, { reason: "one" });
  truncateSync(file, readFileSync(file).length - 1);
  t.deepEqual(await appendSkip(file, { reason: "two" }), { lines: 1, cut: null });
  t.deepEqual(
    read(file).rows.map((row) => row["reason"]),
    ["one", "two"],
  );
});

test("a line that is no row says why, and the others count", async (t) => {
  const file = newFile();
  await appendRuns(file, result);
  const [good] = rowsOf(result, "abc1234");
  const wrong = [
    "not json",
    JSON.stringify({ ...good, schemaVersion: 2 }),
    JSON.stringify({ ...good, verdict: "fine" }),
    JSON.stringify({ ...good, at: "yesterday" }),
    JSON.stringify({ ...good, kind: "dream" }),
    "null",
    "",
  ];
  appendFileSync(file, wrong.join("\n"));
  const { rows, damaged } = read(file);
  t.is(rows.length, 3);
  t.deepEqual(
    damaged.map(({ number, why }) => [number, why.replace(/ but received .*/, "")]),
    [
      [4, "it is no JSON"],
      [5, "it is of version 2; this code knows 1"],
      [6, 'verdict: Invalid type: Expected ("kept" | "missed" | "unproven")'],
      [7, "at: it is no time in UTC"],
      [8, 'kind: Invalid type: Expected ("run" | "stopped" | "skip")'],
      [9, "the line: Invalid type: Expected Object"],
    ],
  );
});

for (const at of ["2026-99-99T99:99:99Z", "2026-02-30T03:00:00Z", "2026-12-01T24:00:00.000Z"]) {
  test(`a line of ${at} is no row: there is no such time`, (t) => {
    const { rows, damaged } = parseLedger(JSON.stringify({ ...rowsOf(result, "abc1234")[0], at }));
    t.deepEqual(rows, []);
    t.deepEqual(damaged[0]?.why, "at: there is no such time");
  });
}

test("what has yet to be played is no row; a skip may be known before its day", async (t) => {
  const file = newFile();
  await appendRuns(file, { ...result, stopped: null });
  await appendSkip(file, { reason: "holidays", at: new Date("2026-12-24T03:23:00Z") });
  const at = (time: string) => parseLedger(readFileSync(file, "utf8"), new Date(time));
  t.deepEqual(at("2026-12-01T03:23:00.000Z").damaged, []);
  const { rows, damaged } = at("2026-12-01T03:22:59.999Z");
  t.deepEqual(
    rows.map(({ kind }) => kind),
    ["skip"],
  );
  t.deepEqual(
    damaged.map(({ number, why }) => [number, why]),
    [
      [1, "at: 2026-12-01T03:23:00.000Z has yet to come"],
      [2, "at: 2026-12-01T03:23:00.000Z has yet to come"],
    ],
  );
});

test("a ledger without a line has no trend", (t) => {
  t.deepEqual(trendsOf(parseLedger(""), ["edge-down"]), []);
  t.is(renderTrends([]), "no drill is in the ledger yet");
});

interface Played {
  day: number;
  rto?: number | null;
  verdict?: "kept" | "missed" | "unproven";
  realTime?: boolean;
  code?: string;
  failback?: "kept" | "missed" | null;
}

/** A line of edge-down on a day of December. */
function run({ day, rto = 300, verdict = "kept", realTime = false, ...played }: Played): LedgerRow {
  const { code = "abc1234", failback = null } = played;
  const [row] = rowsOf(result, "abc1234");
  const at = `2026-12-${String(day).padStart(2, "0")}T03:00:00.000Z`;
  const clocks = { rtoOutageSeconds: null, rtoDeclaredSeconds: rto, rpoSeconds: null };
  const changed = { at, verdict, realTime, commit: { code, promise: "abc1234" }, projected: clocks };
  return { ...row, ...changed, measured: clocks, failback: { verdict: failback } } as LedgerRow;
}

const trends = (...played: Played[]) =>
  trendsOf({ rows: played.map((each) => run(each)), damaged: [] }, ["edge-down"]);

test("a trend has the least, the middle and the most of what its runs took, in whatever order they stand", (t) => {
  const [trend] = trends(
    { day: 3, rto: 320 },
    { day: 1, rto: 310 },
    { day: 2, rto: 350 },
    { day: 4, rto: 312 },
  );
  t.deepEqual(trend?.projected, { runs: 4, minimum: 310, median: 316, maximum: 350 });
  t.is(trend?.runs, 4);
  t.is(trend?.lastJudgedAt, "2026-12-04T03:00:00.000Z");
});

test("a run that never came back is larger than any, and is not left out", (t) => {
  const [trend] = trends(
    { day: 1 },
    { day: 2, rto: null, verdict: "missed" },
    { day: 3, rto: null, verdict: "missed" },
  );
  t.deepEqual(trend?.projected, { runs: 3, minimum: 300, median: Infinity, maximum: Infinity });
  t.true(renderTrends(trend ? [trend] : []).includes("5 min · never · never"));
});

test("one run has no spread, and no failed sample is no more exact than its clients were", (t) => {
  const [trend] = trends({ day: 1, rto: 0 });
  t.regex(
    renderTrends(trend ? [trend] : []),
    /\nedge-down +rehearsal +1 +1 +0 ± 0\.05 s +0 ± 0\.05 s +≤ 10 min/,
  );
});

test("runs in real time are never counted together with rehearsals", (t) => {
  const both = trends({ day: 1 }, { day: 2, realTime: true, rto: 330 }, { day: 3 });
  t.deepEqual(
    both.map(({ realTime, runs, projected }) => [realTime, runs, projected?.maximum]),
    [
      [false, 2, 300],
      [true, 1, 330],
    ],
  );
});

test("a run without a verdict counts as not kept", (t) => {
  const rows = [run({ day: 1 }), run({ day: 2, verdict: "unproven" })];
  const stopped = {
    ...rowsOf(result, "x").at(-1),
    scenario: "edge-down",
    at: "2026-12-03T03:00:00.000Z",
  } as LedgerRow;
  const [trend] = trendsOf({ rows: [...rows, stopped], damaged: [] }, ["edge-down"]);
  t.deepEqual(trend?.counts, { kept: 1, missed: 0, unproven: 1, stopped: 1 });
  t.is(trend?.notKeptBound, missRateBound(2, 3));
  t.is(trend?.history, "kux");
});

test("ways back that were not kept are told, of those that were gone", (t) => {
  const gone = trends({ day: 1, failback: "kept" }, { day: 2, failback: "missed" }, { day: 3 });
  t.deepEqual(gone[0]?.failbacks, { runs: 2, notKept: 1 });
  t.regex(renderTrends(gone), /^edge-down: 1 of 2 ways back not kept$/m);
  t.notRegex(renderTrends(trends({ day: 1, failback: "kept" })), /ways? back/);
});

test("a trend draws its runs, oldest first, and where the code changed", (t) => {
  const [trend] = trends({ day: 2, verdict: "missed" }, { day: 1 }, { day: 3, code: "def5678" });
  t.is(trend?.history, "kM|k");
});

test("a scenario that is gone from the plan keeps its trend", (t) => {
  const old = { ...run({ day: 1 }), scenario: "edge-was-down" } as LedgerRow;
  const found = trendsOf({ rows: [old, run({ day: 1 })], damaged: [] }, ["edge-down"]);
  t.deepEqual(
    found.map(({ scenario }) => scenario),
    ["edge-down", "edge-was-down"],
  );
});

test("the table says how much so many runs prove", (t) => {
  const table = renderTrends(trends(...Array.from({ length: 5 }, (_, day) => ({ day: day + 1 }))));
  t.regex(
    table,
    /edge-down +rehearsal +5 +5 +5 min · 5 min · 5 min +5 min · 5 min · 5 min +≤ 10 min +≤ 46 % +2026-12-05 kept +kkkkk\n/,
  );
});

for (const [bound, printed] of [
  [missRateBound(0, 58), "5.1"],
  [missRateBound(0, 59), "5.0"],
  [0.0503, "5.1"],
  [0.050000000001, "5.0"],
  [0.0999, "10.0"],
  [0.101, "11"],
  [0.07 * 3, "21"],
  [0.95, "95"],
  [1, "100"],
] as const) {
  test(`a bound of ${bound} is printed as ${printed} %: never less than it is`, (t) => {
    const table = renderTrends(trends({ day: 1 }).map((trend) => ({ ...trend, notKeptBound: bound })));
    t.true(table.includes(`  ≤ ${printed} %  `), table);
  });
}

test("rows of two plants are told apart, and only a local one's are called simulations", (t) => {
  const real = { ...run({ day: 2, realTime: true, failback: "missed" }), plant: "azure" } as LedgerRow;
  const table = (rows: LedgerRow[]) => renderTrends(trendsOf({ rows, damaged: [] }, ["edge-down"]));
  const note = "are simulations on a local plant: of real recoveries they prove nothing";
  t.true(table([run({ day: 1 })]).endsWith(`\nall ${note}`));
  const both = table([run({ day: 1 }), real]);
  t.regex(both, /^edge-down +rehearsal +1 /m);
  t.regex(both, /^edge-down +real time on azure +1 /m);
  t.regex(both, /^edge-down \(real time on azure\): 1 of 1 ways back not kept$/m);
  t.true(both.endsWith(`\nthose that name no plant ${note}`), both);
  t.notRegex(table([real]), /simulation/);
});

const now = new Date("2026-12-09T03:00:00.000Z");
const days = (n: number) => n * 86_400;

test("a scenario is stale once nothing has judged it for so long; unproven and skipped are no proof", (t) => {
  const stale = (rows: LedgerRow[], seconds = days(8)) =>
    staleOf({ rows, damaged: [] }, { known: ["edge-down"], seconds, now });
  t.deepEqual(stale([run({ day: 1 })]), []);
  t.deepEqual(stale([run({ day: 1 })], days(8) - 1), [
    { scenario: "edge-down", lastAt: "2026-12-01T03:00:00.000Z", skipped: null },
  ]);
  t.deepEqual(stale([run({ day: 8, verdict: "missed" })]), []);
  t.is(stale([run({ day: 8, verdict: "unproven" })])[0]?.lastAt, null);
});

test("of a stale scenario the reason of the last skip is told", async (t) => {
  const file = newFile();
  const at = (day: number) => new Date(`2026-12-${String(day).padStart(2, "0")}T03:00:00Z`);
  await appendSkip(file, { reason: "of another one", scenarios: ["api-main-down"], at: at(8) });
  await appendSkip(file, { reason: "holidays", at: at(7) });
  const ledger = { ...read(file), rows: [run({ day: 1 }), ...read(file).rows] };
  const stale = staleOf(ledger, { known: ["edge-down"], seconds: days(1), now });
  t.deepEqual(renderStale(stale, "1d"), [
    "not judged within 1d:",
    "  edge-down: last on 2026-12-01; the last drill that was due was skipped: holidays",
  ]);
  t.deepEqual(renderSkips(ledger), [
    "2 skipped, the newest:",
    "  2026-12-07 03:00 UTC, all scenarios: holidays",
    "  2026-12-08 03:00 UTC, api-main-down: of another one",
  ]);
});

test("a skip that is still to come is no reason for what is overdue today", async (t) => {
  const file = newFile();
  await appendSkip(file, { reason: "holidays", at: new Date("2026-12-24T03:23:00Z") });
  const stale = staleOf(read(file), { known: ["edge-down"], seconds: days(1), now });
  t.deepEqual(stale, [{ scenario: "edge-down", lastAt: null, skipped: null }]);
});

test("a file that cannot be written says so", async (t) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "file"), "");
  await t.throwsAsync(appendSkip(join(folder, "file", "ledger.jsonl"), { reason: "x" }), { code: "ENOTDIR" });
});
