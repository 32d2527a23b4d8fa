import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import test from "ava";
import { execa } from "execa";
import { parseLedger } from "../../evidence/ledger/ledger.ts";
import { appendSkip } from "../../evidence/ledger/file.ts";
import { azureRunOf, root, runOf } from "./workflow-files.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** Runs a step's text as GitHub's runner does, in the repository, with these variables; Azure's agent sets nothing. */
async function runStep(text: string, env: Record<string, string>, options = ["-eo", "pipefail"]) {
  const shell = ["--noprofile", "--norc", ...options, "-c", text];
  return execa("bash", shell, { cwd: root, env, reject: false, all: true });
}

interface Runner {
  folder: string;
  env: Record<string, string>;
  read: (name: string) => string;
}

function runner(): Runner {
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder, name);
  for (const name of ["output", "summary"]) writeFileSync(file(name), "");
  return {
    folder,
    env: {
      RUNNER_TEMP: folder,
      AGENT_TEMPDIRECTORY: folder,
      GITHUB_OUTPUT: file("output"),
      GITHUB_STEP_SUMMARY: file("summary"),
      ROWS: file("rows.jsonl"),
    },
    read: (name) => readFileSync(file(name), "utf8"),
  };
}

/** An npm that writes down what it is asked to run, prints a line, and fails where that is wanted. */
function fakeNpm({ folder, env }: Runner, exitCode = 0): Record<string, string> {
  const path = join(folder, "npm");
  const asked = `for word; do printf '%s\\n' "$word"; done > "${folder}/asked"`;
  writeFileSync(path, `#!/bin/sh\n${asked}\necho "::error ::of npm"\nexit ${exitCode}\n`);
  chmodSync(path, 0o755);
  return { ...env, PATH: [folder, process.env["PATH"]].join(delimiter) };
}

test("the promises' step of both workflows passes", async (t) => {
  for (const file of ["ci.yml", "preview.yml"]) {
    const { exitCode, all } = await runStep(runOf(file, "Promises that cannot hold"), runner().env);
    t.is(exitCode, 0, all);
    t.regex(all, /promises can hold/);
  }
});

test("the gate of a scheduled drill says whether it runs, and writes down why it does not", async (t) => {
  const own = runner();
  const { exitCode, all } = await runStep(runOf("drill.yml", "Blocked dates and windows"), own.env);
  t.is(exitCode, 0, all);
  const answer = own.read("output");
  t.regex(answer, /^run=(true|false)\n$/);
  if (answer === "run=true\n") return;
  const { rows, damaged } = parseLedger(own.read("rows.jsonl"));
  t.deepEqual(damaged, []);
  t.like(rows, [{ kind: "skip", scenarios: [] }]);
});

for (const [name, args, answer, skips] of [
  ["on a blocked day", ["--at", "2026-12-24T03:23:00Z"], "run=false\n", 1],
  ["in a window", ["--at", "2026-12-01T03:23:00Z"], "run=true\n", 0],
] as const) {
  test(`a drill that is due ${name} answers ${answer.trim()}`, async (t) => {
    const own = runner();
    const files = ["--ledger", own.env["ROWS"] ?? "", "--output", own.env["GITHUB_OUTPUT"] ?? ""];
    const command = [join(root, "cli", "failover.ts"), "schedule", ...args, ...files];
    await execa(process.execPath, command);
    t.is(own.read("output"), answer);
    const rows = skips === 0 ? [] : parseLedger(own.read("rows.jsonl")).rows;
    t.is(rows.length, skips);
    if (skips > 0) t.like(rows[0], { kind: "skip", at: "2026-12-24T03:23:00.000Z" });
  });
}

for (const [what, env, asked] of [
  ["all scenarios", { SCENARIOS: "", REAL_TIME: "" }, []],
  [
    "those that were named",
    { SCENARIOS: "edge-down  api-main-down", REAL_TIME: "false" },
    ["edge-down", "api-main-down"],
  ],
  ["one in real time", { SCENARIOS: "edge-down", REAL_TIME: "true" }, ["edge-down", "--real-time"]],
  ["no command of whoever starts it", { SCENARIOS: "$(id) ; id", REAL_TIME: "" }, ["$(id)", ";", "id"]],
] as const) {
  test(`the drill's step plays ${what}`, async (t) => {
    const own = runner();
    const { exitCode, all } = await runStep(runOf("drill.yml", "Drill"), { ...fakeNpm(own), ...env });
    t.is(exitCode, 0, all);
    const rows = ["--ledger", own.env["ROWS"]];
    t.deepEqual(own.read("asked").trimEnd().split("\n"), ["run", "drill", "--", ...asked, ...rows]);
  });
}

test("Azure's drill plays what GitHub's does", async (t) => {
  const text = azureRunOf("Drill");
  for (const [scenarios, realTime, asked] of [
    ["all", "False", []],
    ["edge-down api-main-down", "True", ["edge-down", "api-main-down", "--real-time"]],
  ] as const) {
    const own = runner();
    const env = { ...fakeNpm(own), SCENARIOS: scenarios, REAL_TIME: realTime };
    const { exitCode, all } = await runStep(text, env);
    t.is(exitCode, 0, all);
    const rows = ["--ledger", own.env["ROWS"]];
    t.deepEqual(own.read("asked").trimEnd().split("\n"), ["run", "drill", "--", ...asked, ...rows]);
  }
});

const noLine = "A drill that left no line";
const leftNoLine = [
  ["GitHub's", runOf("drill.yml", noLine), "GITHUB_SHA", "https://example.test/runs/1"],
  ["Azure's", azureRunOf(noLine), "BUILD_SOURCEVERSION", "build 12"],
] as const;

for (const [whose, text, commit, where] of leftNoLine) {
  test(`${whose} drill that left no line is a row with its run; one that left some is not added to`, async (t) => {
    const own = runner();
    const rows = join(own.folder, "reports", "rows.jsonl");
    // Not even npm works: that may be why there is no line.
    const env = { ...fakeNpm(own, 1), ROWS: rows, RUN_URL: where, BUILD_BUILDID: "12" };
    for (const round of ["first", "second"]) {
      const { exitCode, all } = await runStep(text, { ...env, [commit]: "0123456789abcdef" });
      t.is(exitCode, 0, all);
      const ledger = parseLedger(readFileSync(rows, "utf8"));
      t.deepEqual(ledger.damaged, [], round);
      t.is(ledger.rows.length, 1, round);
      t.like(ledger.rows[0], { kind: "skip", scenarios: [], reason: `the drill left no line: ${where}` });
    }
    // Our own skips name the same last change of a promise; files that are not committed are none of a runner's.
    const skip = join(own.folder, "skip.jsonl");
    await appendSkip(skip, { reason: "as of now" });
    const [row, ours] = [rows, skip].map((file) => parseLedger(readFileSync(file, "utf8")).rows[0]);
    t.deepEqual(row?.commit, {
      code: "0123456",
      promise: ours?.commit.promise.replace("+changes", "") ?? "none",
    });
    t.true(Math.abs(Date.parse(row?.at ?? "") - Date.parse(ours?.at ?? "")) < 60_000);
  });
}

test("a drill without a checkout is a row as well", async (t) => {
  const own = runner();
  const [, text] = leftNoLine[0];
  const env = { ...own.env, GIT_DIR: own.folder, GITHUB_SHA: "0123456789abcdef", RUN_URL: "there" };
  const { exitCode, all } = await runStep(text, env);
  t.is(exitCode, 0, all);
  t.like(parseLedger(own.read("rows.jsonl")).rows[0], { commit: { code: "0123456", promise: "none" } });
});

test("a drill that is stopped from outside is asked to, and has time to write down what it has judged", async (t) => {
  const own = runner();
  const env = fakeNpm(own);
  const slow = `#!/bin/sh\ntrap 'sleep 1; echo judged; exit 3' INT\ntouch "${own.folder}/begun"\nwhile :; do sleep 0.1; done\n`;
  writeFileSync(join(own.folder, "npm"), slow);
  const shell = ["--noprofile", "--norc", "-eo", "pipefail", "-c", runOf("drill.yml", "Drill")];
  const step = execa("bash", shell, { cwd: root, env, reject: false, all: true });
  while (!existsSync(join(own.folder, "begun"))) await wait(20);
  // As the runner does: to the step's own process, and to no child of it.
  step.kill("SIGINT");
  const { exitCode, all } = await step;
  t.is(exitCode, 3);
  t.regex(all, /judged/);
});

for (const [exitCode, warning] of [
  [0, null],
  [1, "The ledger is stale"],
  [3, "The ledger could not be read whole"],
] as const) {
  test(`a ledger with exit code ${exitCode} is announced as what it is`, async (t) => {
    const own = runner();
    const text = runOf("ci.yml", "Scenarios that no drill has judged for a week");
    const step = await runStep(text, fakeNpm(own, exitCode));
    t.is(step.exitCode, 0, step.all);
    t.is(/^::warning title=(.*?)::/m.exec(step.all)?.[1] ?? null, warning);
  });
}

test("the summary of a drill is its trend, in a fence", async (t) => {
  const own = runner();
  const row = {
    schemaVersion: 1,
    kind: "skip",
    at: "2026-12-24T03:23:00.000Z",
    scenarios: [],
    reason: "holidays",
  };
  writeFileSync(
    own.env["ROWS"] ?? "",
    `${JSON.stringify({ ...row, commit: { code: "a", promise: "b" } })}\n`,
  );
  const { exitCode, all } = await runStep(runOf("drill.yml", "Summary"), own.env);
  t.is(exitCode, 0, all);
  t.regex(
    own.read("summary"),
    /^```\nno drill is in the ledger yet\n1 skipped, the newest:\n.*holidays\n```\n$/,
  );
});

test("the summary of a preview is its comment, where there is one", async (t) => {
  const own = runner();
  const text = runOf("preview.yml", "Summary");
  t.is((await runStep(text, own.env)).exitCode, 0);
  t.is(own.read("summary"), "");
  writeFileSync(join(own.folder, "comment.md"), "<!-- marker -->\n**fine**\n");
  t.is((await runStep(text, own.env)).exitCode, 0);
  t.is(own.read("summary"), "<!-- marker -->\n**fine**\n");
});

test("nothing that the preview prints is a command to the runner, and its exit code stays", async (t) => {
  const tokens = [0, 1].map(async (exitCode) => {
    const step = await runStep(runOf("preview.yml", "Preview"), fakeNpm(runner(), exitCode));
    t.is(step.exitCode, exitCode);
    const [first = "", ...printed] = step.all.split("\n");
    const [, token = ""] = /^::stop-commands::([0-9a-f]{32})$/.exec(first) ?? [];
    t.deepEqual(printed, ["::error ::of npm", `::${token}::`]);
    return token;
  });
  t.is(new Set(await Promise.all(tokens)).size, 2);
});

test("the preview's step compares with the first parent, and asks for the comment", async (t) => {
  const own = runner();
  const { exitCode, all } = await runStep(runOf("preview.yml", "Preview"), fakeNpm(own));
  t.is(exitCode, 0, all);
  const comment = ["--comment", join(own.folder, "comment.md")];
  t.deepEqual(own.read("asked").trimEnd().split("\n"), [
    "run",
    "preview",
    "--",
    "--base",
    "HEAD^1",
    ...comment,
  ]);
});
