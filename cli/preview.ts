import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { localSettings, workspaceOf } from "../drill/set-up.ts";
import { realTime } from "../drill/stage.ts";
import { withNext } from "../engine/failures.ts";
import { previewJson } from "../evidence/preview/json.ts";
import { commentLimit, renderPreview, renderRefusal } from "../evidence/preview/markdown.ts";
import { findingsOf, isBlocked, type PreviewReport } from "../evidence/preview/report.ts";
import { previewChange } from "../evidence/preview/run.ts";
import type { PreviewPlant } from "../evidence/preview/side.ts";
import { textTableOf } from "../evidence/preview/table.ts";
import { capital } from "../evidence/markdown.ts";
import { verdictTextOf } from "../evidence/preview/verdict.ts";
import { FailoverError } from "../infra/errors.ts";
import { openLocalPlant } from "../local/local-plant.ts";
import { assertWritable, border, type Invocation } from "./border.ts";
import { StatusLine } from "./status-line.ts";

const project = join(import.meta.dirname, "..");
const usage = "npm run preview -- [--base <commit, branch or tag>] [--comment FILE] [--json FILE]";
const options = { base: { type: "string" }, comment: { type: "string" }, json: { type: "string" } } as const;

async function previewVerb({ args, signal }: Invocation): Promise<number> {
  const { values } = parseArgs({ args, options });
  for (const file of [values.comment, values.json]) if (file) await assertWritable(file);
  console.log("failover-stacks preview — what this change does to disaster recovery, on a local cloud");
  const status = new StatusLine(process.stdout);
  try {
    const report = await preview(values.base, { signal, report: (line) => status.print(line) });
    await write(report, values);
    return isBlocked(report) ? 1 : 0;
  } catch (error) {
    // A comment of the last push must not stay and look like one of this push.
    const told = error instanceof FailoverError && error.code !== "INTERRUPTED";
    if (told && values.comment) await writeFile(values.comment, renderRefusal(error.message));
    throw error;
  }
}

type Around = Pick<Invocation, "signal"> & { report: (line: string) => void };

async function preview(base: string | undefined, { signal: asked, report }: Around): Promise<PreviewReport> {
  const plantFailed = new AbortController();
  const signal = AbortSignal.any([asked, plantFailed.signal]);
  const stop = (error: FailoverError): void => plantFailed.abort(error);
  try {
    const openPlant = (folder: string): Promise<PreviewPlant> => open(folder, { signal, report, stop });
    return await previewChange({ project, base, openPlant, report, signal });
  } catch (error) {
    if (signal.reason instanceof FailoverError) throw signal.reason;
    if (signal.aborted) throw interrupted();
    throw withNext(error, "npm run preview");
  }
}

/** The plant is the base's: what is deployed into it first. Where the base has no valid settings, the head's decide. */
async function open(
  folder: string,
  { signal, report, stop }: Around & { stop: (error: FailoverError) => void },
): Promise<PreviewPlant> {
  const settings = await localSettings(folder).catch(() => localSettings(project));
  const onExit = ({ name }: { name: string }): void =>
    stop(
      new FailoverError("PLANT_FAILED", {
        problems: `${name} ended although nobody stopped it.`,
        fix: "npm run preview",
      }),
    );
  const local = await openLocalPlant({
    purpose: "drill",
    settings,
    ttlDivisor: realTime.ttlDivisor,
    // Nobody follows a switch here: hosts need not ask every second.
    refreshSeconds: realTime.refreshSeconds,
    report,
    onExit,
    signal,
  });
  const plugins = Object.entries(local.plugins).map(([name, kind]) => `${name} ${kind}`);
  return {
    block: local.plant.addresses.block,
    folder: local.folder,
    engine: [`pulumi ${local.toolchain.pulumi.version}`, ...plugins].join(", "),
    workspace: (copy) => workspaceOf(local, copy),
    close: () => local.close(),
  };
}

async function write(
  report: PreviewReport,
  { comment, json }: { comment?: string; json?: string },
): Promise<void> {
  const time = new Date().toISOString().replaceAll(":", "-");
  const folder = join(project, "reports", `preview-${time}`);
  await mkdir(folder, { recursive: true });
  const files = { comment: join(folder, "comment.md"), fullText: join(folder, "preview.md") };
  const fullText = relative(project, files.fullText);
  const short = renderPreview(report, { limit: commentLimit, fullText });
  const data = previewJson(report, { comment: relative(project, files.comment), fullText });
  await writeFile(files.fullText, renderPreview(report, { limit: Number.POSITIVE_INFINITY, fullText }));
  for (const file of [files.comment, comment]) if (file) await writeFile(file, short);
  for (const file of [join(folder, "preview.json"), json]) {
    if (file) await writeFile(file, `${JSON.stringify(data, undefined, 2)}\n`);
  }
  print(report, relative(process.cwd(), files.comment));
}

function print(report: PreviewReport, file: string): void {
  if (report.merging.length > 0) console.log(`\n${textTableOf(report)}`);
  console.log("");
  for (const { severity, what, why, next } of findingsOf(report)) {
    console.log(`${severity.padEnd(8)}${what}.\n        ${capital(why)}.\n        Next: ${next}`);
  }
  for (const note of report.notes) console.log(note);
  console.log(`${verdictTextOf(report)} · ${report.seconds.toFixed(1)} s · ${file}`);
}

function interrupted(): FailoverError {
  return new FailoverError("INTERRUPTED", {
    problems: "the preview was stopped before it finished; nothing of it is left running.",
    fix: "npm run preview",
  });
}

await border(usage, previewVerb);
