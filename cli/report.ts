import { copyFile, mkdir } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { readEvidence } from "../evidence/report-again.ts";
import { packJournals, writePages } from "../evidence/report-files.ts";
import { renderCounts } from "../evidence/table.ts";
import { FailoverError } from "../infra/errors.ts";
import { border, type Invocation } from "./border.ts";

const usage = "npm run report -- FOLDER [--to FOLDER [--journals]]";

/**
 * `npm run report`: makes report.md and report.html of a drill again from its journals, and holds what they say now
 * against what the drill wrote. `--to` leaves them elsewhere, with its report.json; `--journals` packs those, too.
 */
async function reportVerb({ args }: Invocation): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { to: { type: "string" }, journals: { type: "boolean" } },
  });
  const [folder] = positionals;
  if (!folder) throw mistaken("the folder of a drill is missing.");
  if (positionals.length > 1) throw mistaken(`one folder at a time; found ${positionals.length}.`);
  if (values.journals && !values.to)
    throw mistaken("--journals packs journals into the folder of --to, which is missing.");
  if (values.to) await assertFolder(values.to);
  const evidence = await readEvidence(folder);
  const target = resolve(values.to ?? folder);
  if (target !== resolve(folder)) await copyFile(join(folder, "report.json"), join(target, "report.json"));
  if (values.journals) await packJournals(folder, target, evidence);
  const { page } = await writePages(target, evidence);
  for (const doubt of evidence.doubts) console.error(doubt);
  console.log(`${renderCounts(evidence.judgements)} · ${relative(process.cwd(), page)}`);
  return evidence.doubts.length > 0 ? 3 : 0;
}

function mistaken(problem: string): FailoverError {
  return new FailoverError("UNKNOWN_OPTION", {
    problems: problem,
    fix: `${usage}, with a folder in reports/`,
  });
}

/** Found out before it is worked for. */
async function assertFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new FailoverError("NOT_WRITABLE", {
      problems: `${path} cannot be a folder: ${error.code}.`,
      fix: "name another one, then run the same command again",
    });
  });
}

await border(usage, reportVerb);
