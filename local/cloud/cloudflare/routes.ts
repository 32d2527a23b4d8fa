import { createHash } from "node:crypto";
import { ApiError, type AnswerName } from "./api-error.ts";
import { cutPage, type Page } from "./paging.ts";
import { selectRecords } from "./record-filter.ts";
import { readRecord } from "./record.ts";
import type { Draft, RecordStore } from "./record-store.ts";
import { describeZone, zoneId, type ZoneSettings } from "./zone.ts";

/** One authenticated call: `parts` are the variable pieces of its path, `body` is `{}` where none was sent. */
export interface Call {
  parts: Record<string, string>;
  query: URLSearchParams;
  body: Record<string, unknown>;
  token: string;
}

export interface Answer {
  result: unknown;
  page?: Page<unknown>["info"];
  messages?: object[];
}

export interface Route {
  method: string;
  path: RegExp;
  /** How this part of Cloudflare turns away a token it does not know. */
  unknownToken: AnswerName;
  handle: (call: Call) => Answer | Promise<Answer>;
}

/** What the routes of one zone work on. */
export interface Zone {
  store: RecordStore;
  settings: ZoneSettings;
  createdOn: string;
}

const zonePath = String.raw`/zones/(?<zone>[0-9a-f]{32})`;
const recordsPath = `${zonePath}/dns_records`;
const recordPath = `${recordsPath}/(?<record>[0-9a-f]{32})`;
const settingsPath = `${zonePath}/settings`;

/** Every call the local cloud serves. */
export function listRoutes(zone: Zone): Route[] {
  return [...zoneRoutes(zone), ...recordRoutes(zone.store)];
}

function zoneRoutes({ store, settings, createdOn }: Zone): Route[] {
  const zone = describeZone(store.zoneName, createdOn);
  const unknownToken = "unknownTokenAtZones";
  return [
    {
      method: "GET",
      path: exactly("/user/tokens/verify"),
      unknownToken: "unknownTokenAtVerify",
      handle: verify,
    },
    {
      method: "GET",
      path: exactly("/zones"),
      unknownToken,
      handle: ({ query }) => {
        const name = query.get("name") ?? query.get("name.exact");
        const found = name === null || name.toLowerCase() === store.zoneName ? [zone] : [];
        return paged(cutPage(found, query, { usual: 20, largest: 50 }));
      },
    },
    { method: "GET", path: exactly(zonePath), unknownToken, handle: () => ({ result: zone }) },
    { method: "GET", path: exactly(settingsPath), unknownToken, handle: () => ({ result: settings.list() }) },
    {
      method: "GET",
      path: exactly(`${settingsPath}/(?<setting>\\w+)`),
      unknownToken,
      handle: ({ parts }) => ({ result: settings.get(parts.setting ?? "") }),
    },
    {
      method: "PATCH",
      path: exactly(`${settingsPath}/(?<setting>\\w+)`),
      unknownToken,
      handle: ({ parts, body }) => ({ result: settings.set(parts.setting ?? "", body.value) }),
    },
    // octodns-cloudflare asks for page rules before it looks at records.
    { method: "GET", path: exactly(`${zonePath}/pagerules`), unknownToken, handle: () => ({ result: [] }) },
  ];
}

function recordRoutes(store: RecordStore): Route[] {
  const unknownToken = "unknownTokenAtRecords";
  const read = (body: Record<string, unknown>) => readRecord(body, store.zoneName);
  const route = (method: string, path: string, handle: Route["handle"]): Route => ({
    method,
    path: exactly(path),
    unknownToken,
    handle,
  });
  return [
    route("GET", recordsPath, ({ query }) =>
      paged(cutPage(selectRecords(store.list(), query), query, { usual: 100, largest: 5_000_000 })),
    ),
    route("POST", recordsPath, async ({ body }) => {
      const content = read(body);
      return { result: await store.change((draft) => draft.create(content)) };
    }),
    route("POST", `${recordsPath}/batch`, async ({ body }) => ({
      result: await store.change((draft) => runBatch(draft, body, store.zoneName)),
    })),
    route("GET", recordPath, ({ parts }) => ({ result: store.get(parts.record ?? "") })),
    route("PUT", recordPath, async ({ parts, body }) => ({
      result: await store.change((draft) => replace(draft, { ...body, id: parts.record }, store.zoneName)),
    })),
    route("PATCH", recordPath, async ({ parts, body }) => ({
      result: await store.change((draft) => patch(draft, { ...body, id: parts.record }, store.zoneName)),
    })),
    route("DELETE", recordPath, async ({ parts }) => {
      const { id } = await store.change((draft) => draft.remove(parts.record ?? ""));
      return { result: { id } };
    }),
  ];
}

/** Cloudflare has these where a record's id could stand. */
const recordCalls = new Set(["batch", "export", "import", "scan", "usage"]);

/** Finds the route of a call. A path that none matches is an unserved call, or an identifier of the wrong form. */
export function findRoute(routes: readonly Route[], method: string, path: string) {
  for (const route of routes) {
    const parts = route.method === method ? route.path.exec(path)?.groups : undefined;
    const matches = route.method === method && route.path.test(path);
    if (matches) return { route, parts: checkedZone({ ...parts }) };
  }
  const identifiers = /^\/zones\/(?<zone>[^/]*)(\/dns_records\/(?<record>[^/]*))?/.exec(path)?.groups ?? {};
  const malformed = [identifiers.zone, identifiers.record].some(
    (id) => id !== undefined && !recordCalls.has(id) && !/^[0-9a-f]{32}$/.test(id),
  );
  if (malformed) throw new ApiError("noRoute", { words: { path: `/client/v4${path}` } });
  throw new ApiError("notServed", { words: { call: `${method} ${path}` } });
}

function checkedZone(parts: Record<string, string>): Record<string, string> {
  if (parts.zone !== undefined && parts.zone !== zoneId) throw new ApiError("foreignZone");
  return parts;
}

function exactly(path: string): RegExp {
  return new RegExp(`^${path}$`);
}

function paged({ items, info }: Page<unknown>): Answer {
  return { result: items, page: info };
}

function verify({ token }: Call): Answer {
  const id = createHash("md5").update(token).digest("hex");
  const message = { code: 10_000, message: "This API Token is valid and active", type: null };
  return { result: { id, status: "active" }, messages: [message] };
}

type Body = Record<string, unknown>;

function replace(draft: Draft, body: Body, zoneName: string) {
  const { id } = draft.get(String(body.id));
  return draft.replace(id, readRecord(body, zoneName));
}

function patch(draft: Draft, body: Body, zoneName: string) {
  const old = draft.get(String(body.id));
  return draft.replace(old.id, readRecord({ ...old, ...body }, zoneName));
}

/** Deletes, patches, puts and posts, in this order, all or nothing. */
function runBatch(draft: Draft, body: Body, zoneName: string) {
  const list = (key: string): Body[] => (Array.isArray(body[key]) ? body[key] : []);
  return {
    deletes: list("deletes").map(({ id }) => draft.remove(String(id))),
    patches: list("patches").map((change) => patch(draft, change, zoneName)),
    puts: list("puts").map((change) => replace(draft, change, zoneName)),
    posts: list("posts").map((content) => draft.create(readRecord(content, zoneName))),
  };
}
