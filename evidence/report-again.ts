import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import type { Facts } from "../drill/drill.ts";
import { judgedClassOf } from "../drill/judged.ts";
import { measure } from "../drill/measure.ts";
import { type ScenarioName, scenarioNames, scenarios } from "../drill/scenarios.ts";
import { judge, type Judgement } from "../drill/verdict.ts";
import { FailoverError } from "../infra/errors.ts";
import { type Evidence, journalNameOf, type JournalFile, timingOf } from "./html/played.ts";
import { readBegun, readJournal } from "./report-files.ts";

const name = v.picklist(scenarioNames);
const schema = v.looseObject({
  schemaVersion: v.literal(1),
  run: v.looseObject({ startedAt: v.string(), realTime: v.boolean(), commit: v.string() }),
  stopped: v.nullable(v.object({ scenario: name, reason: v.string() })),
  scenarios: v.array(
    v.looseObject({
      name,
      verdict: v.string(),
      failback: v.looseObject({ verdict: v.nullable(v.string()) }),
    }),
  ),
  /** Older reports have none. */
  journals: v.optional(v.array(v.object({ file: v.string(), lines: v.number(), sha256: v.string() }))),
});

type Written = v.InferOutput<typeof schema>;

/**
 * The evidence of a drill from its folder: every scenario is measured and judged again from its journal, by the code
 * and the promises of today, and as of the day on which it was run. What was written then is held against it.
 * @throws FailoverError REPORT_UNREADABLE where the folder has no report, or a journal is missing or damaged
 */
export async function readEvidence(folder: string): Promise<Evidence> {
  const written = await readWritten(folder);
  const facts = written.run as unknown as Facts;
  const { rule } = timingOf(facts);
  const control = await journalIn(folder, "control.jsonl");
  const journals = [control];
  const judgements = [];
  for (const { name: scenario } of written.scenarios) {
    const journal = await journalIn(folder, journalNameOf(scenario));
    journals.push(journal);
    const measured = measure(journal.entries, rule, judgedClassOf(scenarios[scenario].system));
    judgements.push(judge(scenario, measured, facts.startedAt.slice(0, 10)));
  }
  const { stopped } = written;
  if (stopped) journals.push(...(await readBegun(folder, stopped.scenario)));
  const verdicts = new Map(judgements.map((judgement) => [judgement.scenario, judgement]));
  return { facts, judgements, stopped, journals, doubts: doubtsOf(written, { journals, verdicts }) };
}

async function readWritten(folder: string): Promise<Written> {
  const path = join(folder, "report.json");
  const text = await readFile(path, "utf8").catch(() =>
    refuse(path, "there is no report.json that can be read."),
  );
  try {
    const report: unknown = JSON.parse(text);
    // As it is: what was parsed by the schema has its keys in another order, and the same evidence other bytes.
    v.assert(schema, report);
    return report;
  } catch (error) {
    return refuse(path, `it is no report of a drill: ${(error as Error).message}.`);
  }
}

async function journalIn(folder: string, file: string): Promise<JournalFile> {
  try {
    return await readJournal(folder, file);
  } catch (error) {
    if (error instanceof FailoverError) throw error;
    return refuse(
      join(folder, file),
      "the journal is missing: what the report says of it cannot be computed.",
    );
  }
}

function refuse(where: string, problem: string): never {
  throw new FailoverError("REPORT_UNREADABLE", { problems: problem, where, fix: "npm run drill" });
}

interface Found {
  journals: readonly JournalFile[];
  verdicts: ReadonlyMap<ScenarioName, Judgement>;
}

function doubtsOf(written: Written, { journals, verdicts }: Found): string[] {
  const hashes = new Map(written.journals?.map(({ file, sha256 }) => [file, sha256]));
  const changed = journals.filter(({ file, sha256 }) => hashes.has(file) && hashes.get(file) !== sha256);
  const judgedAnew = written.scenarios.flatMap(({ name: scenario, verdict, failback }) => {
    const now = verdicts.get(scenario);
    const pairs = [
      { what: scenario, was: verdict, is: now?.verdict },
      { what: `the way back of ${scenario}`, was: failback.verdict, is: now?.failbackVerdict },
    ];
    return pairs.filter(({ was, is }) => was !== is);
  });
  return [
    ...changed.map(({ file }) => `${file} is not the journal that the drill left: its hash is another one`),
    ...judgedAnew.map(
      ({ what, was, is }) =>
        `${what} was judged ${was} by the drill, and is ${is} by its journal and the rules of today`,
    ),
  ];
}
