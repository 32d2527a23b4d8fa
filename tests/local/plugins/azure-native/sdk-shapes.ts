/**
 * Reads from @pulumi/azure-native's declarations which properties each type has. Run as a program it writes what
 * the plugin reads; a test compares the two.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { resourceTypes } from "../../../../local/cloud/azure/table/table.ts";

/** Property to its form; a name that ends in "?" may be absent. A form that is a name stands for a type in `types`. */
export type Shape = Record<string, string>;

export interface Shapes {
  resources: Record<string, Shape>;
  types: Record<string, Shape>;
}

const sdk = dirname(createRequire(import.meta.url).resolve("@pulumi/azure-native/package.json"));
const folder = join(import.meta.dirname, "../../../../local/plugins/azure-native");
const simple = new Set(["string", "number", "boolean"]);

/** What a program may set. */
export function readInputShapes(): Shapes {
  return readShapes("inputs", (source, name) => bodyOf(source, `export interface ${name}Args`));
}

/** What a program may read, `id` and `urn` apart. */
export function readOutputShapes(): Shapes {
  return readShapes("outputs", (source, name) =>
    bodyOf(source, `export declare class ${name} extends pulumi.CustomResource`).replaceAll("readonly ", ""),
  );
}

export const files: Record<string, () => Shapes> = {
  [join(folder, "input-shapes.json")]: readInputShapes,
  [join(folder, "output-shapes.json")]: readOutputShapes,
};

export function print(shapes: Shapes): string {
  return `${JSON.stringify(shapes, null, 2)}\n`;
}

function readShapes(kind: "inputs" | "outputs", bodyIn: (source: string, name: string) => string): Shapes {
  const declarations = readFileSync(
    join(sdk, "types", kind === "inputs" ? "input.d.ts" : "output.d.ts"),
    "utf8",
  );
  const resources: Record<string, Shape> = {};
  const types: Record<string, Shape> = {};
  const addTypes = (shape: Shape) => {
    for (const form of Object.values(shape)) {
      const name = form.replace(/(\[\]|\{\})$/, "");
      if (!name.includes(".") || name in types) continue;
      const [module, type] = name.split(".") as [string, string];
      const namespace = bodyOf(declarations, `export declare namespace ${module}`, "\n}");
      addTypes((types[name] = readShape(bodyOf(namespace, `interface ${type}`, "\n    }"), kind)));
    }
  };
  for (const { token } of resourceTypes) {
    const [, module, name] = token.split(":") as [string, string, string];
    const file = join(sdk, module, `${name[0]?.toLowerCase()}${name.slice(1)}.d.ts`);
    addTypes((resources[token] = readShape(bodyIn(readFileSync(file, "utf8"), name), kind)));
  }
  return { resources: sorted(resources), types: sorted(types) };
}

function bodyOf(source: string, opening: string, end = "\n}"): string {
  const start = source.indexOf(`${opening} {`);
  if (start === -1) throw new Error(`${opening} is not declared`);
  return source.slice(start, source.indexOf(end, start));
}

function readShape(body: string, kind: "inputs" | "outputs"): Shape {
  const flat = body.replaceAll(/\{\s*\[key: string\]: ([^;]*);\s*\}/g, "map of $1");
  const properties = flat.matchAll(/^ +(\w+)(\??): ([^;]*);$/gm);
  const entries = [...properties].map(([, name, mark, type]) => {
    const optional = mark === "?" || / undefined>?$/.test(type ?? "");
    return [`${name}${optional ? "?" : ""}`, formOf(type ?? "", kind)] as const;
  });
  return Object.fromEntries(entries.filter(([name]) => !["__pulumiType", "azureApiVersion"].includes(name)));
}

/** "string", "any", "network.SubnetArgs", each also with "[]" or "{}" for an array or map of it. */
function formOf(type: string, kind: "inputs" | "outputs"): string {
  const bare = type.replaceAll(/pulumi\.(Input|Output)<|>| \| undefined/g, "").trim();
  if (bare.startsWith("map of ")) return `${formOf(bare.slice("map of ".length), kind)}{}`;
  if (bare.endsWith("[]")) return `${formOf(bare.slice(0, -2).replace(/^\((.*)\)$/, "$1"), kind)}[]`;
  const parts = bare.split(" | ").filter((part) => !part.startsWith("enums."));
  const part = parts.length === 0 ? "string" : parts.length === 1 ? (parts[0] ?? "") : "any";
  if (simple.has(part)) return part;
  return part.startsWith(`${kind}.`) ? part.slice(kind.length + 1) : "any";
}

function sorted<Value>(record: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

if (import.meta.main) for (const [file, read] of Object.entries(files)) writeFileSync(file, print(read()));
