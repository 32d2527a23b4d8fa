import { isIPv4, isIPv6 } from "node:net";
import { type AnswerName, ApiError } from "./api-error.ts";

/** The record types that have a place in the zone file. The API's other types answer 501. */
const servedTypes = ["A", "AAAA", "CNAME", "MX", "NS", "TXT"] as const;
export type RecordType = (typeof servedTypes)[number];

const otherTypes = new Set(
  "CAA CERT DNSKEY DS HTTPS LOC NAPTR OPENPGPKEY PTR SMIMEA SRV SSHFP SVCB TLSA URI".split(" "),
);
const proxiableTypes = new Set<RecordType>(["A", "AAAA", "CNAME"]);

/** What a client decides about a record. `name` is the lower-case FQDN without a final dot, `ttl` is in seconds. */
export interface RecordContent {
  name: string;
  type: RecordType;
  content: string;
  proxied: boolean;
  ttl: number;
  priority?: number;
  comment: string | null;
  tags: string[];
  settings: Record<string, unknown>;
}

/** A record as the API answers it. */
export interface DnsRecord extends RecordContent {
  id: string;
  proxiable: boolean;
  meta: Record<string, unknown>;
  created_on: string;
  modified_on: string;
  comment_modified_on?: string;
}

export function isProxiable(type: RecordType): boolean {
  return proxiableTypes.has(type);
}

/**
 * Reads the body of a POST or PUT.
 * @throws ApiError with Cloudflare's code for the first thing that is wrong.
 */
export function readRecord(body: Record<string, unknown>, zoneName: string): RecordContent {
  const name = readName(body.name, zoneName);
  const type = readType(body.type);
  const proxied = body.proxied === true;
  if (proxied && !isProxiable(type)) throw new ApiError("notProxiable");
  const content = readContent({ type, content: body.content, name, zoneName });
  const settings = body.settings ?? {};
  if (typeof settings !== "object") throw new ApiError("invalidBody");
  return {
    name,
    type,
    content,
    proxied,
    ttl: readTtl(body.ttl, proxied),
    ...(type === "MX" ? { priority: readPriority(body.priority) } : {}),
    comment: typeof body.comment === "string" && body.comment !== "" ? body.comment : null,
    tags: readTags(body.tags),
    settings: { ...settings },
  };
}

/** `www`, `@`, `www.example.com.` and `WWW.example.com` all name a record of example.com. */
export function toFqdn(name: string, zoneName: string): string {
  const plain = name.trim().toLowerCase().replace(/\.$/, "");
  if (plain === "@") return zoneName;
  return plain === zoneName || plain.endsWith(`.${zoneName}`) ? plain : `${plain}.${zoneName}`;
}

function readName(name: unknown, zoneName: string): string {
  if (typeof name !== "string" || name.trim() === "") throw new ApiError("invalidName");
  const fqdn = toFqdn(name, zoneName);
  const labels = fqdn.split(".");
  const wildcardInside = labels.slice(1).includes("*");
  if (fqdn.length > 253 || wildcardInside || !labels.every(isLabel)) throw new ApiError("invalidName");
  return fqdn;
}

function isLabel(label: string): boolean {
  return label === "*" || /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label);
}

function readType(type: unknown): RecordType {
  if (typeof type !== "string") throw new ApiError("requiredField", { words: { field: "type" } });
  const wanted = type.toUpperCase();
  const served = servedTypes.find((known) => known === wanted);
  if (served) return served;
  if (otherTypes.has(wanted))
    throw new ApiError("notServed", { words: { call: `records of type ${wanted}` } });
  throw new ApiError("invalidType");
}

interface ContentToRead {
  type: RecordType;
  content: unknown;
  name: string;
  zoneName: string;
}

const contentChecks = {
  A: { accepts: isIPv4, otherwise: "invalidA" },
  AAAA: { accepts: isIPv6, otherwise: "invalidAAAA" },
  CNAME: { accepts: isHostName, otherwise: "invalidCNAME" },
  MX: { accepts: isHostName, otherwise: "invalidHost" },
  NS: { accepts: isHostName, otherwise: "invalidHost" },
  TXT: { accepts: () => true, otherwise: "invalidBody" },
} as const satisfies Record<RecordType, { accepts: (content: string) => boolean; otherwise: AnswerName }>;

function readContent({ type, content, name, zoneName }: ContentToRead): string {
  if (typeof content !== "string" || content === "") {
    throw new ApiError("requiredField", { words: { field: "content" } });
  }
  const plain = type === "TXT" ? content : content.trim().replace(/\.$/, "");
  const { accepts, otherwise } = contentChecks[type];
  const readable = plain === "@" && type === "CNAME" ? zoneName : plain;
  if (!accepts(readable)) throw new ApiError(otherwise, { words: { type } });
  if (type === "CNAME" && readable.toLowerCase() === name) throw new ApiError("selfReference");
  return readable;
}

function isHostName(content: string): boolean {
  const labels = content.toLowerCase().split(".");
  return content.length <= 253 && !isIPv4(content) && labels.length > 1 && labels.every(isLabel);
}

function readTtl(ttl: unknown, proxied: boolean): number {
  if (proxied || ttl === undefined) return 1;
  const valid =
    typeof ttl === "number" && Number.isInteger(ttl) && (ttl === 1 || (ttl >= 60 && ttl <= 86_400));
  if (!valid) throw new ApiError("invalidTtl");
  return ttl;
}

function readPriority(priority: unknown): number {
  const valid =
    typeof priority === "number" && Number.isInteger(priority) && priority >= 0 && priority <= 65_535;
  if (!valid) throw new ApiError("requiredField", { words: { field: "priority" } });
  return priority;
}

/** Record tags are a paid feature; the zone here is as restricted as a free one. */
function readTags(tags: unknown): string[] {
  if (tags === undefined || tags === null) return [];
  if (!Array.isArray(tags)) throw new ApiError("invalidBody");
  if (tags.length > 0) throw new ApiError("tagQuota", { words: { count: String(tags.length) } });
  return [];
}
