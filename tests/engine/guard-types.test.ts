import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { isClassified, plainType } from "../../engine/guard-stateful.ts";

const root = join(import.meta.dirname, "../..");

/** `@pulumi/azure-native/sql/failoverGroup.js` to `azure-native:sql:FailoverGroup`. */
function typesOf(file: string): string[] {
  const imports = readFileSync(join(root, file), "utf8").matchAll(
    /^import \{ (\w+)[^}]*\} from "@pulumi\/(azure-native|command)\/([\w/]+)\/\w+\.js"/gm,
  );
  return [...imports].map(([, name, provider, module]) => `${provider}:${module}:${name}`);
}

test("of every type that infra/ declares somebody has said whether data are lost with it", (t) => {
  const types = new Set(globSync("infra/**/*.ts", { cwd: root }).flatMap((file) => typesOf(file)));
  t.true(types.size > 20, [...types].join(" "));
  t.deepEqual(
    [...types].filter((type) => !isClassified(type)),
    [],
  );
});

test("a type of an older API version is no other type", (t) => {
  t.is(plainType("azure-native:sql/v20230801preview:Database"), "azure-native:sql:Database");
});
