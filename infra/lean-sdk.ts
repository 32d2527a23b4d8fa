/**
 * Makes Pulumi's SDK cheaper, by half of what a recovery's program takes; to be imported before it. Nothing rests
 * on it: without the import the program does the same, later.
 */
import { createRequire, Module } from "node:module";

/**
 * The SDK takes a stack trace of every promise it makes, thousands in all, and has source-map-support look each
 * line up in maps: 0.8 s CPU. Types are stripped in place, so the lines of this program hold without maps.
 */
Reflect.deleteProperty(Error, "prepareStackTrace");

/**
 * A package manager and the TypeScript compiler, 0.3 s CPU: they turn functions into the text of dynamic
 * providers, which neither stack has. The SDK finds both loaded, and empty.
 */
const unused = ["@npmcli/arborist", "@pulumi/pulumi/typescript-shim.js"];

const empty = new Proxy(
  {},
  {
    get(_, name) {
      // What the SDK's own `import * as` asks for.
      if (name === "__esModule") return undefined;
      throw new Error(`infra/lean-sdk.ts leaves out what has ${String(name)}: dynamic providers need it`);
    },
  },
);

const sdk = createRequire(import.meta.resolve("@pulumi/pulumi"));

for (const name of unused) {
  const file = sdk.resolve(name);
  sdk.cache[file] ??= Object.assign(new Module(file), { exports: empty, loaded: true });
}
