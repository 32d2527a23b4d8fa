import { armError, retrySoon } from "./arm-error.ts";
import type { Cloud } from "./cloud.ts";
import type { Reply } from "./listener.ts";
import type { Operation } from "./operations.ts";
import { view } from "./view.ts";

interface Acceptance {
  /** What it would be if it took no time. */
  settled: Reply;
  type: string;
  base: string;
  pollMs: number;
}

/**
 * The first answer of a long-running operation. SQL answers 202 without a body, storage the same with Location
 * only; the others answer the resource as it is being made. Source: long-running-operation examples of
 * github.com/Azure/azure-rest-api-specs.
 */
export function accepted(operation: Operation, { settled, type, base, pollMs }: Acceptance): Reply {
  const { status, location } = urlsOf(operation, base);
  const retry = retrySoon(pollMs);
  if (type.startsWith("Microsoft.Storage/")) return { status: 202, headers: { ...retry, location } };
  const headers = { ...retry, location, "azure-asyncoperation": status };
  return type.startsWith("Microsoft.Sql/") ? { status: 202, headers } : { ...settled, headers };
}

/** Of DELETE and of actions. Groups have Location only. */
export function acceptedWithoutBody(
  operation: Operation,
  { type, base, pollMs }: Omit<Acceptance, "settled">,
): Reply {
  const { status, location } = urlsOf(operation, base);
  const headers = { ...retrySoon(pollMs), location };
  return {
    status: 202,
    headers:
      type === "Microsoft.Resources/resourceGroups"
        ? headers
        : { ...headers, "azure-asyncoperation": status },
  };
}

function urlsOf(
  { key, namespace, region, id }: Operation,
  base: string,
): { status: string; location: string } {
  const subscription = key.split("/").slice(0, 3).join("/");
  const at = `${base}${subscription}/providers/${namespace}/locations/${region}`;
  const query = "?api-version=2024-05-01";
  return { status: `${at}/operations/${id}${query}`, location: `${at}/operationResults/${id}${query}` };
}

export const pollPath =
  /^\/subscriptions\/[^/]+\/providers\/[^/]+\/locations\/[^/]+\/(?<what>operations|operationResults)\/(?<id>[^/]+)$/i;

/** Answers a poll, at either of the two URLs. @throws ArmError 404 for an operation nobody started. */
export function poll(path: RegExpExecArray, url: string, cloud: Cloud): Reply {
  const { what = "", id = "" } = path.groups ?? {};
  const operation = cloud.operations.get(id);
  if (!operation) throw armError("operationNotFound", { name: id });
  const retry = operation.status === "InProgress" ? retrySoon(cloud.durations.pollMs) : {};
  return what.toLowerCase() === "operations"
    ? statusOf(operation, retry)
    : resultOf(operation, { url, retry, cloud });
}

function statusOf(operation: Operation, headers: Record<string, string>): Reply {
  const { id: name, status, startTime, endTime, error } = operation;
  const body = { name, status, startTime, ...(endTime ? { endTime } : {}), ...(error ? error.body() : {}) };
  return { status: 200, headers, body };
}

interface Poll {
  url: string;
  retry: Record<string, string>;
  cloud: Cloud;
}

function resultOf({ status, key, error }: Operation, { url, retry, cloud }: Poll): Reply {
  if (status === "InProgress") return { status: 202, headers: { ...retry, location: url } };
  if (error) return { status: error.status, headers: error.headers, body: error.body() };
  const resource = cloud.store.get(key);
  return resource ? { status: 200, body: view(resource, cloud) } : { status: 200 };
}
