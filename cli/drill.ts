import { copyFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { parseArgs, styleText } from "node:util";
import { type ControlSamples, describeSamples } from "../drill/control.ts";
import { drill, type DrillResult, type Facts } from "../drill/drill.ts";
import { scenarioNames } from "../drill/scenarios.ts";
import { realTime, rehearsal, type Timing } from "../drill/stage.ts";
import type { Verdict } from "../drill/ruling.ts";
import { exitCodeOf } from "../drill/verdict.ts";
import { formatDuration } from "../evidence/duration.ts";
import { closingOf, headingOf, Narrator } from "../evidence/lines.ts";
import { writeReports } from "../evidence/report-files.ts";
import { renderCounts, renderTable } from "../evidence/table.ts";
import { appendRuns } from "../evidence/ledger/file.ts";
import { assertWritable, border, type Invocation } from "./border.ts";
import { cutWarning } from "./ledger.ts";
import { StatusLine } from "./status-line.ts";

const project = join(import.meta.dirname, "..");
const usage = "npm run drill -- [scenario …] [--real-time] [--json FILE] [--ledger FILE]";
const colours = { kept: "green", missed: "red", unproven: "yellow" } as const;

async function drillVerb({ args, signal }: Invocation): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { "real-time": { type: "boolean" }, json: { type: "string" }, ledger: { type: "string" } },
  });
  const timing = values["real-time"] ? realTime : rehearsal;
  const startedAt = performance.now();
  // Found out now, not after four minutes.
  for (const file of [values.json, values.ledger]) if (file) await assertWritable(file);
  console.log(`failover-stacks drill — simulation on a local plant, ${describeTiming(timing)}`);
  const result = await drill({
    project,
    names: positionals,
    timing,
    today: new Date().toISOString().slice(0, 10),
    signal,
    listener: listen(new StatusLine(process.stdout)),
  });
  const { json, ledger } = values;
  await leaveResult(result, { ttlDivisor: timing.ttlDivisor, json, ledger, startedAt });
  if (result.stopped) throw result.stopped.error;
  return exitCodeOf(result.judgements);
}

/** The ledger first: a report can be made again from its journals. Whatever becomes of one, the other is tried. */
export async function leaveResult(
  result: DrillResult,
  { ledger, ...printing }: Printing & { ledger: string | undefined },
): Promise<void> {
  try {
    if (ledger) await addToLedger(ledger, result);
  } finally {
    await printResult(result, printing);
  }
}

async function addToLedger(file: string, result: DrillResult): Promise<void> {
  const { cut } = await appendRuns(file, result);
  if (cut !== null) console.error(cutWarning(file));
}

function describeTiming({ ttlDivisor, refreshSeconds }: Timing): string {
  return ttlDivisor === 1
    ? "real time: nothing is shortened"
    : `rehearsal: DNS TTLs ÷ ${ttlDivisor}, hosts read their settings every ${refreshSeconds} s; nothing else is shortened`;
}

function listen(status: StatusLine) {
  let narrator: Narrator | undefined;
  return {
    setUp: (line: string) => status.print(line),
    ready: (facts: Facts) => status.print(describeFacts(facts)),
    control: (samples: ControlSamples) => status.print(`control run: ${describeSamples(samples)}`),
    begin(name: Parameters<typeof headingOf>[0]) {
      narrator = new Narrator(name);
      status.print(`\n${headingOf(name)}`);
    },
    entry(entry: Parameters<Narrator["tell"]>[0]) {
      const line = narrator?.tell(entry);
      if (line) status.print(line);
      else if (entry.kind === "sample") status.update(narrator?.waiting(entry));
    },
    end: (judgement: Parameters<typeof closingOf>[0]) => status.print(closingOf(judgement)),
  };
}

function describeFacts({ engine, plugins, plant, commit }: Facts): string {
  const used = Object.entries(plugins).map(([name, kind]) => `${name} ${kind}`);
  return `engine pulumi ${engine} · ${used.join(" · ")} · plant ${plant} · promises at ${commit}`;
}

interface Printing {
  ttlDivisor: number;
  json: string | undefined;
  startedAt: number;
}

async function printResult({ evidence, ...result }: DrillResult, printing: Printing): Promise<void> {
  const { ttlDivisor, json, startedAt } = printing;
  const { judgements, stopped } = result;
  const files = await writeReports(evidence, result);
  if (json) await copyFile(files.json, json);
  if (judgements.length === 0) return;
  const paint = (verdict: Verdict, text: string): string =>
    styleText(colours[verdict], text, { stream: process.stdout });
  console.log(`\n${renderTable(judgements, { ttlDivisor, paint })}\n`);
  const took = formatDuration((performance.now() - startedAt) / 1000);
  if (stopped) console.log(`stopped in ${stopped.scenario}: it and what follows it were not judged`);
  console.log(`${renderCounts(judgements)} · ${took} · report: ${relative(process.cwd(), files.page)}`);
}

const details = [
  "Without a scenario all of them are played, in this order:",
  ...scenarioNames.map((name) => `  ${name}`),
];

if (import.meta.main) await border(usage, drillVerb, details);
