import { isDeepStrictEqual } from "node:util";
import type { Properties } from "../rpc.ts";
import type { Change } from "../answers.ts";
import { isMarked, reveal } from "./secrets.ts";

/**
 * What differs between the recorded inputs and what the program wants now, by path: `connection.host`,
 * `triggers[1]`, `triggers[0]["a.b"]`. Only `triggers` that appear or vanish
 * as a whole replace the resource here: for a change of one trigger the official plugin, too, leaves that to the
 * SDK's own `replaceOnChanges: ["triggers[*]"]`.
 */
export function diffInputs(oldInputs: Properties, news: Properties): Change[] {
  const wanted = Object.entries(news).filter(([key]) => key !== "version" && !key.startsWith("__"));
  const members = memberChanges(oldInputs, Object.fromEntries(wanted), (key) => key);
  return members.map((change) => ({ ...change, replaces: change.property === "triggers" }));
}

type Difference = Omit<Change, "replaces">;

function changesAt(property: string, before: unknown, after: unknown): Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (before === undefined) return [{ property, kind: "add" }];
  if (after === undefined) return [{ property, kind: "delete" }];
  // A secret is one value: naming the member that changed would tell something about it.
  const [old, wanted] = [membersOf(before), membersOf(after)];
  if (!old || !wanted || Array.isArray(before) !== Array.isArray(after))
    return [{ property, kind: "update" }];
  const toPath = Array.isArray(after) ? indexPath : keyPath;
  return memberChanges(old, wanted, (key) => toPath(property, key));
}

function memberChanges(before: Properties, after: Properties, toPath: (key: string) => string): Difference[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => changesAt(toPath(key), before[key], after[key]));
}

function membersOf(value: unknown): Properties | undefined {
  if (typeof value !== "object" || value === null || isMarked(value)) return undefined;
  return { ...value };
}

const indexPath = (path: string, index: string) => `${path}[${index}]`;
const keyPath = (path: string, key: string) =>
  /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;

/**
 * Whether an update may change what the command prints: an input that was there before is unknown or another.
 * Measured: an input that is merely added leaves the preview with the recorded output.
 */
export function outputsMayChange(
  olds: Properties,
  news: Properties,
  isUnknown: (value: unknown) => boolean,
): boolean {
  const keys = new Set([...Object.keys(olds), ...Object.keys(news)]);
  return [...keys].some((key) => {
    if (key === "stdout" || key === "stderr") return false;
    if (isUnknown(news[key])) return true;
    return key in olds && !isDeepStrictEqual(reveal(olds[key]), reveal(news[key]));
  });
}
