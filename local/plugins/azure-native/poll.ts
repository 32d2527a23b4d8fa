import { ArmFailure } from "./arm-failure.ts";
import { type ArmClient, readBody } from "./arm-client.ts";
import { askedDelayMs } from "./retry.ts";
import type { HttpAnswer } from "./transport.ts";
import { isObject } from "./values.ts";

export interface Started {
  method: "PUT" | "DELETE";
  path: string;
  apiVersion: string;
  answer: HttpAnswer;
}

/** Between two polls where the server names no time (client_azcore.go, NewAzCoreClient). */
const usualDelayMs = { PUT: 10_000, DELETE: 30_000 };
const ended = new Set(["succeeded", "failed", "canceled"]);

/** How the end of an operation is found out. */
interface Poller {
  url: string;
  apiVersion?: string;
  /** "succeeded", "failed", "canceled"; anything else goes on. */
  stateOf: (answer: HttpAnswer) => string;
  /** The result is not in the last poll, but at the resource itself. */
  resultIsElsewhere: boolean;
}

/**
 * Waits for a long-running operation as azcore does: Azure-AsyncOperation before Location before the resource's own
 * provisioningState. The first poll goes out at once unless the server names a time.
 * @returns the resource's body, `{}` of a DELETE.
 * @throws ArmFailure when the operation or a poll fails.
 */
export async function pollUntilDone(
  client: ArmClient,
  started: Started,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const poller = choosePoller(client, started);
  if (!poller) return readBody(started.answer);
  const { method, path, apiVersion } = started;
  let delayMs = askedDelayMs(started.answer.headers, client.timing.nowMs());
  for (;;) {
    if (delayMs !== undefined) await client.timing.wait(delayMs, signal).catch(() => signal.throwIfAborted());
    const { url, apiVersion: version } = poller;
    const call = {
      method: "GET",
      path: url,
      ...(version === undefined ? {} : { apiVersion: version }),
    } as const;
    const answer = await client.call(call, signal);
    const state = answer.status >= 400 ? "failed" : poller.stateOf(answer).toLowerCase();
    if (state === "succeeded") {
      const isElsewhere = poller.resultIsElsewhere && method === "PUT";
      return isElsewhere ? client.get(path, apiVersion, signal) : readBody(answer);
    }
    if (ended.has(state)) throw new ArmFailure(answer);
    delayMs = askedDelayMs(answer.headers, client.timing.nowMs()) ?? usualDelayMs[method];
  }
}

function choosePoller(client: ArmClient, { method, path, apiVersion, answer }: Started): Poller | undefined {
  const { headers, status } = answer;
  const operation = headers["azure-asyncoperation"] ?? headers["operation-location"];
  if (typeof operation === "string") {
    return { url: operation, stateOf: statusOf, resultIsElsewhere: true };
  }
  const { location } = headers;
  if (typeof location === "string" && status === 202) {
    const url = client.absolute(location, apiVersion);
    return {
      url,
      stateOf: (polled) => (polled.status === 202 ? "inprogress" : "succeeded"),
      resultIsElsewhere: false,
    };
  }
  const state = method === "DELETE" ? undefined : provisioningStateOf(answer)?.toLowerCase();
  if (state === "failed" || state === "canceled") throw new ArmFailure(answer);
  if (state === undefined || state === "succeeded") return undefined;
  return {
    url: path,
    apiVersion,
    stateOf: (polled) => provisioningStateOf(polled) ?? "succeeded",
    resultIsElsewhere: false,
  };
}

function statusOf(answer: HttpAnswer): string {
  const { status } = readBody(answer);
  return typeof status === "string" ? status : "";
}

function provisioningStateOf(answer: HttpAnswer): string | undefined {
  const { properties } = readBody(answer);
  const state = isObject(properties) ? properties.provisioningState : undefined;
  return typeof state === "string" ? state : undefined;
}
