import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { committedFigures } from "../evidence/promises/figures.ts";
import { renderPromises } from "../evidence/promises/lines.ts";
import { exitCodeOfPromises, lintPromises } from "../evidence/promises/promises.ts";
import { assertWritable, type Invocation } from "./border.ts";

const project = join(import.meta.dirname, "..");

export const promisesOptions = "[--json FILE]";

/** `npm run failover -- promises`: which promises can hold at all. Reads this folder's files and asks nobody. */
export async function promisesVerb({ args }: Invocation): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: "string" } } });
  if (values.json) await assertWritable(values.json);
  const today = new Date().toISOString().slice(0, 10);
  const report = lintPromises(await committedFigures(project), today);
  if (values.json) await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  console.log(renderPromises(report));
  return exitCodeOfPromises(report);
}
