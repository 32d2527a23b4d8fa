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
import { journalsIn, readBegun, readJournal } from "./report-files.ts";
import { reportOf } from "./report.ts";

const name = v.picklist(scenarioNames);
const report = v.looseObject({
  schemaVersion: v.literal(1),
  run: v.pipe(
    v.looseObject({
      kind: v.literal("simulation"),
      startedAt: v.string(),
      realTime: v.boolean(),
      ttlDivisor: v.number(),
      commit: v.string(),
    }),
    v.check(
      ({ realTime, ttlDivisor }) => realTime === (ttlDivisor === 1),
      "real time shortens no TTL, and only it",
    ),
  ),
  stopped: v.nullable(v.object({ scenario: name, reason: v.string() })),
  scenarios: v.pipe(
    v.array(
      v.looseObject({
        name,
        verdict: v.string(),
        failback: v.looseObject({ verdict: v.nullable(v.string()) }),
      }),
    ),
    v.checkItems(
      (one, index, all) => all.findIndex((other) => other.name === one.name) === index,
      "a drill plays a scenario once",
    ),
  ),
  /** Older reports have none. */
  journals: v.optional(v.array(v.object({ file: v.string(), lines: v.number(), sha256: v.string() }))),
});

const schema = v.pipe(
  report,
  v.check(
    ({ stopped, scenarios: judged }) => judged.every((one) => one.name !== stopped?.scenario),
    "the scenario that it was stopped in cannot have been judged",
  ),
);

type Written = v.InferOutput<typeof schema>;

/**
 * The evidence of a drill from its folder: every scenario is measured and judged again from its journal, by the code
 * and the promises of today, and as of the day on which it was run. What was written then is held against it.
 * @throws FailoverError REPORT_UNREADABLE where the folder has no report, or a journal is missing or damaged
 */
export async function readEvidence(folder: string): Promise<Evidence> {
  const written = await readWritten(folder);
  const facts = written.run as unknown as Facts;
  const control = await journalIn(folder, "control.jsonl");
  const journals = [control];
  const judgements = [];
  for (const { name: scenario } of written.scenarios) {
    const journal = await journalIn(folder, journalNameOf(scenario));
    journals.push(journal);
    judgements.push(judgeAgain(scenario, { folder, journal, facts }));
  }
  const { stopped } = written;
  if (stopped) journals.push(...(await readBegun(folder, stopped.scenario)));
  const { scenarios: judged } = reportOf({ facts, judgements, stopped: null }) as Pick<Written, "scenarios">;
  const doubts = [
    ...timeDoubts(facts, journals),
    ...journalDoubts(written, journals, await journalsIn(folder)),
    ...written.scenarios.flatMap((was, index) => scenarioDoubts(was, judged[index])),
  ];
  return { facts, judgements, stopped, journals, doubts };
}

function judgeAgain(
  scenario: ScenarioName,
  { folder, journal, facts }: { folder: string; journal: JournalFile; facts: Facts },
): Judgement {
  const { rule } = timingOf(facts);
  try {
    const measured = measure(journal.entries, rule, judgedClassOf(scenarios[scenario].system));
    return judge(scenario, measured, facts.startedAt.slice(0, 10));
  } catch (error) {
    return refuse(
      join(folder, journal.file),
      `the journal is of a version that this code does not know: ${(error as Error).message}.`,
    );
  }
}

async function readWritten(folder: string): Promise<Written> {
  const path = join(folder, "report.json");
  const text = await readFile(path, "utf8").catch(() =>
    refuse(path, "there is no report.json that can be read."),
  );
  try {
    const written: unknown = JSON.parse(text);
    // As it is: what was parsed by the schema has its keys in another order, and the same evidence other bytes.
    v.assert(schema, written);
    return written;
  } catch (error) {
    return refuse(path, `it is no report of a drill: ${(error as Error).message}.`);
  }
}

async function journalIn(folder: string, file: string): Promise<JournalFile> {
  try {
    return await readJournal(folder, file);
  } catch (error) {
    if (error instanceof FailoverError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const problem = code === "ENOENT" ? "is missing" : `cannot be read (${code})`;
    return refuse(
      join(folder, file),
      `the journal ${problem}: what the report says of it cannot be computed.`,
    );
  }
}

function refuse(where: string, problem: string): never {
  throw new FailoverError("REPORT_UNREADABLE", { problems: problem, where, fix: "npm run drill" });
}

/** What report.json names, what lies in the folder, and what was read for the report must be the same journals. */
function journalDoubts(written: Written, read: readonly JournalFile[], lying: readonly string[]): string[] {
  const isRead = new Set(read.map(({ file }) => file));
  const named = new Map(written.journals?.map(({ file, sha256 }) => [file, sha256]));
  const known = written.journals ? new Set(named.keys()) : isRead;
  const nameless = written.journals
    ? []
    : ["report.json names no hash of a journal: whether they are those that the drill left, nobody can tell"];
  const changed = read.filter(({ file, sha256 }) => named.has(file) && named.get(file) !== sha256);
  const unused = [...named.keys()].filter((file) => !isRead.has(file));
  const strange = lying.filter((file) => !known.has(file));
  return [
    ...nameless,
    ...changed.map(({ file }) => `${file} is not the journal that the drill left: its hash is another one`),
    ...unused.map((file) => `${file} was left by the drill, and nothing of the report is computed from it`),
    ...strange.map((file) => `${file} lies in the folder, and report.json does not name it`),
  ];
}

/** Which misses are accepted depends on the day. */
function timeDoubts({ startedAt }: Facts, journals: readonly JournalFile[]): string[] {
  const began = journals
    .flatMap(({ entries }) => entries)
    .flatMap((entry) => (entry.kind === "began" ? [entry.at.slice(0, 10)] : []));
  const [first] = began.toSorted();
  const day = startedAt.slice(0, 10);
  if (first === undefined || (day >= dayBefore(first) && day <= first)) return [];
  return [`report.json says that the drill began on ${day}, and its journals on ${first}`];
}

/** Setting up may last over midnight. */
function dayBefore(day: string): string {
  return new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
}

type WrittenScenario = Written["scenarios"][number];

/** What the drill wrote of a scenario, held against what its journal and the rules of today make of it. */
function scenarioDoubts(was: WrittenScenario, is: WrittenScenario | undefined): string[] {
  const verdicts = [
    { what: was.name, before: was.verdict, after: is?.verdict },
    { what: `the way back of ${was.name}`, before: was.failback.verdict, after: is?.failback.verdict },
  ];
  const now = valuesOf(is);
  // An older report lacks some, and what is null on one side has no parts there.
  const altered = [...valuesOf(was)].filter(([path, value]) => (now.get(path) ?? value) !== value);
  return [
    ...verdicts
      .filter(({ before, after }) => before !== after)
      .map(
        ({ what, before, after }) =>
          `${what} was judged ${before} by the drill, and is ${after} by its journal and the rules of today`,
      ),
    ...altered.map(
      ([path, value]) =>
        `${path} of ${was.name} was ${value} in the drill's report, and is ${now.get(path)} by its journal and the rules of today`,
    ),
  ];
}

/** Verdicts are told in words of their own; where a figure was read is no claim about the drill. */
const isTold = (path: string): boolean => !/^(failback\.)?verdict$|\.(source|basis)$/.test(path);

/** Everything that a report says of a scenario, by its path. To the millisecond, as no clock here is more exact. */
function valuesOf(value: unknown, path = ""): Map<string, string> {
  if (!isTold(path)) return new Map();
  if (typeof value === "number") return new Map([[path, String(Math.round(value * 1000) / 1000)]]);
  if (typeof value !== "object" || value === null) return new Map([[path, String(value)]]);
  const parts = Object.entries(value).flatMap(([key, inner]) => [
    ...valuesOf(inner, path === "" ? key : `${path}.${key}`),
  ]);
  return new Map([...(path === "" ? [] : [[path, "given"] as const]), ...parts]);
}
