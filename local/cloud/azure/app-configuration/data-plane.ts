import { createHash } from "node:crypto";
import { ArmError } from "../arm-error.ts";
import type { Cloud } from "../cloud.ts";
import { textAt } from "../document.ts";
import type { Call, Reply } from "../listener.ts";
import type { Resource } from "../resource.ts";
import { dataOwner, dataReader, hasRole } from "../roles.ts";
import type { Caller, Tokens } from "../tokens.ts";
import { filtered, keyValueOf, type KeyValue } from "./key-values.ts";
import { problem } from "./problem.ts";
import { Quota } from "./quota.ts";

export interface DataPlaneParts {
  cloud: Cloud;
  tokens: Tokens;
  nowMs: () => number;
  /** Of the listener, once it is open: an audience beside the public one. */
  base: () => string;
}

/** Of the public cloud: what the official client asks for at an endpoint it does not know, and the older name. */
const publicAudiences = ["https://appconfig.azure.com", "https://azconfig.io"];
const versions = ["1.0", "2023-10-01", "2023-11-01", "2024-09-01", "2026-04-01"];
const storeType = "Microsoft.AppConfiguration/configurationStores";
const kvType = "application/vnd.microsoft.appconfig.kv+json; charset=utf-8";
const kvSetType = "application/vnd.microsoft.appconfig.kvset+json; charset=utf-8";

/** The read API of the one configuration store. Writes go through Resource Manager. */
export function createDataPlane({ cloud, tokens, nowMs, base }: DataPlaneParts): (call: Call) => Reply {
  const quota = new Quota(nowMs);
  return (call) => {
    const [store] = cloud.store.ofType(storeType);
    const caller = callerOf(call, tokens, [...publicAudiences, base()]);
    if (!caller) return unauthorized();
    if (!store) return problem("notFound");
    const waitMs = quota.take(textAt(store.document, "sku", "name") ?? "");
    if (waitMs !== null) return problem("tooMany", { "retry-after-ms": String(waitMs) });
    if (!hasRole(cloud.store, caller.oid, { roles: [dataReader, dataOwner], key: store.key }))
      return problem("forbidden");
    if (!versions.includes(call.query.get("api-version") ?? "")) return problem("badVersion");
    return serve(call, store, cloud);
  };
}

function callerOf({ headers }: Call, tokens: Tokens, audiences: readonly string[]): Caller | undefined {
  try {
    return tokens.read(headers.authorization, audiences);
  } catch (error) {
    if (error instanceof ArmError) return undefined;
    throw error;
  }
}

function unauthorized(): Reply {
  return problem("unauthorized", {
    "www-authenticate": `HMAC-SHA256, Bearer error="invalid_token", error_description="Authorization token failed validation"`,
  });
}

function serve(call: Call, store: Resource, cloud: Cloud): Reply {
  const { method, path } = call;
  const one = /^\/kv\/(.+)$/.exec(path)?.[1];
  const reads = method === "GET" || method === "HEAD";
  if (!reads || (one === undefined && path !== "/kv")) return problem("notServed");
  const present = cloud.store
    .childrenOf(store.key, `${storeType}/keyValues`)
    .filter(({ state }) => state !== "Deleting");
  const all = present.map(keyValueOf);
  return one === undefined ? serveSet(all, call) : serveOne(all, decodeURIComponent(one), call);
}

function serveOne(all: readonly KeyValue[], key: string, { query, headers }: Call): Reply {
  const label = query.get("label") ?? "";
  const wanted = ["", "\0", "\\0"].includes(label) ? null : label;
  const found = all.find((each) => each.key === key && each.label === wanted);
  if (!found) return problem("notFound");
  const shown = { etag: `"${found.etag}"`, "last-modified": new Date(found.last_modified).toUTCString() };
  if (matches(headers["if-none-match"], found.etag)) return { status: 304, headers: shown };
  return { status: 200, headers: { ...shown, "content-type": kvType }, body: found };
}

function serveSet(all: readonly KeyValue[], { query, headers }: Call): Reply {
  const items = filtered(all, query);
  const etag = createHash("sha256")
    .update(items.map((item) => item.etag).join(" "))
    .digest("base64url");
  if (matches(headers["if-none-match"], etag)) return { status: 304, headers: { etag: `"${etag}"` } };
  return { status: 200, headers: { etag: `"${etag}"`, "content-type": kvSetType }, body: { items, etag } };
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((each) => [`"${etag}"`, etag, "*"].includes(each.trim()));
}
