import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { leaveResult } from "../../cli/drill.ts";
import { parseLedger } from "../../evidence/ledger/ledger.ts";
import { evidenceOf, facts, minuteOf } from "../evidence/html/rehearsal.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const entries = minuteOf("edge-down");
const { judgements } = evidenceOf([{ name: "edge-down", entries }]);

/** A drill that has ended, and where it leaves what. */
function ended() {
  const evidence = temporaryFolder();
  const result = { facts, judgements: [...judgements], stopped: null, evidence };
  const printing = { ttlDivisor: 30, json: undefined, startedAt: 0 };
  return { evidence, result, printing, ledger: join(evidence, "rows") };
}

function leaveJournals(folder: string): void {
  writeFileSync(join(folder, "control.jsonl"), "");
  writeFileSync(
    join(folder, "edge-down.jsonl"),
    entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""),
  );
}

test("a report that cannot be made costs no verdict its line in the ledger", async (t) => {
  const { result, printing, ledger } = ended();
  await t.throwsAsync(leaveResult(result, { ...printing, ledger }), { code: "ENOENT" });
  const { rows } = parseLedger(readFileSync(ledger, "utf8"));
  t.like(rows, [{ kind: "run", scenario: "edge-down", verdict: "kept" }]);
});

test("a ledger that cannot be written costs no drill its report", async (t) => {
  const { evidence, result, printing } = ended();
  leaveJournals(evidence);
  await t.throwsAsync(leaveResult(result, { ...printing, ledger: "/nowhere/rows" }), { code: "ENOENT" });
  t.regex(readFileSync(join(evidence, "report.json"), "utf8"), /"verdict": "kept"/);
});
