import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import test from "ava";
import { execa } from "execa";
import { parseLedger } from "../../evidence/ledger/ledger.ts";
import { azureRuns, root, runOf } from "./workflow-files.ts";

/** Runs a step's text as a runner does, in the repository, with these variables. */
async function runStep(text: string, env: Record<string, string>) {
  const shell = ["--noprofile", "--norc", "-eo", "pipefail", "-c", text];
  return execa("bash", shell, { cwd: root, env, reject: false, all: true });
}

interface Runner {
  folder: string;
  env: Record<string, string>;
  read: (name: string) => string;
}

function runner(): Runner {
  const folder = mkdtempSync(join(tmpdir(), "runner-"));
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

/** An npm that writes down what it is asked to run, and fails where that is wanted. */
function fakeNpm({ folder, env }: Runner): Record<string, string> {
  const path = join(folder, "npm");
  writeFileSync(path, `#!/bin/sh\nfor word; do printf '%s\\n' "$word"; done > "${folder}/asked"\n`);
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
  const text = azureRuns.find(({ where }) => where.endsWith(": Drill"))?.text ?? "";
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

test("a drill that came to no scenario is a row with the address of its run; one that did is not added to", async (t) => {
  const own = runner();
  const env = { ...own.env, RUN_URL: "https://example.test/runs/1" };
  const text = runOf("drill.yml", "A drill that did not come to any scenario");
  for (const round of ["first", "second"]) {
    const { exitCode, all } = await runStep(text, env);
    t.is(exitCode, 0, all);
    const { rows } = parseLedger(own.read("rows.jsonl"));
    t.is(rows.length, 1, round);
    t.is(rows[0]?.["reason"], "the drill failed before its first scenario: https://example.test/runs/1");
  }
});

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
