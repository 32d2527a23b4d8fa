import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { replaceTopologies } from "../evidence/topologies.ts";
import { border, type Invocation } from "./border.ts";

const project = join(import.meta.dirname, "..");

/** Mends what can be mended: simple lint, format, and the tables in the docs that are made from data. */
async function fixVerb({ args, signal }: Invocation): Promise<number> {
  parseArgs({ args });
  const options = { cwd: project, preferLocal: true, stdio: "inherit", cancelSignal: signal } as const;
  const lint = await execa("oxlint", ["--type-aware", "--fix"], { ...options, reject: false });
  await execa("oxfmt", ["--write"], options);
  for (const name of ["README.md", "docs/runbook.md"]) {
    const path = join(project, name);
    await writeFile(path, replaceTopologies(await readFile(path, "utf8")));
  }
  return lint.failed ? 1 : 0;
}

await border("npm run fix", fixVerb);
