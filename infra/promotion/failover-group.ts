import { setTimeout as delay } from "node:timers/promises";
import { type Answer, ask, type Cloud, describe } from "./arm.ts";

const apiVersion = "2023-08-01";

export interface Caller {
  cloud: Cloud;
  token: string;
  /** Milliseconds of Date.now() at which waiting ends. */
  deadlineMs: number;
}

/** How a promotion is asked for: without losing a write, or at once. */
export type Way = "failover" | "forceFailoverAllowDataLoss";

/**
 * `Primary` or `Secondary`: what the server is in the failover group.
 * https://learn.microsoft.com/rest/api/sql/failover-groups/get?view=rest-sql-2023-08-01
 */
export async function readRole(group: string, caller: Caller): Promise<string> {
  const answer = await call(`${group}?api-version=${apiVersion}`, "GET", caller);
  const role = (answer.body as { properties?: { replicationRole?: string } } | null)?.properties
    ?.replicationRole;
  if (answer.status !== 200 || !role) throw new Error(`reading the failover group: ${describe(answer)}`);
  return role;
}

/**
 * Asks the server to take the primary role, and waits until Azure says that it has.
 * The call is made on the secondary: on a primary it is refused (FailoverGroupFailoverRequestOnPrimary).
 * https://learn.microsoft.com/rest/api/sql/failover-groups/failover?view=rest-sql-2023-08-01
 */
export async function promote(group: string, way: Way, caller: Caller): Promise<void> {
  const answer = await call(`${group}/${way}?api-version=${apiVersion}`, "POST", caller);
  if (answer.status >= 400) throw new Error(`${way}: ${describe(answer)}`);
  const operation = answer.headers.get("azure-asyncoperation") ?? answer.headers.get("location");
  if (answer.status === 202 && operation) await settle(way, operation, { caller, first: answer });
}

async function settle(
  way: Way,
  url: string,
  { caller, first }: { caller: Caller; first: Answer },
): Promise<void> {
  let last = first;
  while (Date.now() < caller.deadlineMs) {
    await delay(pauseMs(last));
    last = await call(url, "GET", caller);
    const status = (last.body as { status?: string } | null)?.status ?? "";
    if (/^(failed|canceled)$/i.test(status) || last.status >= 400)
      throw new Error(`${way}: ${describe(last)}`);
    // An operation says so itself; a plain Location does by no longer answering 202.
    if (status ? /^succeeded$/i.test(status) : last.status !== 202) return;
  }
  throw new Error(`${way}: not finished in time; Azure goes on with it`);
}

/** Busy and broken gateways are asked again: a promotion is not given up over one of their answers. */
async function call(path: string, method: string, { cloud, token, deadlineMs }: Caller): Promise<Answer> {
  const url = /^https?:/.test(path) ? path : `${cloud.resourceManager}${path}`;
  while (true) {
    const answer = await ask(url, { method, headers: { Authorization: `Bearer ${token}` } });
    if (![429, 500, 502, 503, 504].includes(answer.status)) return answer;
    const pause = pauseMs(answer);
    if (Date.now() + pause >= deadlineMs) return answer;
    await delay(pause);
  }
}

function pauseMs({ headers }: Answer): number {
  const exact = Number(headers.get("retry-after-ms"));
  return exact > 0 ? exact : Math.max(1, Number(headers.get("retry-after")) || 5) * 1000;
}
