/** What @pulumi/azure-native's own declarations say of a resource's arguments, enumerations included. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const sdk = dirname(createRequire(import.meta.url).resolve("@pulumi/azure-native/package.json"));
const read = memoized((path) => readFileSync(join(sdk, path), "utf8"));

/** A property as declared: `string`, `network.SubnetArgs`, `enum network.SecurityRuleAccess`; "[]" or "{}" behind it. */
interface Property {
  required: boolean;
  /** What it may be; any of them. */
  forms: string[];
}

type Properties = Record<string, Property>;

/**
 * Enumerations that no longer say what Azure takes. The sizes end in 2018; Azure calls the list deprecated
 * (learn.microsoft.com/rest/api/compute/virtual-machines/create-or-update#virtualmachinesizetypes, read 2026-11).
 */
const openEnums: ReadonlySet<string> = new Set(["compute.VirtualMachineSizeTypes"]);

const argumentsOf = memoized((token) => {
  const { file, name } = placeOf(token);
  return propertiesIn(bodyOf(read(file), `export interface ${name}Args {`, "\n}"));
});

const propertiesOf = memoized((type) => {
  const [module = "", name = ""] = type.split(".");
  const namespace = bodyOf(read("types/input.d.ts"), `export declare namespace ${module} {`, "\n}");
  return propertiesIn(bodyOf(namespace, `interface ${name} {`, "\n    }"));
});

const valuesOf = memoized((name) => {
  const [module = "", constant = ""] = name.split(".");
  const source = read(`types/enums/${module}/index.d.ts`);
  const body = bodyOf(source, `export declare const ${constant}: {`, "\n}");
  return [...body.matchAll(/: "([^"]*)";$/gm)].map(([, value = ""]) => value);
});

/** The version of Azure's API that the provider sends unless told otherwise. */
export function apiVersionOf(token: string): string {
  const version = /Uses Azure REST API version ([\w-]+)/.exec(read(placeOf(token).file))?.[1];
  if (!version) throw new Error(`${token}: its declaration names no API version`);
  return version;
}

export function takesLocation(token: string): boolean {
  return "location" in argumentsOf(token);
}

/** Everything in a resource's inputs that the SDK does not declare so. Values that mocks cannot know are taken for right. */
export function faultsOf(token: string, inputs: object): string[] {
  return faultsIn(argumentsOf(token), inputs as Record<string, unknown>, "");
}

function faultsIn(declared: Properties, given: Record<string, unknown>, at: string): string[] {
  const missing = Object.entries(declared)
    .filter(([name, { required }]) => required && given[name] === undefined)
    .map(([name]) => `${at}${name} is required`);
  const wrong = Object.entries(given).flatMap(([name, value]) => {
    const property = declared[name];
    return property ? faultsOfValue(property.forms, value, `${at}${name}`) : [`${at}${name} is not declared`];
  });
  return [...missing, ...wrong];
}

/** No faults when one of the forms fits; else those of the one that was meant, an object's before a plain value's. */
function faultsOfValue(forms: string[], value: unknown, at: string): string[] {
  const tried = forms.map((form) => faultsOfForm(form, value, at));
  return tried.find((faults) => faults.length === 0) ?? tried.at(-1) ?? [];
}

function faultsOfForm(form: string, value: unknown, at: string): string[] {
  if (form.endsWith("[]")) {
    if (!Array.isArray(value)) return [`${at} is no list`];
    return value.flatMap((item: unknown, index) => faultsOfForm(form.slice(0, -2), item, `${at}[${index}]`));
  }
  if (form.endsWith("{}")) return isObject(value) ? [] : [`${at} is no map`];
  if (form.startsWith("enum ")) {
    const name = form.slice("enum ".length);
    const allowed = openEnums.has(name) || valuesOf(name).includes(String(value));
    return allowed ? [] : [`${at} is ${JSON.stringify(value)}, which ${name} has not`];
  }
  if (form.includes(".")) {
    return isObject(value) ? faultsIn(propertiesOf(form), value, `${at}.`) : [`${at} is no object`];
  }
  return form === "any" || typeof value === form ? [] : [`${at} is no ${form}`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function propertiesIn(body: string): Properties {
  const flat = body.replaceAll(/\{\s*\[key: string\]: [^;]*;\s*\}/g, "map");
  const lines = [...flat.matchAll(/^ +(\w+)(\??): ([^;]*);$/gm)];
  return Object.fromEntries(
    lines.map(([, name = "", mark, type = ""]) => [name, { required: mark !== "?", forms: formsOf(type) }]),
  );
}

/**
 * `pulumi.Input<string | enums.network.X | undefined>` to ["enum network.X"]: where the SDK names values, others
 * that its type would let through are not taken for right.
 */
function formsOf(type: string): string[] {
  const bare = type.replaceAll(/pulumi\.Input<|>|[()]/g, "");
  const parts = bare
    .split("|")
    .map((part) => part.trim())
    .filter((part) => part !== "undefined");
  const list = parts.some((part) => part.endsWith("[]")) ? "[]" : "";
  const named = parts.map((part) => part.replace(/(\[\])+$/, ""));
  const known = named.some((part) => part.startsWith("enums."))
    ? named.filter((part) => part !== "string")
    : named;
  return known.map((part) => {
    if (part === "map") return "map{}";
    return `${part.replace(/^enums\./, "enum ").replace(/^inputs\./, "")}${list}`;
  });
}

function placeOf(token: string): { file: string; name: string } {
  const [, module = "", name = ""] = token.split(":");
  return { file: join(module, `${name[0]?.toLowerCase()}${name.slice(1)}.d.ts`), name };
}

function bodyOf(source: string, opening: string, end: string): string {
  const start = source.indexOf(opening);
  if (start === -1) throw new Error(`not declared: ${opening}`);
  return source.slice(start, source.indexOf(end, start));
}

function memoized<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}
