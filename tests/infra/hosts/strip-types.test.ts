import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { stripTypes } from "../../../infra/hosts/strip-types.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const source = "const port: number = 8443;\n";
const script = "const port         = 8443;\n";

/** The files that a cache keeps. */
function kept(cache: string): string[] {
  return readdirSync(join(cache, "stripped")).map((name) => join(cache, "stripped", name));
}

test("types become blanks, whether the script is made or was kept", (t) => {
  const cache = temporaryFolder();
  t.is(stripTypes(source, cache), script);
  const [file = ""] = kept(cache);
  const written = readFileSync(file, "utf8");
  t.is(stripTypes(source, cache), script);
  t.is(readFileSync(file, "utf8"), written);
  t.is(kept(cache).length, 1);
});

test("each source has a script of its own", (t) => {
  const cache = temporaryFolder();
  stripTypes(source, cache);
  t.is(stripTypes(source.replace("8443", "443"), cache), script.replace("8443", "443"));
});

for (const damage of ["", "no sum\nno script", "0\nconst port         = 1;\n"]) {
  test(`a kept script that reads ${JSON.stringify(damage)} is made again`, (t) => {
    const cache = temporaryFolder();
    stripTypes(source, cache);
    for (const file of kept(cache)) writeFileSync(file, damage);
    t.is(stripTypes(source, cache), script);
  });
}

test("a cache that cannot be written keeps nothing from working", (t) => {
  const cache = join(temporaryFolder(), "a-file");
  writeFileSync(cache, "");
  t.is(stripTypes(source, cache), script);
});
