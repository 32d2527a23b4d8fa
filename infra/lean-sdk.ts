import { createRequire, Module } from "node:module";

/**
 * Pulumi's SDK loads a package manager and the TypeScript compiler, for turning functions into the text of dynamic
 * providers, which neither stack has: 0.3 s CPU of every recovery. To be imported before the SDK: it then finds
 * both loaded, and empty.
 */
const unused = ["@npmcli/arborist", "@pulumi/pulumi/typescript-shim.js"];

const sdk = createRequire(import.meta.resolve("@pulumi/pulumi"));

const empty = new Proxy(
  {},
  {
    get(_, name) {
      // What the SDK's own `import * as` asks for.
      if (name === "__esModule") return undefined;
      throw new Error(
        `infra/lean-sdk.ts leaves out what ${String(name)} is asked of; remove its import from index.ts`,
      );
    },
  },
);

for (const name of unused) {
  const file = sdk.resolve(name);
  sdk.cache[file] ??= Object.assign(new Module(file), { exports: empty, loaded: true });
}
