import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import type { ScenarioName } from "../../../drill/scenarios.ts";
import { renderPage } from "../../../evidence/html/page.ts";
import { renderMarkdown } from "../../../evidence/markdown-report.ts";
import { readEvidence } from "../../../evidence/report-again.ts";
import { readJournal, renderJson, writeReports } from "../../../evidence/report-files.ts";
import { FailoverError } from "../../../infra/errors.ts";
import { evidenceOf, facts, fullRehearsal, journalFile, minuteOf } from "./rehearsal.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const folders = join(import.meta.dirname, "reports");
const golden = ["edge-down", "database-corrupted"] as const;

const isAsCommitted = test.macro({
  title: (_, name: string) =>
    `the committed journal of ${name} makes the committed report, byte for byte; npm run report -- its folder makes it again`,
  async exec(t, name: string) {
    const folder = join(folders, name);
    const evidence = await readEvidence(folder);
    t.is(renderPage(evidence), await readFile(join(folder, "report.html"), "utf8"));
    t.is(renderMarkdown(evidence), await readFile(join(folder, "report.md"), "utf8"));
  },
});

for (const name of golden) test(isAsCommitted, name);

test("a report needs nothing but itself: no script, no address to fetch from, no handler", (t) => {
  const page = renderPage(fullRehearsal());
  t.notRegex(page, /<script|<link|<img|<iframe|javascript:|@import|url\((?!#)/i);
  t.deepEqual(
    [...page.matchAll(/(?:href|src)="(?!#)[^"]*"/g)].map(([found]) => found),
    [],
  );
  t.notRegex(page, /\son\w+="/);
});

test("the report of all scenarios is made in 2 s and has 600 KB at most, however service flapped", (t) => {
  const evidence = fullRehearsal();
  t.true(evidence.journals.reduce((sum, { lines }) => sum + lines, 0) > 100_000);
  const begun = performance.now();
  const page = renderPage(evidence);
  const seconds = (performance.now() - begun) / 1000;
  const kilobytes = Buffer.byteLength(page) / 1000;
  t.log(`${kilobytes.toFixed(0)} KB in ${seconds.toFixed(2)} s`);
  t.true(kilobytes <= 600, `${kilobytes} KB`);
  t.true(seconds <= 2, `${seconds} s`);
});

test("every scenario has its section, pictures and tables, and a link that leads there", (t) => {
  const evidence = fullRehearsal();
  const page = renderPage(evidence);
  for (const { scenario } of evidence.judgements) {
    t.is(page.split(`<section id="${scenario}">`).length, 2, scenario);
    t.true(page.includes(`href="#${scenario}"`), scenario);
  }
  const count = (what: string) => page.split(what).length - 1;
  t.is(count('<svg class="strip"'), evidence.judgements.length);
  t.is(count('<svg class="map"'), evidence.judgements.length * 2);
});

test("a journal with samples removed is unproven, and the report says that it is not the one that was left", async (t) => {
  const folder = await copied("edge-down");
  const { entries } = await readJournal(folder, "edge-down.jsonl");
  const kept = entries.filter((entry, i) => entry.kind !== "sample" || i % 4 > 0);
  await writeJournal(join(folder, "edge-down.jsonl"), kept);
  await recordHashes(folder);
  const evidence = await readEvidence(folder);
  t.is(evidence.judgements[0]?.verdict, "unproven");
  const page = renderPage(evidence);
  t.regex(page, /Something speaks against this evidence/);
  t.regex(page, /edge-down\.jsonl is not the journal that the drill left/);
  t.regex(page, /was judged kept by the drill, and is unproven by its journal/);
  t.regex(page, /class="verdict unproven"><span aria-hidden="true">\?<\/span> unproven \(\d+ % of a phase/);
  t.regex(renderMarkdown(evidence), /0 kept, 0 missed, 1 unproven/);
});

test("a way back that the rules of today judge otherwise is told", async (t) => {
  const folder = await copied("edge-down");
  const path = join(folder, "report.json");
  const report = JSON.parse(await readFile(path, "utf8")) as {
    scenarios: { failback: { verdict: string } }[];
  };
  for (const { failback } of report.scenarios) failback.verdict = "missed";
  await writeFile(path, JSON.stringify(report));
  const { doubts } = await readEvidence(folder);
  t.deepEqual(doubts, [
    "the way back of edge-down was judged missed by the drill, and is kept by its journal and the rules of today",
  ]);
});

interface WrittenReport {
  run: Record<string, unknown>;
  scenarios: Record<string, Record<string, unknown> | undefined>[];
  journals: { file: string; sha256: string }[];
}

test("figures that were altered in report.json are told, and nothing is of those that an older one lacks", async (t) => {
  const folder = await copied("database-corrupted");
  const rules = "by its journal and the rules of today";
  await alter(folder, ({ scenarios: [scenario] }) => {
    Object.assign(scenario?.["measured"] ?? {}, { rtoOutageSeconds: 1.0004, rpoSeconds: null });
    Object.assign(scenario?.["projected"] ?? {}, { rpoSeconds: 2.71 + 1e-7 });
    Object.assign(scenario?.["promised"] ?? {}, { rtoSeconds: 60_000 });
    Object.assign(scenario ?? {}, { timeToDecideSeconds: 300 });
  });
  t.deepEqual((await readEvidence(folder)).doubts, [
    `measured.rtoOutageSeconds of database-corrupted was 1 in the drill's report, and is 16.055 ${rules}`,
    `measured.rpoSeconds of database-corrupted was null in the drill's report, and is 2.71 ${rules}`,
    `promised.rtoSeconds of database-corrupted was 60000 in the drill's report, and is 600 ${rules}`,
    `timeToDecideSeconds of database-corrupted was 300 in the drill's report, and is -43234.333 ${rules}`,
  ]);
  await alter(folder, ({ scenarios }) => {
    for (const scenario of scenarios) {
      for (const field of ["measured", "projected", "promised", "timeToDecideSeconds"])
        delete scenario[field];
    }
  });
  t.deepEqual((await readEvidence(folder)).doubts, []);
});

test("counts, parts and the way back are held against the journals as well, and so is the day", async (t) => {
  const folder = await copied("database-corrupted");
  await alter(folder, ({ scenarios: [scenario] }) => {
    Object.assign(scenario?.["samples"] ?? {}, { failed: 0 });
    Object.assign(scenario?.["failback"] ?? {}, { outageSeconds: 0.25 });
    for (const part of (scenario?.["parts"] ?? []) as { name: string; realSeconds: number }[])
      if (part.name === "restore") part.realSeconds = 60;
  });
  const { doubts } = await readEvidence(folder);
  t.deepEqual(
    doubts.map((doubt) => doubt.split(" of ")[0]?.replace(/\d/, "N")),
    ["parts.N.realSeconds", "samples.failed", "failback.outageSeconds"],
    doubts.join("\n"),
  );
  const later = await copied("database-corrupted");
  await alter(later, (report) => {
    (report as unknown as { run: { startedAt: string } }).run.startedAt = "2027-06-01T00:00:00.000Z";
  });
  t.regex(
    (await readEvidence(later)).doubts.join("\n"),
    /^report\.json says that the drill began on 2027-06-01, and its journals on 2026-11-30$/,
  );
});

test("texts that were altered in report.json are told, and what is accepted as well", async (t) => {
  const folder = await copied("database-corrupted");
  await alter(folder, ({ scenarios: [scenario] }) => {
    Object.assign(scenario ?? {}, { accepted: null, system: "Workers" });
    Object.assign(scenario?.["rpo"] ?? {}, { verdict: "missed" });
  });
  const rules = "by its journal and the rules of today";
  t.deepEqual((await readEvidence(folder)).doubts, [
    `system of database-corrupted was Workers in the drill's report, and is Database ${rules}`,
    `accepted of database-corrupted was null in the drill's report, and is given ${rules}`,
    `rpo.verdict of database-corrupted was missed in the drill's report, and is kept ${rules}`,
  ]);
});

const impossible: [string, (report: WrittenReport) => void][] = [
  ["a drill plays a scenario once", ({ scenarios }) => scenarios.push(...scenarios)],
  [
    "the scenario that it was stopped in cannot have been judged",
    (report) => Object.assign(report, { stopped: { scenario: "edge-down", reason: "INTERRUPTED" } }),
  ],
  ['Expected "simulation"', ({ run }) => (run["kind"] = "real")],
  ["real time shortens no TTL, and only it", ({ run }) => (run["ttlDivisor"] = 1)],
];
for (const [why, change] of impossible) {
  test(`no drill leaves such a report.json: ${why}`, async (t) => {
    const folder = await copied("edge-down");
    await alter(folder, change);
    const error = await t.throwsAsync(readEvidence(folder), { message: /^REPORT_UNREADABLE/ });
    t.true(error?.message.includes(why), error?.message);
  });
}

test("a report that names no hashes proves nothing by them", async (t) => {
  const folder = await copied("edge-down");
  await alter(folder, (report) => delete (report as Partial<WrittenReport>).journals);
  t.regex((await readEvidence(folder)).doubts.join("\n"), /^report\.json names no hash of a journal/);
});

test("a scenario that was taken out of report.json leaves its journal behind, which is told", async (t) => {
  const folder = await left(["edge-down", "edge-down-reset"]);
  t.deepEqual((await readEvidence(folder)).doubts, []);
  await alter(folder, ({ scenarios }) => scenarios.pop());
  const unused = "edge-down-reset.jsonl was left by the drill, and nothing of the report is computed from it";
  t.deepEqual((await readEvidence(folder)).doubts, [unused]);
  await rm(join(folder, "edge-down-reset.jsonl"));
  t.deepEqual((await readEvidence(folder)).doubts, [unused]);
});

test("a journal that report.json does not name is told, in an older report as well", async (t) => {
  const strange = ["edge-down-reset.jsonl lies in the folder, and report.json does not name it"];
  const folder = await left(["edge-down", "edge-down-reset"]);
  await alter(folder, ({ journals }) => journals.pop());
  t.deepEqual((await readEvidence(folder)).doubts, strange);
  const older = await copied("edge-down");
  await writeJournal(join(older, "edge-down-reset.jsonl"), []);
  t.deepEqual((await readEvidence(older)).doubts, strange);
});

test("a scenario in which the drill was stopped is shown as not judged", (t) => {
  const cases = [{ name: "edge-down" as const, entries: minuteOf("edge-down") }];
  const evidence = evidenceOf(cases, {
    stopped: { scenario: "load-balancer-down", reason: "ENGINE_FAILED" },
  });
  const begun = journalFile("load-balancer-down.jsonl", minuteOf("load-balancer-down").slice(0, 4));
  const page = renderPage({ ...evidence, journals: [...evidence.journals, begun] });
  t.regex(page, /Stopped in load-balancer-down<\/b> \(ENGINE_FAILED\): it was not judged/);
  t.regex(page, /<section id="load-balancer-down">\n<h2>load-balancer-down: not judged/);
  t.regex(page, /Journal load-balancer-down\.jsonl: \d+ events/);
  t.regex(
    renderMarkdown(evidence),
    /Stopped in `load-balancer-down`\*\* \(ENGINE_FAILED\): it was not judged/,
  );
});

test("a drill that was stopped in its first scenario has a report, too", (t) => {
  const evidence = evidenceOf([], { stopped: { scenario: "edge-down", reason: "INTERRUPTED" } });
  t.regex(renderPage(evidence), /Nothing was judged\./);
  t.regex(renderMarkdown(evidence), /Nothing was judged\./);
});

test("what a journal says never becomes markup", (t) => {
  const entries = minuteOf("edge-down").map((entry) =>
    entry.kind === "proof" ? { ...entry, evidence: '<script>alert("&")</script>' } : entry,
  );
  const page = renderPage(evidenceOf([{ name: "edge-down", entries }]));
  t.false(page.includes("<script"));
  t.true(page.includes("&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;"));
});

test("a drill leaves report.json with the hashes of its journals, report.md and report.html", async (t) => {
  const folder = temporaryFolder();
  const entries = minuteOf("edge-down");
  await writeJournal(join(folder, "control.jsonl"), []);
  await writeJournal(join(folder, "edge-down.jsonl"), entries);
  await writeJournal(join(folder, "edge-down-reset.jsonl"), entries.slice(0, 5));
  const { judgements } = evidenceOf([{ name: "edge-down", entries }]);
  const error = new FailoverError("ENGINE_FAILED", { problems: "it did not answer" });
  await writeReports(folder, {
    facts,
    judgements: [...judgements],
    stopped: { scenario: "edge-down-reset", error },
  });
  const evidence = await readEvidence(folder);
  t.deepEqual(evidence.doubts, []);
  t.is(renderJson(evidence), await readFile(join(folder, "report.json"), "utf8"));
  t.is(renderPage(evidence), await readFile(join(folder, "report.html"), "utf8"));
  t.is(renderMarkdown(evidence), await readFile(join(folder, "report.md"), "utf8"));
  const report = JSON.parse(await readFile(join(folder, "report.json"), "utf8")) as Record<string, unknown>;
  t.deepEqual(report["stopped"], { scenario: "edge-down-reset", reason: "ENGINE_FAILED" });
  t.is((report["journals"] as unknown[]).length, 3);
});

test("a drill that was stopped before its scenario wrote anything leaves a report all the same", async (t) => {
  const folder = temporaryFolder();
  await writeJournal(join(folder, "control.jsonl"), []);
  const error = new FailoverError("INTERRUPTED", { problems: "it was interrupted" });
  const stopped = { scenario: "edge-down" as const, error };
  const { page } = await writeReports(folder, { facts, judgements: [], stopped });
  t.regex(await readFile(page, "utf8"), /edge-down: not judged/);
  t.is(renderPage(await readEvidence(folder)), await readFile(page, "utf8"));
});

test("a folder without a report, a missing journal and a broken one are refused, with the file", async (t) => {
  const empty = temporaryFolder();
  const refusal = async (folder: string) => (await t.throwsAsync(readEvidence(folder)))?.message ?? "";
  t.regex(await refusal(empty), /REPORT_UNREADABLE\n.*no report\.json[^]*report\.json/);
  await writeFile(join(empty, "report.json"), '{"schemaVersion": 2}');
  t.regex(await refusal(empty), /it is no report of a drill/);
  const folder = temporaryFolder();
  await writeFile(join(folder, "report.json"), await readFile(join(folders, "edge-down", "report.json")));
  t.regex(await refusal(folder), /the journal is missing[^]*control\.jsonl/);
  const broken = await copied("edge-down");
  await writeFile(join(broken, "edge-down.jsonl"), '{"kind":"sam\n{"kind":"end","atMs":1}\n');
  t.regex(await refusal(broken), /no JSON[^]*edge-down\.jsonl/);
  const other = await copied("database-corrupted");
  const file = join(other, "database-corrupted.jsonl");
  await writeJournal(
    file,
    (await readJournal(other, "database-corrupted.jsonl")).entries.map((entry) =>
      entry.kind === "reconciled" ? ({ ...entry, found: {} } as typeof entry) : entry,
    ),
  );
  t.regex(await refusal(other), /of a version that this code does not know[^]*database-corrupted\.jsonl/);
  const truncated = await copied("edge-down");
  const packed = join(truncated, "edge-down.jsonl.gz");
  await writeFile(packed, (await readFile(packed)).subarray(0, 2000));
  t.regex(await refusal(truncated), /is damaged and cannot be unpacked: [^]*edge-down\.jsonl\.gz/);
  await rm(packed);
  await mkdir(packed);
  t.regex(await refusal(truncated), /cannot be read \(EISDIR\)[^]*edge-down\.jsonl/);
});

/** A committed folder, somewhere else, where it can be changed. */
async function copied(name: string): Promise<string> {
  const folder = temporaryFolder();
  for (const file of await readdir(join(folders, name))) {
    await writeFile(join(folder, file), await readFile(join(folders, name, file)));
  }
  return folder;
}

/** What a drill of these scenarios leaves. */
async function left(names: readonly ScenarioName[]): Promise<string> {
  const folder = temporaryFolder();
  const cases = names.map((name) => ({ name, entries: minuteOf(name) }));
  await writeJournal(join(folder, "control.jsonl"), []);
  for (const { name, entries } of cases) await writeJournal(join(folder, `${name}.jsonl`), entries);
  const { judgements } = evidenceOf(cases);
  await writeReports(folder, { facts, judgements: [...judgements], stopped: null });
  return folder;
}

async function alter(folder: string, change: (report: WrittenReport) => unknown): Promise<void> {
  const path = join(folder, "report.json");
  const report = JSON.parse(await readFile(path, "utf8")) as WrittenReport;
  change(report);
  await writeFile(path, JSON.stringify(report));
}

async function recordHashes(folder: string): Promise<void> {
  const path = join(folder, "report.json");
  const report = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
  const journals = [{ file: "edge-down.jsonl", lines: 1, sha256: "that of the journal that the drill left" }];
  await writeFile(path, JSON.stringify({ ...report, journals }));
}

async function writeJournal(path: string, entries: readonly unknown[]): Promise<void> {
  await writeFile(path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
}
