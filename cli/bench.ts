import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bench } from "../bench/bench.ts";
import { method, reportOf } from "../bench/report.ts";
import type { RunFacts } from "../bench/run-facts.ts";
import { renderTable } from "../bench/table.ts";
import { formatDuration } from "../evidence/duration.ts";
import { assertWritable, border, type Invocation } from "./border.ts";
import { StatusLine } from "./status-line.ts";

const project = join(import.meta.dirname, "..");

/** Often enough for a median, seldom enough for five minutes. */
const repetitions = { setUps: 3, runs: 5 };

async function benchVerb({ args, signal }: Invocation): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { json: { type: "string" }, rehearsal: { type: "boolean", default: false } },
  });
  if (values.json) await assertWritable(values.json);
  const startedAt = performance.now();
  console.log("failover-stacks bench — targets are aims: a figure over its target fails nothing");
  const status = new StatusLine(process.stdout);
  const report = {
    line: (text: string) => status.print(text),
    progress: (text: string) => status.update(text),
  };
  const { rehearsal } = values;
  const { run, figures, failed } = await bench({ project, ...repetitions, rehearsal, signal, report });
  if (values.json) await writeFile(values.json, `${JSON.stringify(reportOf(run, figures), undefined, 2)}\n`);
  status.print(`\n${renderTable(figures)}\n`);
  for (const line of [...method, describeRun(run)]) console.log(line);
  const took = formatDuration((performance.now() - startedAt) / 1000);
  const count = figures.filter(({ notMeasured }) => notMeasured === null).length;
  console.log(`\n${count} of ${figures.length} figures measured · ${took}`);
  return failed.length > 0 ? 3 : 0;
}

function describeRun({ commit, engine, plugins, machine }: RunFacts): string {
  const used = Object.entries(plugins).map(([name, kind]) => `${name} ${kind}`);
  const { cores, memoryGiB, loadAverage } = machine;
  const loads = loadAverage.map((load) => load.toFixed(1)).join(" ");
  return `Commit ${commit} · pulumi ${engine} · ${used.join(" · ")} · ${cores} cores, ${memoryGiB.toFixed(0)} GiB, load average before: ${loads}`;
}

await border("npm run bench -- [--rehearsal] [--json FILE]", benchVerb);
