import { setTimeout as delay } from "node:timers/promises";
import { FailoverError } from "../errors.ts";
import { judge, type Judgement, type Refused } from "./accepted-loss.ts";
import { type Environment, findCloud, logIn } from "./arm.ts";
import { type Caller, promote, PromotionError, readGroup } from "./failover-group.ts";
import { expectedLossOf, isSilent, readReplica } from "./replica.ts";
import { requestIn, type Request } from "./request.ts";

/**
 * Gives the primary role of a failover group to the server of one region. Run by the failover stack when
 * the region that is to have it changes; may be run by hand with the same variables:
 * FAILOVER_GROUP, FAILOVER_DATABASE (names), FAILOVER_SERVER_PRIMARY, FAILOVER_SERVER_SECONDARY (ARM ids),
 * FAILOVER_TARGET (primary or secondary), FAILOVER_ACCEPTED_LOSS (accepted-loss.ts), FAILOVER_STREAMS_WITHIN_SECONDS
 * (60; how long the way back waits for the old server), and the provider's ARM_*.
 */

/**
 * How long a planned promotion may take, in which both servers synchronise first. With a loss accepted it is given up
 * sooner, and at once where the other server has been silent for long.
 */
const plannedMs = { alone: 600_000, accepted: 60_000, silent: 10_000 };
const forcedMs = 600_000;
const askAgainMs = 2000;
const roleMs = 60_000;

interface Attempt extends Request {
  callerFor: (ms: number) => Caller;
}

async function main(env: Environment): Promise<void> {
  const request = requestIn(env);
  const { target, group, database, acceptedLoss } = request;
  const cloud = await findCloud(env);
  const token = await logIn(cloud, env);
  const callerFor = (ms: number): Caller => ({ cloud, token, deadlineMs: Date.now() + ms });
  const before = await readGroup(group, callerFor(roleMs));
  if (before.role === "Primary") {
    say(`the ${target} region's server has the primary role`);
    return;
  }
  const attempt = { ...request, callerFor };
  if (target === "primary") {
    await goBack(attempt);
  } else {
    const reading = await readReplica(database, { cloud, token });
    const expected = `if it must be forced: ${expectedLossOf(reading).text}`;
    say(expected);
    const judgement = judge(acceptedLoss, reading);
    const given = acceptedLoss === undefined ? "alone" : "accepted";
    const silent = before.suspended || isSilent(reading);
    const waitMs = plannedMs[judgement.forced && silent ? "silent" : given];
    await goOver(attempt, { expected, judgement, waitMs });
  }
  const { role } = await readGroup(group, callerFor(roleMs));
  if (role !== "Primary") throw new Error(`the ${target} region's server is still ${role}`);
  say(`the ${target} region's server took the primary role`);
}

interface Decision {
  expected: string;
  judgement: Judgement;
  /** How long the planned promotion may take. */
  waitMs: number;
}

async function goOver(attempt: Attempt, { expected, judgement, waitMs }: Decision): Promise<void> {
  const { group, callerFor, acceptedLoss } = attempt;
  try {
    await promote(group, "failover", callerFor(waitMs));
  } catch (error) {
    if (!isGone(error)) throw error;
    if (!judgement.forced) throw notForced(error, { expected, ...judgement });
    say(`${error.message}; forcing it, since acceptedLoss is ${acceptedLoss}`);
    // The planned one may have gone through since it was given up.
    if ((await readGroup(group, callerFor(roleMs))).role === "Primary") return;
    await promote(group, "forceFailoverAllowDataLoss", callerFor(forcedMs));
  }
}

/** Planned only: the server that is left has every write, and the one that comes back has not. */
async function goBack({ group, callerFor, streamsWithinSeconds }: Attempt): Promise<void> {
  const giveUpMs = Date.now() + streamsWithinSeconds * 1000;
  for (let attempts = 1; ; attempts++) {
    try {
      await promote(group, "failover", callerFor(plannedMs.alone));
      return;
    } catch (error) {
      if (!isGone(error)) throw error;
      if (Date.now() > giveUpMs) throw notBack(error, streamsWithinSeconds);
      if (attempts === 1)
        say(`${error.message}; waiting up to ${streamsWithinSeconds} s for it to stream again`);
      await delay(askAgainMs);
    }
  }
}

/** What another way cannot mend either, a role that is missing say, is no reason to lose data or to wait. */
function isGone(error: unknown): error is PromotionError {
  return error instanceof PromotionError && error.partnerIsGone;
}

function notForced(
  cause: PromotionError,
  { expected, reason, instead }: Refused & { expected: string },
): FailoverError {
  return new FailoverError("PROMOTION_REFUSED", {
    problems: [cause.message, expected, reason],
    where: "the failover group; nothing was changed",
    fix: `pulumi config set acceptedLoss ${instead} -s failover && pulumi up -s failover    (promotes at once; ${nameOf(instead)} is lost)`,
    cause,
  });
}

function nameOf(loss: string): string {
  const isTime = /^\d/.test(loss);
  return isTime ? `what was committed after ${loss} and is not replicated` : "whatever is not replicated";
}

function notBack(cause: PromotionError, waitedSeconds: number): FailoverError {
  return new FailoverError("PROMOTION_REFUSED", {
    problems: [
      cause.message,
      `the primary region's server did not stream within ${waitedSeconds} s. The way back is never forced.`,
    ],
    where: "the failover group; the secondary region's server still takes the writes",
    fix: "when the primary region's server is back: pulumi up -s failover",
    cause,
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  await main(process.env);
} catch (error) {
  // Pulumi prints this as the resource's error; a stack trace would only hide it.
  const { message } = error as Error;
  process.stderr.write(error instanceof FailoverError ? `${message}\n` : `promotion: ${message}\n`);
  process.exitCode = 1;
}
