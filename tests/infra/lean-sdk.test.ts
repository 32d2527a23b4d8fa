import "../../infra/lean-sdk.ts";
import { createRequire } from "node:module";
import * as sdk from "@pulumi/pulumi";
import test from "ava";

const loaded = Object.entries(createRequire(import.meta.url).cache);

test("neither a package manager nor a compiler is loaded with the SDK", (t) => {
  t.truthy(sdk.runtime);
  t.true(loaded.some(([file]) => file.endsWith("/@pulumi/pulumi/index.js")));
  const heavy = /\/(pacote|typescript)\/lib\/|\/vendor\/typescript@/;
  t.deepEqual(
    loaded.filter(([file]) => heavy.test(file)).map(([file]) => file),
    [],
  );
});

test("what is left out says so when it is needed", (t) => {
  const [, shim] = loaded.find(([file]) => file.endsWith("/typescript-shim.js")) ?? [];
  const compiler = shim?.exports as { createProgram?: unknown };
  t.throws(() => compiler.createProgram, { message: /lean-sdk\.ts leaves out .* dynamic providers need it/ });
});
