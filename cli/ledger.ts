import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { scenarioNames } from "../drill/scenarios.ts";
import { appendSkip } from "../evidence/ledger/file.ts";
import { renderDamage, renderSkips, renderStale, renderTrends } from "../evidence/ledger/table.ts";
import { staleOf, trendsOf } from "../evidence/ledger/trend.ts";
import { parseLedger } from "../evidence/ledger/ledger.ts";
import { FailoverError } from "../infra/errors.ts";
import { assertWritable, type Invocation } from "./border.ts";

const project = join(import.meta.dirname, "..");

/** The committed one. */
const ledgerFile = join(project, "ledger.jsonl");

export const ledgerOptions = "[--stale 8d | --skip REASON] [--file FILE]";

/** `npm run failover -- ledger`: what the drills so far prove; `--stale` fails where one is overdue. */
export async function ledgerVerb({ args }: Invocation): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { stale: { type: "string" }, file: { type: "string" }, skip: { type: "string" } },
  });
  const file = values.file ?? ledgerFile;
  if (values.skip !== undefined) {
    assertSkip(values.skip, values.stale);
    return skip(file, values.skip);
  }
  const limit = values.stale === undefined ? undefined : secondsOf(values.stale);
  const now = new Date();
  const ledger = parseLedger(await readLedger(file, { mustExist: values.file !== undefined }), now);
  const damage = renderDamage(ledger, relative(process.cwd(), file));
  for (const line of damage) console.error(line);
  console.log([renderTrends(trendsOf(ledger, scenarioNames)), ...renderSkips(ledger)].join("\n"));
  const stale = limit === undefined ? [] : staleOf(ledger, { known: scenarioNames, seconds: limit, now });
  if (limit !== undefined) console.log(["", ...renderStale(stale, values.stale ?? "")].join("\n"));
  if (stale.length > 0) return 1;
  return damage.length > 0 ? 3 : 0;
}

/** A reader of many drills: the file that is not there yet says of each that it never ran. */
async function readLedger(file: string, { mustExist }: { mustExist: boolean }): Promise<string> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" && !mustExist) return "";
    throw new FailoverError("UNKNOWN_OPTION", {
      problems: `${file} cannot be read: ${error.code}.`,
      fix: "npm run failover -- ledger    (reads ledger.jsonl)",
    });
  });
}

function assertSkip(reason: string, stale: string | undefined): void {
  const alone = stale === undefined;
  if (alone && reason.trim() !== "") return;
  throw new FailoverError("UNKNOWN_OPTION", {
    problems: alone ? "--skip needs a reason." : "--skip writes and --stale reads: one at a time.",
    fix: 'npm run failover -- ledger --skip "the machine was needed elsewhere"',
  });
}

async function skip(file: string, reason: string): Promise<number> {
  await assertWritable(file);
  const { cut } = await appendSkip(file, { reason });
  if (cut !== null) console.error(cutWarning(file));
  console.log(`skipped, and written down in ${relative(process.cwd(), file)}: ${reason}`);
  return 0;
}

export function cutWarning(file: string): string {
  return `the last line of ${relative(process.cwd(), file)} was cut in half by something earlier; it stays, and counts nowhere`;
}

const units = { d: 86_400, h: 3600, min: 60 } as const;

function secondsOf(text: string): number {
  const [, number, unit] = /^([1-9]\d{0,5})(d|h|min)$/.exec(text) ?? [];
  if (number !== undefined) return Number(number) * units[unit as keyof typeof units];
  throw new FailoverError("UNKNOWN_OPTION", {
    problems: `--stale takes a whole number of days, hours or minutes below a million, as 8d, 36h or 90min; "${text}" is none.`,
    fix: "npm run failover -- ledger --stale 8d",
  });
}
