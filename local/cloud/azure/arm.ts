import { act } from "./act.ts";
import { checkApiVersion, versionsOf } from "./api-versions.ts";
import { ArmError, armError } from "./arm-error.ts";
import type { Cloud } from "./cloud.ts";
import { isObject, textAt, type Json } from "./document.ts";
import type { Call, Reply } from "./listener.ts";
import { poll, pollPath } from "./long-running.ts";
import { metricsPath, readMetrics } from "./metrics.ts";
import { list, listResources, read, readMachine } from "./read.ts";
import { remove } from "./remove.ts";
import { findTarget, type TypedPath } from "./target.ts";
import { parsePath } from "./table/path.ts";
import { resourceTypes, typeOfName } from "./table/table.ts";
import type { Throttle } from "./throttle.ts";
import type { Caller, Tokens } from "./tokens.ts";
import { patch, put } from "./write.ts";

export interface ArmParts {
  cloud: Cloud;
  tokens: Tokens;
  throttle: Throttle;
  /** Of the listener, once it is open. */
  base: () => string;
}

/** Official clients ask for tokens of the public cloud's audience, whatever their endpoint. */
const publicAudiences = ["https://management.azure.com", "https://management.core.windows.net"];

/** authenticate → throttle → version → place → judge → answer. */
export function createArm({ cloud, tokens, throttle, base }: ArmParts): (call: Call) => Promise<Reply> {
  return async (call) => {
    try {
      const caller = tokens.read(call.headers.authorization, [base(), ...publicAudiences]);
      const polled = pollPath.exec(call.path);
      if (polled && call.method === "GET")
        return poll(polled, `${base()}${call.path}?${call.query.toString()}`, cloud);
      const headers = throttle.take(call.method, caller.oid, cloud.settings.subscriptionId);
      const reply = await answer({ call, caller, base: base() }, cloud);
      return { ...reply, headers: { ...headers, ...reply.headers } };
    } catch (error) {
      if (!(error instanceof ArmError)) throw error;
      return {
        status: error.status,
        headers: { ...error.headers, "x-ms-error-code": error.code },
        body: error.body(),
      };
    }
  };
}

interface Context {
  call: Call;
  caller: Caller;
  base: string;
}

async function answer(context: Context, cloud: Cloud): Promise<Reply> {
  const { call } = context;
  const path = call.path.replace(/(.)\/+$/, "$1");
  const version = call.query.get("api-version");
  if (!version) throw armError("missingApiVersion");
  const about = parsePath(path);
  const subscription = about?.subscriptionId ?? /^\/subscriptions\/([^/]+)/i.exec(path)?.[1];
  if (subscription !== undefined && subscription.toLowerCase() !== cloud.settings.subscriptionId) {
    throw armError("subscriptionNotFound", { name: subscription });
  }
  const special = await fixedAnswer(path, call, cloud);
  if (special) return { status: 200, body: special };
  const row = about && typeOfName(about.type);
  if (about && row) {
    checkApiVersion(version, row.type, call.method === "PUT" ? textAt(bodyOf(call), "location") : undefined);
    return about.names.length === about.segments
      ? onResource({ ...about, row }, context, cloud)
      : onCollection({ ...about, row }, context, cloud);
  }
  if (call.method === "POST")
    return act({ ...context, path, method: call.method, body: bodyOf(call) }, cloud);
  throw armError("notServed", { call: `${call.method} ${path}` });
}

async function onResource(path: TypedPath, { call, caller, base }: Context, cloud: Cloud): Promise<Reply> {
  const { method, query } = call;
  if (method === "GET") return { status: 200, body: await read(path, { query, caller }, cloud) };
  const target = findTarget(path, cloud);
  const methods: Readonly<Record<string, () => Reply | Promise<Reply>>> = {
    HEAD: () => ({ status: target.old ? 204 : 404 }),
    PUT: () => put({ target, body: bodyOf(call), caller, base }, cloud),
    PATCH: () => patch({ target, body: bodyOf(call), caller, base }, cloud),
    DELETE: () => remove({ target, caller, base }, cloud),
  };
  const handle = methods[method];
  if (!handle) throw armError("methodNotAllowed", { method, path: call.path });
  return handle();
}

function onCollection(path: TypedPath, { call, caller }: Context, cloud: Cloud): Reply {
  const { method, query } = call;
  if (method === "GET") return { status: 200, body: list(path, { query, caller }, cloud) };
  throw armError("methodNotAllowed", { method, path: call.path });
}

function bodyOf({ body }: Call): Json {
  if (body === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw armError("invalidBody", { reason: (error as Error).message });
  }
  if (isObject(value)) return value;
  throw armError("invalidBody", { reason: "The body is not an object." });
}

type Handler = (parts: RegExpExecArray) => Json | Promise<Json> | undefined;

/** Calls beside the table: the subscription, providers, everything in a group, machines' instances. */
function fixedAnswer(path: string, { method, query }: Call, cloud: Cloud): Json | Promise<Json> | undefined {
  const { subscriptionId, tenantId } = cloud.settings;
  const subscription = {
    id: `/subscriptions/${subscriptionId}`,
    subscriptionId,
    tenantId,
    displayName: "local cloud",
    state: "Enabled",
  };
  const answers: readonly (readonly [string, RegExp, Handler])[] = [
    ["GET", /^\/subscriptions$/i, () => ({ value: [subscription] })],
    ["GET", /^\/subscriptions\/[^/]+$/i, () => subscription],
    ["GET", /^\/tenants$/i, () => ({ value: [{ id: `/tenants/${tenantId}`, tenantId }] })],
    [
      "GET",
      /^\/subscriptions\/[^/]+\/resources$/i,
      () => listResources({ resourceGroupName: undefined }, cloud),
    ],
    [
      "GET",
      /^\/subscriptions\/[^/]+\/resourceGroups\/([^/]+)\/resources$/i,
      (parts) => listResources({ resourceGroupName: parts[1] }, cloud),
    ],
    ["GET", /^\/subscriptions\/[^/]+\/providers\/([^/]+)$/i, (parts) => provider(parts[1] ?? "")],
    ["POST", /^\/subscriptions\/[^/]+\/providers\/([^/]+)\/register$/i, (parts) => provider(parts[1] ?? "")],
    ["GET", /\/Microsoft\.Compute\//i, () => readMachine(path, cloud)],
    ["GET", metricsPath, (parts) => readMetrics(parts[1] ?? "", query, cloud)],
  ];
  for (const [verb, pattern, handle] of answers) {
    const parts = verb === method ? pattern.exec(path) : null;
    const body = parts && handle(parts);
    if (body) return body;
  }
  return undefined;
}

/** Every namespace of the table is registered. */
function provider(namespace: string): Json | undefined {
  const rows = resourceTypes.filter(({ type }) =>
    type.toLowerCase().startsWith(`${namespace.toLowerCase()}/`),
  );
  if (rows.length === 0) return undefined;
  return {
    namespace: rows[0]?.type.split("/")[0],
    registrationState: "Registered",
    resourceTypes: rows.map(({ type }) => ({
      resourceType: type.split("/").slice(1).join("/"),
      apiVersions: versionsOf(type),
    })),
  };
}
