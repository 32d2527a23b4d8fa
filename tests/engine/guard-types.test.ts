import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { isClassified, plainType } from "../../engine/guard-stateful.ts";
import { recorded } from "../preview/streams.ts";

const root = join(import.meta.dirname, "../..");

/** Modules of providers that a program imports, however it does: `@pulumi/azure-native/sql/database.js`. */
function modulesIn(source: string): string[] {
  return [...source.matchAll(/["'](@pulumi\w*\/(?!pulumi["'/])[^"']+)["']/g)].map(
    ([, module = ""]) => module,
  );
}

/** The types that a module of the pinned SDK declares, as the SDK gives them to the engine. */
function typesOf(module: string): string[] {
  const source = readFileSync(join(root, "node_modules", module), "utf8");
  return [...source.matchAll(/\b__pulumiType = ['"]([^'"]+)['"]/g)].map(([, type = ""]) => type);
}

const modules = new Set(
  globSync("infra/**/*.ts", { cwd: root }).flatMap((file) =>
    modulesIn(readFileSync(join(root, file), "utf8")),
  ),
);

test("of every type that infra/ declares somebody has said whether data are lost with it", (t) => {
  for (const module of modules) {
    const types = typesOf(module);
    t.not(types.length, 0, `${module} declares nothing that the guard could be asked about`);
    for (const type of types)
      t.true(isClassified(type), `${type} is not classified (engine/guard-stateful.ts)`);
  }
  t.true(modules.size > 25, [...modules].join(" "));
});

test("every type of the recorded stacks is among them", (t) => {
  const declared = new Set([...modules].flatMap((module) => typesOf(module)));
  const inStacks = ["preview-primary", "preview-normal"].flatMap((name) =>
    [...recorded(name).matchAll(/"type":"((?:azure-native|cloudflare|command):[^"]+)"/g)].map(
      ([, type = ""]) => type,
    ),
  );
  t.deepEqual(
    [...new Set(inStacks)].filter((type) => !declared.has(type)),
    [],
  );
});

test("a new type is seen, however it is imported", (t) => {
  const sources = [
    'import { Secret } from "@pulumi/azure-native/keyvault/secret.js";',
    'import {\n  Secret as KeyVaultSecret,\n  type SecretArgs,\n} from "@pulumi/azure-native/keyvault/secret.js";',
    'import * as secret from "@pulumi/azure-native/keyvault/secret.js";',
    'const { Secret } = await import("@pulumi/azure-native/keyvault/secret.js");',
  ];
  for (const source of sources) {
    const types = modulesIn(source).flatMap((module) => typesOf(module));
    t.deepEqual(types, ["azure-native:keyvault:Secret"], source);
    t.false(isClassified("azure-native:keyvault:Secret"));
  }
});

test("a type of an older API version is no other type", (t) => {
  t.is(plainType("azure-native:sql/v20230801preview:Database"), "azure-native:sql:Database");
});
