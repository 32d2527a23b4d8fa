import { createHash, randomBytes } from "node:crypto";
import type { ResourceType } from "../../cloud/azure/table/row.ts";
import type { Properties } from "../rpc.ts";

/** The engine's wish, from `pulumi:autonaming` in the stack's configuration. */
export interface Autonaming {
  mode: "propose" | "enforce" | "disable";
  proposedName: string;
}

export interface Naming {
  urn: string;
  /** "" when the engine sends none. */
  randomSeed: Uint8Array;
  autonaming: Autonaming | undefined;
}

/** Marks inputs whose name was made up, so that a replacement can stand beside the old resource. */
export const createBeforeDelete = "__createBeforeDelete";

/**
 * The name of a resource whose program gives none: as before, as the engine wishes, or derived from the logical
 * name as azure-native does.
 */
export function deriveName(row: ResourceType, olds: Properties, naming: Naming): Properties {
  const key = row.names.at(-1) ?? "";
  const old = olds[key];
  if (typeof old === "string") return marked(key, old, olds[createBeforeDelete] === true);
  const { mode, proposedName } = naming.autonaming ?? { mode: "none" };
  if (mode === "disable") return {};
  if (mode === "enforce" || (mode === "propose" && row.autoname !== "uuid"))
    return marked(key, proposedName, true);
  const logicalName = naming.urn.split("::").at(-1) ?? "";
  if (row.autoname === "copy") return marked(key, logicalName, false);
  if (row.autoname === "uuid") return marked(key, toUuid(randomHex("", 32, naming.randomSeed)), true);
  return marked(key, `${logicalName}${randomHex(logicalName, 8, naming.randomSeed)}`, true);
}

function marked(key: string, name: string | undefined, made: boolean): Properties {
  return made ? { [key]: name, [createBeforeDelete]: true } : { [key]: name };
}

/** The same for the same seed, so that a preview shows the name that the update gives. */
function randomHex(prefix: string, digits: number, seed: Uint8Array): string {
  const bytes = seed.length > 0 ? createHash("sha512").update(seed).update(prefix).digest() : randomBytes(64);
  return bytes.toString("hex").slice(0, digits);
}

function toUuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
