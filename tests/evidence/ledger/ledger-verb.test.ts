import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { execa } from "execa";
import { scenarioNames } from "../../../drill/scenarios.ts";
import { parseLedger } from "../../../evidence/ledger/ledger.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const cli = join(import.meta.dirname, "../../..", "cli", "failover.ts");
const failover = (...args: string[]) => execa(process.execPath, [cli, ...args], { reject: false, all: true });
const day = 86_400_000;

/** A ledger in which every scenario was kept once, so many days ago. */
function ledger(daysAgo: number): string {
  const file = join(temporaryFolder(), "ledger.jsonl");
  const clocks = { rtoOutageSeconds: 1, rtoDeclaredSeconds: 1, rpoSeconds: null };
  const lines = scenarioNames.map((scenario) =>
    JSON.stringify({
      schemaVersion: 1,
      kind: "run",
      at: new Date(Date.now() - daysAgo * day).toISOString(),
      commit: { code: "abc1234", promise: "abc1234" },
      scenario,
      plant: "simulation",
      engine: "3.274.1",
      plugins: {},
      realTime: false,
      ttlDivisor: 30,
      topology: null,
      verdict: "kept",
      rto: { verdict: "kept" },
      rpo: null,
      data: null,
      reason: null,
      accepted: null,
      condition: null,
      resolutionSeconds: 0.05,
      measured: clocks,
      projected: clocks,
      promised: { rtoSeconds: 600, rpoSeconds: null, clock: "declared" },
      failback: { verdict: "kept" },
    }),
  );
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

test("a day that does not exist is no time for the schedule", async (t) => {
  const { exitCode, stderr } = await failover("schedule", "--at", "2026-02-30T03:23:00Z");
  t.is(exitCode, 2);
  t.regex(stderr, /^UNKNOWN_OPTION\n.*"2026-02-30T03:23:00Z" is none\.$/m);
});

test("a ledger in which everything was judged lately is not stale", async (t) => {
  const { exitCode, all } = await failover("ledger", "--file", ledger(7), "--stale", "8d");
  t.is(exitCode, 0, all);
  t.regex(all, /every scenario was judged within 8d$/);
});

test("a stale ledger names its scenarios, exit code 1", async (t) => {
  const { exitCode, all } = await failover("ledger", "--file", ledger(9), "--stale", "8d");
  t.is(exitCode, 1);
  t.regex(all, /not judged within 8d:\n {2}edge-down: last on \d{4}-\d\d-\d\d\n/);
  for (const name of scenarioNames) t.true(all.includes(`\n  ${name}: last on`), name);
});

test("a drill that has yet to be played keeps nothing from being overdue", async (t) => {
  const { exitCode, stdout, stderr } = await failover("ledger", "--file", ledger(-9), "--stale", "8d");
  t.is(exitCode, 1);
  t.regex(stdout, /^no drill is in the ledger yet\n\nnot judged within 8d:\n {2}edge-down: never\n/);
  t.regex(stderr, /line 1 is no row and counts nowhere: at: \S+ has yet to come\./);
});

test("a line that is cut in half is told of, exit code 3, and the others are shown", async (t) => {
  const file = ledger(1);
  appendFileSync(file, '{"kind":"run","schemaVersion":1,"at":"2026-12');
  const { exitCode, stdout, stderr } = await failover("ledger", "--file", file, "--stale", "8d");
  t.is(exitCode, 3);
  t.regex(stderr, /line \d+ is no row and counts nowhere: it is cut in half\. It begins: \{"kind":"run"/);
  t.regex(stdout, /\nedge-down +rehearsal +1 +1 /);
});

test("a skip is added, and a cut line before it is told of", async (t) => {
  const file = ledger(1);
  appendFileSync(file, "{");
  const { exitCode, stdout, stderr } = await failover("ledger", "--file", file, "--skip", "moving house");
  t.is(exitCode, 0);
  t.regex(stdout, /^skipped, and written down in .*ledger\.jsonl: moving house$/);
  t.regex(stderr, /was cut in half by something earlier; it stays, and counts nowhere$/);
  const { rows, damaged } = parseLedger(readFileSync(file, "utf8"));
  t.like(rows.at(-1), { kind: "skip", reason: "moving house" });
  t.is(damaged.length, 1);
});

for (const [args, problem] of [
  [["--stale", "8x"], '"8x" is none.'],
  [["--stale", "0d"], '"0d" is none.'],
  [["--stale", "99999999999999d"], '"99999999999999d" is none.'],
  [["--file", "/nowhere/ledger.jsonl"], "/nowhere/ledger.jsonl cannot be read: ENOENT."],
  [["--stael", "8d"], "Unknown option '--stael'"],
  [["8d"], "Unexpected argument '8d'"],
  [["--skip", " "], "--skip needs a reason."],
  [["--skip", "moving house", "--stale", "8d"], "--skip writes and --stale reads: one at a time."],
] as const) {
  test(`ledger ${args.join(" ")} is refused`, async (t) => {
    // A copy: none of these may write into the committed one.
    const file = ledger(1);
    const before = readFileSync(file, "utf8");
    const { exitCode, all } = await failover("ledger", "--file", file, ...args);
    t.is(readFileSync(file, "utf8"), before);
    t.is(exitCode, 2);
    t.true(all.includes(problem), all);
  });
}

test("promises writes what it prints as JSON, too", async (t) => {
  const file = join(temporaryFolder(), "promises.json");
  const { exitCode, all } = await failover("promises", "--json", file);
  t.is(exitCode, 0, all);
  const report = JSON.parse(readFileSync(file, "utf8")) as { schemaVersion: number; proofs: unknown[] };
  t.is(report.schemaVersion, 1);
  t.true(all.includes(` of ${report.proofs.length} promises can hold`));
});

test("a file that cannot be written is found out before anything is reckoned", async (t) => {
  for (const args of [
    ["promises", "--json", "/nowhere/x"],
    ["schedule", "--output", "/nowhere/x"],
    ["ledger", "--file", "/nowhere/x", "--skip", "moving house"],
  ]) {
    const { exitCode, all } = await failover(...args);
    t.is(exitCode, 3);
    t.true(all.includes("NOT_WRITABLE\n  /nowhere/x cannot be written: ENOENT."), all);
  }
  t.false(existsSync("/nowhere"));
});

test("a time without a zone is none", async (t) => {
  const { exitCode, all } = await failover("schedule", "--at", "2026-12-24T03:00");
  t.is(exitCode, 2);
  t.regex(all, /--at takes a time with its zone/);
});
