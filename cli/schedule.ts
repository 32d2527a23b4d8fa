import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parseSchedule, skipReason } from "../drill/schedule.ts";
import { appendSkip } from "../evidence/ledger/file.ts";
import { FailoverError } from "../infra/errors.ts";
import { assertWritable, type Invocation } from "./border.ts";
import { cutWarning } from "./ledger.ts";

const scheduleFile = "drill/schedule.yaml";

export const scheduleOptions = "[--at TIME] [--ledger FILE] [--output FILE]";

/**
 * `npm run failover -- schedule`: whether a drill that is due now may run. One that may not is a row in the ledger.
 * `--output` is for a pipeline: a line `run=true` or `run=false` is added to that file.
 */
export async function scheduleVerb({ args }: Invocation): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { at: { type: "string" }, ledger: { type: "string" }, output: { type: "string" } },
  });
  for (const file of [values.ledger, values.output]) if (file) await assertWritable(file);
  const at = values.at === undefined ? new Date() : timeOf(values.at);
  const text = await readFile(join(import.meta.dirname, "..", scheduleFile), "utf8").catch(() => {
    throw new FailoverError("INVALID_CONFIG", {
      problems: "there is no schedule that can be read.",
      where: scheduleFile,
      fix: `git checkout ${scheduleFile}`,
    });
  });
  const reason = skipReason(parseSchedule(text, scheduleFile), at);
  const moment = values.at === undefined ? "now" : "then";
  console.log(reason === null ? `a drill may run ${moment}` : `skipped: ${reason}`);
  if (reason !== null && values.ledger) {
    const { cut } = await appendSkip(values.ledger, { reason, at });
    if (cut !== null) console.error(cutWarning(values.ledger));
  }
  if (values.output) await appendFile(values.output, `run=${reason === null}\n`);
  return 0;
}

function timeOf(text: string): Date {
  const at = new Date(text);
  const day = /^(\d{4}-\d\d-\d\d)T.*(Z|[+-]\d\d:\d\d)$/.exec(text)?.[1];
  // Date takes February 30th for March 2nd.
  const isDay = day !== undefined && new Date(day).toJSON()?.startsWith(day);
  if (isDay && !Number.isNaN(at.getTime())) return at;
  throw new FailoverError("UNKNOWN_OPTION", {
    problems: `--at takes a time with its zone, as 2026-12-01T03:23:00Z; "${text}" is none.`,
    fix: "npm run failover -- schedule",
  });
}
