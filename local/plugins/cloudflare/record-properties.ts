import { type Properties, unknownValue } from "../rpc.ts";
import { inputs } from "./dns-record.ts";

/** The body of a POST or PUT: the whole record, keys sorted as the official plugin sends them. */
export function toBody(properties: Properties): Record<string, unknown> {
  const entries = Object.keys(inputs)
    .filter((key) => key !== "zoneId")
    .map((key) => [key, properties[key] ?? inputs[key]?.usual] as const)
    .filter(
      ([key, value]) =>
        value !== undefined && value !== null && !(key === "tags" && properties.tags === undefined),
    );
  return Object.fromEntries(
    entries.map(([key, value]) => [key, key === "settings" ? toSnake(value) : value]),
  );
}

/** The record's outputs as an answer gives them; the name is the full one. */
export function fromAnswer(result: Record<string, unknown>, zoneId: string): Properties {
  const { meta, type } = result;
  const settings = toCamel(result.settings ?? {});
  const aliasSettings = { flattenCname: false, ipv4Only: false, ipv6Only: false };
  return withoutNulls({
    comment: result.comment,
    commentModifiedOn: result.comment_modified_on,
    content: result.content,
    createdOn: result.created_on,
    meta: meta === undefined ? undefined : JSON.stringify(meta),
    modifiedOn: result.modified_on,
    name: result.name,
    priority: result.priority,
    proxiable: result.proxiable,
    proxied: result.proxied,
    settings: type === "CNAME" ? { ...aliasSettings, ...settings } : settings,
    tags: result.tags,
    tagsModifiedOn: result.tags_modified_on,
    ttl: result.ttl,
    type,
    zoneId,
  });
}

/** After a create or update, what the program asked for stays as asked, though the API answers e.g. the full name. */
export function afterWrite(news: Properties, answered: Properties): Properties {
  const asked = Object.entries(news).filter(([key]) => key in inputs && key !== "settings");
  return { ...answered, proxied: false, ...Object.fromEntries(asked) };
}

const computed = ["commentModifiedOn", "createdOn", "meta", "modifiedOn", "proxiable", "tagsModifiedOn"];

/** A record's outputs in a preview. */
export function beforeWrite(news: Properties): Properties {
  return { proxied: false, ...Object.fromEntries(computed.map((key) => [key, unknownValue])), ...news };
}

/** The inputs that would have led to these outputs. */
export function inputsOf(outputs: Properties): Properties {
  const skipped = new Set(["settings", "tags"]);
  return Object.fromEntries(Object.entries(outputs).filter(([key]) => key in inputs && !skipped.has(key)));
}

function withoutNulls(properties: Properties): Properties {
  return Object.fromEntries(
    Object.entries(properties).filter(([, value]) => value !== undefined && value !== null),
  );
}

function toSnake(settings: unknown): Properties {
  return renameKeys(settings, (key) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

function toCamel(settings: unknown): Properties {
  return renameKeys(settings, (key) =>
    key.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
  );
}

function renameKeys(settings: unknown, rename: (key: string) => string): Properties {
  return Object.fromEntries(
    Object.entries(settings as Properties).map(([key, value]) => [rename(key), value]),
  );
}
