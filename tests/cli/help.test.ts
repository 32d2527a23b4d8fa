import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { execa } from "execa";

const root = join(import.meta.dirname, "../..");
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};
const withOptions = ["drill", "failover", "local", "preview", "report", "test:browser"];

for (const name of withOptions) {
  test(`npm run ${name} -- --help says how it is used, and does nothing`, async (t) => {
    const file = scripts[name]?.replace("exec node setup.mjs ", "");
    const program = ["--disable-warning=ExperimentalWarning", join(root, "cli", `${file}.ts`), "--help"];
    const { exitCode, stdout } = await execa(process.execPath, program, { reject: false });
    t.is(exitCode, 0);
    t.true(stdout.startsWith(`npm run ${name} -- `), stdout);
    t.notRegex(stdout, /plant|deployed/);
  });
}
