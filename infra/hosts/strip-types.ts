import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { getCompileCacheDir, stripTypeScriptTypes } from "node:module";
import { join } from "node:path";

/**
 * TypeScript with blanks for its types. The first call loads a parser, 0.3 s of every recovery, so what it made is
 * kept where Node keeps its own compiled code (NODE_COMPILE_CACHE): once per machine, source and version of Node.
 */
export function stripTypes(source: string, cache = getCompileCacheDir()): string {
  if (cache === undefined) return strip(source);
  const file = join(cache, "stripped", `${digest(`${process.version}\n${source}`)}.js`);
  const kept = readKept(file);
  if (kept !== undefined) return kept;
  const script = strip(source);
  keep(file, script);
  return script;
}

function strip(source: string): string {
  return stripTypeScriptTypes(source, { mode: "strip" });
}

/** A damaged file is none: customData that differs would replace servers. */
function readKept(file: string): string | undefined {
  try {
    const [, sum, script] = /^(.*)\n([^]*)$/.exec(readFileSync(file, "utf8")) ?? [];
    return script !== undefined && sum === digest(script) ? script : undefined;
  } catch {
    return undefined; // The first time there is none; whatever else keeps it from us costs time only.
  }
}

function keep(file: string, script: string): void {
  const draft = `${file}.${randomUUID()}`;
  try {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(draft, `${digest(script)}\n${script}`);
    renameSync(draft, file);
  } catch {
    // A cache that cannot be written is none: the next run strips again.
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
