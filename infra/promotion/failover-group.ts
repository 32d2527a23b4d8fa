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
 * How a promotion came to nothing.
 * `denied`: whoever asks may not, or the group is not there; no other way mends it, and no wait.
 * `failed`: Azure refused it or gave it up.
 * `unfinished`: it was waited for long enough, and Azure may still finish it.
 */
export type Failure = "denied" | "failed" | "unfinished";

const deniedStatuses: readonly number[] = [401, 403, 404];

/** A promotion that Azure refused, gave up, or did not finish in time. */
export class PromotionError extends Error {
  readonly failure: Failure;

  constructor(message: string, failure: Failure, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
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
 * @throws PromotionError; Error when the group cannot be read until the deadline
 */
export async function promote(group: string, way: Way, caller: Caller): Promise<void> {
  const answer = await order(group, way, caller);
  if (answer === "taken") return;
  if (answer.status >= 400) throw failureOf(way, answer);
  const operation = answer.headers.get("azure-asyncoperation") ?? answer.headers.get("location");
  if (answer.status !== 202) return;
  if (operation) await settle(way, operation, { caller, first: answer });
  else await settleByRole(group, way, { caller, first: answer });
}

/** Codes of a request that came to a server with the primary role: of a promotion whose answer was lost, say. */
const takenCodes: readonly string[] = ["FailoverGroupFailoverRequestOnPrimary", "FailoverGroupNotSecondary"];

/**
 * A conflict means that something is under way on the server: another promotion, or this one, when its answer was
 * lost. It is waited for, and `taken` is the role that came by it.
 */
async function order(group: string, way: Way, caller: Caller): Promise<Answer | "taken"> {
  while (true) {
    const answer = await attempt(way, call(`${group}/${way}?api-version=${apiVersion}`, "POST", caller));
    // With 429 the second has been asked for again until the deadline.
    const conflict = answer.status === 409 || codeOf(answer) === "ConflictingServerOperation";
    if (!conflict && !takenCodes.includes(codeOf(answer))) return answer;
    if ((await readGroup(group, caller)).role === "Primary") return "taken";
    const pause = pauseMs(answer);
    if (!conflict || Date.now() + pause >= caller.deadlineMs) return answer;
    await delay(pause);
  }
}

function failureOf(way: Way, answer: Answer): PromotionError {
  const failure = deniedStatuses.includes(answer.status) ? "denied" : "failed";
  return new PromotionError(`${way}: ${describe(answer)}`, failure);
}

interface Waiting {
  caller: Caller;
  first: Answer;
}

async function settle(way: Way, url: string, { caller, first }: Waiting): Promise<void> {
  let last = first;
  while (Date.now() < caller.deadlineMs) {
    await delay(pauseMs(last));
    last = await attempt(way, call(url, "GET", caller));
    const status = (last.body as { status?: string } | null)?.status ?? "";
    if (/^(failed|canceled)$/i.test(status) || last.status >= 400) throw failureOf(way, last);
    // An operation says so itself; a plain Location does by no longer answering 202.
    if (status ? /^succeeded$/i.test(status) : last.status !== 202) return;
  }
  throw unfinished(way);
}

/** Of an operation that Azure gave no address of, the role is all that tells. */
async function settleByRole(group: string, way: Way, { caller, first }: Waiting): Promise<void> {
  while (Date.now() < caller.deadlineMs) {
    if ((await readGroup(group, caller)).role === "Primary") return;
    await delay(pauseMs(first));
  }
  throw unfinished(way);
}

function unfinished(way: Way): PromotionError {
  return new PromotionError(`${way}: not finished in time; Azure may still finish it`, "unfinished");
}

/** What nobody answered may have been taken all the same. */
async function attempt(way: Way, calling: Promise<Answer>): Promise<Answer> {
  try {
    return await calling;
  } catch (error) {
    throw new PromotionError(`${way}: ${(error as Error).message}`, "unfinished", { cause: error });
  }
}

async function call(path: string, method: string, { cloud, token, deadlineMs }: Caller): Promise<Answer> {
  const url = /^https?:/.test(path) ? path : `${cloud.resourceManager}${path}`;
  return await askUntil(deadlineMs, url, { method, headers: { Authorization: `Bearer ${token}` } });
}
