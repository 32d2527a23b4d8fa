import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { errorCodes, FailoverError, type ErrorCode } from "../../infra/errors.ts";

const root = join(import.meta.dirname, "..", "..");
const folders = ["infra", "engine", "watch", "recovery", "drill", "evidence", "cli", "local", "bench"];
const codes = Object.keys(errorCodes) as ErrorCode[];
const page = readFileSync(join(root, "docs", "errors.md"), "utf8");

/** The page's sections by the code in their heading. */
const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf("\n")).trim(), section] as const),
);

const sources = [
  ...folders.flatMap((folder) => sourcesIn(folder)).filter((path) => path !== join("infra", "errors.ts")),
  "setup.mjs",
].map((path) => readFileSync(join(root, path), "utf8"));

function sourcesIn(folder: string): string[] {
  try {
    const names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
    return names.filter((name) => name.endsWith(".ts")).map((name) => join(folder, name));
  } catch (error) {
    // A folder appears with its first file.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** A place that makes an error of this code; the mention of a code in a type is none. */
function isThrown(code: ErrorCode): boolean {
  const place = new RegExp(String.raw`(FailoverError\(|SetupError\(|\bcode: |[?:] )"${code}"`);
  return sources.some((text) => place.test(text.replaceAll(/\(\s+/g, "(")));
}

function exitCodeOf(code: ErrorCode): number {
  return new FailoverError(code, { problems: "" }).exitCode;
}

test("docs/errors.md explains every code, and none that is gone", (t) => {
  t.deepEqual([...sections.keys()].toSorted(), codes.toSorted());
});

test("docs/errors.md gives each code the kind and the exit code that it has", (t) => {
  const stated = codes.filter(
    (code) => !sections.get(code)?.includes(`\n${errorCodes[code]}, exit code ${exitCodeOf(code)}.`),
  );
  t.deepEqual(stated, []);
});

test("docs/errors.md shows a message of each code", (t) => {
  t.deepEqual(
    codes.filter((code) => !sections.get(code)?.includes(`\`\`\`text\n${code}\n  `)),
    [],
  );
});

test("every code is that of an error somewhere in the sources", (t) => {
  t.deepEqual(
    codes.filter((code) => !isThrown(code)),
    [],
  );
});

test("setup.mjs, which cannot import the codes, uses them with their exit codes", (t) => {
  const used = [...(sources.at(-1) ?? "").matchAll(/SetupError\("(\w+)", (\d)/g)];
  t.true(used.length > 0);
  for (const [, code = "", exitCode] of used) t.is(Number(exitCode), exitCodeOf(code as ErrorCode), code);
});

/** The topologies that a message lists are the team's own; the page need not follow each of them. */
function withoutList(text: string): string {
  return text.replaceAll(/Known: [^.]*\./g, "Known: ….");
}

const configs = join(root, "tests", "fixtures", "configs");
const shown = [
  "001-unknown-topology",
  "002-conflicting-topologies",
  "003-topology-of-a-later-part",
  "012-endpoint-of-a-real-plant",
  "016-provider-key",
  "018-many-problems-at-once",
];

for (const defect of shown) {
  test(`the page shows the message for ${defect} as it is`, (t) => {
    const text = readFileSync(join(configs, `${defect}.txt`), "utf8");
    t.true(withoutList(page).includes(withoutList(text)));
  });
}
