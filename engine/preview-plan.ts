import type { Operation, Snapshot } from "./event-kinds.ts";
import type { EventLog, Step } from "./event-log.ts";
import { nameOf } from "./guard-finding.ts";

/** An input before and after, as text. */
export interface InputChange {
  path: string;
  from: string;
  to: string;
}

export type Kind = "create" | "update" | "replace" | "delete" | "other";

/** What happens to one resource, however many steps the engine makes of it. */
export interface ResourceChange {
  resource: string;
  kind: Kind;
  inputs: InputChange[];
}

export type Counts = Record<Kind, number>;

/** What a preview announces, or an `up` did. */
export interface Plan {
  counts: Counts;
  changes: ResourceChange[];
}

const kinds: Partial<Record<Operation, Kind>> = {
  create: "create",
  import: "create",
  update: "update",
  delete: "delete",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
  "import-replacement": "replace",
  "read-replacement": "replace",
};

/** The changes of a stream, in the engine's own order; what stays as it is has none. */
export function planOf({ steps }: EventLog): Plan {
  const changing = steps.filter(({ op, type }) => op !== "same" && type !== "pulumi:pulumi:Stack");
  const changes = [...Map.groupBy(changing, ({ urn }) => urn).values()].flatMap((of) => changeOf(of));
  const count = (kind: Kind): number => changes.filter((change) => change.kind === kind).length;
  return {
    changes,
    counts: {
      create: count("create"),
      update: count("update"),
      replace: count("replace"),
      delete: count("delete"),
      other: count("other"),
    },
  };
}

/** Of the steps of a replacement the one that both sides are in says what differs. */
function changeOf(of: readonly Step[]): ResourceChange[] {
  const step = of.find(({ paths }) => paths.length > 0) ?? of[0];
  if (!step) return [];
  const kind = kinds[step.op] ?? "other";
  // All that a new one is made of: two that are made differently are two different changes.
  const paths = kind === "create" ? Object.keys(step.new?.inputs ?? {}) : step.paths;
  return [{ resource: nameOf(step), kind, inputs: paths.flatMap((path) => inputsAt(path, step)) }];
}

/** Whether two previews announce the same, in whatever order: the engine works on several resources at once. */
export function isSamePlan(one: Plan, other: Plan): boolean {
  const texts = ({ changes }: Plan): string[] => changes.map((change) => JSON.stringify(change)).toSorted();
  return JSON.stringify(texts(one)) === JSON.stringify(texts(other));
}

function inputsAt(path: string, { old, new: next }: Step): InputChange[] {
  const [from, to] = [valueAt(old, path), valueAt(next, path)];
  const [before, after] = [leavesOf(from), leavesOf(to)];
  if (!before || !after) return [{ path, from: textOf(from), to: textOf(to) }];
  // A value that is JSON, as the settings are, is read as what it says.
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => ({
      path: `${path}.${name}`,
      from: before.get(name) ?? "nothing",
      to: after.get(name) ?? "nothing",
    }));
}

/** `sku.capacity`, `rules[0].name`, `tags["a.b"]` */
function valueAt(snapshot: Snapshot | null, path: string): unknown {
  const keys = [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain,
  );
  let value: unknown = snapshot?.inputs;
  for (const key of keys) {
    if (typeof value !== "object" || value === null || key === undefined) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** Marks that the engine puts in the place of a secret and of a value that is not known yet. */
const secretMark = "4dabf18193072939515e22adb298388d";
const unknownMark = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

function textOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === unknownMark) return "known later";
  if (typeof value === "string") return value;
  const text = JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === "object" && inner !== null && secretMark in inner) return "[secret]";
    return inner === unknownMark ? "known later" : inner;
  });
  return text === '"[secret]"' ? "[secret]" : text;
}

/** Paths and values of an object that is written as JSON; undefined for anything else. */
function leavesOf(value: unknown): Map<string, string> | undefined {
  if (typeof value !== "string" || !value.startsWith("{")) return undefined;
  try {
    return new Map(leaves(JSON.parse(value), ""));
  } catch {
    return undefined; // Then it is a text that begins with a brace.
  }
}

function leaves(value: unknown, path: string): [string, string][] {
  if (typeof value !== "object" || value === null) return [[path, textOf(value)]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === "" ? key : `${path}.${key}`));
}
