import { setTimeout as delay } from "node:timers/promises";
import { type Answer, askUntil, type Cloud, codeOf, describe, pauseMs } from "./arm.ts";

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
 * Codes that say that the other server is not there to synchronise with, from the answers that the service itself
 * lists: https://learn.microsoft.com/rest/api/sql/failover-groups/failover?view=rest-sql-2023-08-01, read 2026-11.
 */
const goneCodes: readonly string[] = [
  "PlannedFailoverTimedOut",
  "PlannedFailoverTimedOutForDatabase",
  "UnableToResolveRemoteServer",
  "OperationTimedOut",
];

/** A promotion that Azure refused, gave up, or did not finish in time. */
export class PromotionError extends Error {
  /** Whether the other server could not be reached, so that a forced one may do what this one could not. */
  readonly partnerIsGone: boolean;

  constructor(message: string, isGone: boolean) {
    super(message);
    this.partnerIsGone = isGone;
  }
}

/** What a server of the group says of it. */
export interface GroupState {
  role: "Primary" | "Secondary";
  /** Azure itself has given up on the other server for now. */
  suspended: boolean;
}

/** https://learn.microsoft.com/rest/api/sql/failover-groups/get?view=rest-sql-2023-08-01 */
export async function readGroup(group: string, caller: Caller): Promise<GroupState> {
  const answer = await call(`${group}?api-version=${apiVersion}`, "GET", caller);
  const { properties } = (answer.body ?? {}) as {
    properties?: { replicationRole?: GroupState["role"]; replicationState?: string };
  };
  const role = properties?.replicationRole;
  if (answer.status !== 200 || !role) throw new Error(`reading the failover group: ${describe(answer)}`);
  return { role, suspended: properties?.replicationState === "SUSPENDED" };
}

/**
 * Asks the server to take the primary role, and waits until Azure says that it has.
 * The call is made on the secondary: on a primary it is refused (FailoverGroupFailoverRequestOnPrimary).
 * https://learn.microsoft.com/rest/api/sql/failover-groups/failover?view=rest-sql-2023-08-01
 * @throws PromotionError; Error when the cloud cannot be reached until the deadline
 */
export async function promote(group: string, way: Way, caller: Caller): Promise<void> {
  const answer = await order(group, way, caller);
  if (answer === "taken") return;
  if (answer.status >= 400) throw failureOf(way, answer);
  const operation = answer.headers.get("azure-asyncoperation") ?? answer.headers.get("location");
  if (answer.status === 202 && operation) await settle(way, operation, { caller, first: answer });
}

/**
 * A conflict means that something is under way on the server: another promotion, or this one, when its answer was
 * lost. It is waited for, and `taken` is the role that came by it.
 */
async function order(group: string, way: Way, caller: Caller): Promise<Answer | "taken"> {
  while (true) {
    const answer = await call(`${group}/${way}?api-version=${apiVersion}`, "POST", caller);
    const conflict = answer.status === 409;
    if (!conflict && codeOf(answer) !== "FailoverGroupFailoverRequestOnPrimary") return answer;
    if ((await readGroup(group, caller)).role === "Primary") return "taken";
    const pause = pauseMs(answer);
    if (!conflict || Date.now() + pause >= caller.deadlineMs) return answer;
    await delay(pause);
  }
}

function failureOf(way: Way, answer: Answer): PromotionError {
  return new PromotionError(`${way}: ${describe(answer)}`, goneCodes.includes(codeOf(answer)));
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
    if (/^(failed|canceled)$/i.test(status) || last.status >= 400) throw failureOf(way, last);
    // An operation says so itself; a plain Location does by no longer answering 202.
    if (status ? /^succeeded$/i.test(status) : last.status !== 202) return;
  }
  throw new PromotionError(`${way}: not finished in time; Azure goes on with it`, true);
}

async function call(path: string, method: string, { cloud, token, deadlineMs }: Caller): Promise<Answer> {
  const url = /^https?:/.test(path) ? path : `${cloud.resourceManager}${path}`;
  return await askUntil(deadlineMs, url, { method, headers: { Authorization: `Bearer ${token}` } });
}
