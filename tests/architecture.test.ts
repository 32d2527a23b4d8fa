import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import test from "ava";

const root = join(import.meta.dirname, "..");

/** Folder to the folders it may import from, besides itself. Arrows point one way; docs/decisions say why. */
const allowed: Record<string, readonly string[]> = {
  infra: [],
  engine: ["infra"],
  watch: ["infra", "engine"],
  recovery: ["infra", "engine", "watch"],
  drill: ["infra", "engine", "watch", "recovery"],
  evidence: ["infra", "engine", "watch", "recovery", "drill"],
  local: ["infra"],
  bench: ["infra", "engine", "watch", "recovery", "drill", "local"],
  cli: ["infra", "engine", "watch", "recovery", "drill", "evidence", "local", "bench"],
};

/** The local plant is known to cli, and to the files that set a drill up. */
const setUpFiles = ["drill/set-up.ts", "drill/plant-handle.ts"];

/** Of infra, the others may read data and errors; what declares resources is for the engine alone. */
const infraForOthers = ["errors.ts", "config.ts", "names.ts", "systems.ts", "topologies.ts", "compose.ts"];

interface Edge {
  file: string;
  target: string;
}

const files = globSync(`{${Object.keys(allowed).join(",")}}/**/*.ts`, { cwd: root });
const edges = files.flatMap((file) => importsOf(file).map((target): Edge => ({ file, target })));

test("the walk sees the code it guards", (t) => {
  t.true(files.length > 50);
  t.true(edges.length > 100);
  t.true(edges.some(({ file, target }) => file === "drill/run.ts" && target === "recovery/switch.ts"));
});

test("imports go along the allowed arrows only", (t) => {
  t.deepEqual(
    edges.filter((edge) => !isAllowed(edge)),
    [],
  );
});

test("outside infra only its data, settings and errors are imported", (t) => {
  // A program for the engine is no reader.
  const strays = edges.filter(
    ({ file, target }) => !/^(infra|bench\/rules)\//.test(file) && target.startsWith("infra/"),
  );
  t.deepEqual(
    strays.filter(({ target }) => !infraForOthers.includes(target.slice("infra/".length))),
    [],
  );
});

test("infra's data knows nothing of Pulumi", (t) => {
  for (const name of infraForOthers) t.notRegex(source(`infra/${name}`), /@pulumi\//, name);
});

test("a topology's name is compared nowhere but where topologies are composed", (t) => {
  const comparing = files.filter((file) => /topology\s*[=!]==?\s*["'`]/.test(source(file)));
  t.deepEqual(comparing, []);
});

test("no file of the product imports a whole provider package", (t) => {
  const whole = files.filter((file) => /from "@pulumi\/(cloudflare|azure-native)"/.test(source(file)));
  t.deepEqual(whole, []);
});

function isAllowed({ file, target }: Edge): boolean {
  const from = folderOf(file);
  const to = folderOf(target);
  if (from === to || (allowed[from] ?? []).includes(to)) return true;
  return to === "local" && setUpFiles.includes(file);
}

function folderOf(path: string): string {
  return path.slice(0, path.indexOf("/"));
}

function importsOf(file: string): string[] {
  const found = source(file).matchAll(
    /(?:from|import) "(\.[^"]+)"|new URL\("(\.?[^":]+\.ts)", import\.meta\.url\)/g,
  );
  return [...found].map(([, imported, url]) => normalize(join(dirname(file), imported ?? url ?? "")));
}

function source(file: string): string {
  return readFileSync(join(root, file), "utf8");
}
