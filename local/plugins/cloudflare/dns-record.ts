import { isDeepStrictEqual } from "node:util";
import type { Change, ChangeKind, CheckFailure } from "../answers.ts";
import { type Properties, unknownValue } from "../rpc.ts";

export const dnsRecordType = "cloudflare:index/dnsRecord:DnsRecord";

const recordTypes =
  "A AAAA CAA CERT CNAME DNSKEY DS HTTPS LOC MX NAPTR NS OPENPGPKEY PTR SMIMEA SRV SSHFP SVCB TLSA TXT URI";

interface Input {
  form: "string" | "number" | "boolean" | "array" | "object";
  required?: true;
  replaces?: true;
  /** Counts as set to this where the program sets nothing. */
  usual?: unknown;
}

/** The inputs of a record. Others of the official plugin's are refused by name, not ignored. */
export const inputs: Record<string, Input> = {
  comment: { form: "string" },
  content: { form: "string" },
  name: { form: "string", required: true },
  priority: { form: "number" },
  proxied: { form: "boolean", usual: false },
  settings: { form: "object" },
  tags: { form: "array", usual: [] },
  ttl: { form: "number", required: true },
  type: { form: "string", required: true, replaces: true },
  zoneId: { form: "string", required: true, replaces: true },
};
const notServed = new Set(["data", "includeShadowMetadata", "privateRouting"]);

/** Everything that is wrong with a record's inputs, before any request. */
export function checkRecord(news: Properties): CheckFailure[] {
  const missing = Object.entries(inputs)
    .filter(([key, { required }]) => required && (news[key] ?? null) === null)
    .map(([property]) => ({ property, reason: `Missing required property '${property}'` }));
  return [...missing, ...Object.entries(news).flatMap(([key, value]) => checkInput(key, value))];
}

function checkInput(property: string, value: unknown): CheckFailure[] {
  const input = inputs[property];
  if (property.startsWith("__") || value === unknownValue || value === null) return [];
  if (notServed.has(property)) return [{ property, reason: "This input is not served by the stand-in" }];
  if (!input) {
    return [{ property, reason: `Invalid or unknown key. Examine values at 'resource.${property}'.` }];
  }
  const form = Array.isArray(value) ? "array" : typeof value;
  if (form !== input.form) return [{ property, reason: `expected a ${input.form}, found a ${form}` }];
  return checkValue(property, value);
}

function checkValue(property: string, value: unknown): CheckFailure[] {
  const ttl = property === "ttl" ? Number(value) : 1;
  if (ttl !== 1 && !(ttl >= 30 && ttl <= 86_400)) {
    return [{ property, reason: `ttl must be 1 (automatic) or between 30 and 86400, got ${ttl}` }];
  }
  if (property === "type" && !recordTypes.split(" ").includes(String(value))) {
    return [{ property, reason: `type must be one of ${recordTypes}, got ${String(value)}` }];
  }
  return [];
}

/** What differs between the recorded record and what the program wants now. */
export function diffRecord(olds: Properties, oldInputs: Properties, news: Properties): Change[] {
  return Object.entries(inputs).flatMap(([property, { replaces, usual }]) => {
    const unset = news[property] ?? null;
    // What the API filled in itself is no reason for a change.
    if (unset === null && usual === undefined && (oldInputs[property] ?? null) === null) return [];
    const before = olds[property] ?? usual ?? null;
    const after = unset ?? usual ?? null;
    if (isSame({ property, before, after }, { olds, oldInputs, news })) return [];
    const kind: ChangeKind = before === null ? "add" : after === null ? "delete" : "update";
    return [{ property, kind, replaces: replaces ?? false }];
  });
}

interface Values {
  property: string;
  before: unknown;
  after: unknown;
}

function isSame(
  { property, before, after }: Values,
  record: { olds: Properties; oldInputs: Properties; news: Properties },
): boolean {
  if (isDeepStrictEqual(before, after)) return true;
  if (property === "name")
    return after === record.oldInputs.name || isSameName(String(before), String(after));
  if (property === "content" && record.news.type === "CNAME") {
    return String(before).toLowerCase() === String(after).toLowerCase();
  }
  if (property === "settings") return isSubset(after, before);
  return false;
}

/** After a refresh the recorded name is the full one, whatever the program says. */
function isSameName(before: string, after: string): boolean {
  const [old, wanted] = [before.toLowerCase(), after.toLowerCase()];
  const relative = (long: string, short: string) => long.startsWith(`${short}.`) && !short.includes(".");
  return old === wanted || relative(old, wanted) || relative(wanted, old);
}

/** The API answers more settings than a program sets. */
function isSubset(wanted: unknown, recorded: unknown): boolean {
  const all: Properties = { ...(recorded as Properties | null) };
  return Object.entries({ ...(wanted as Properties | null) }).every(([key, value]) => all[key] === value);
}
