import { setTimeout as delay } from "node:timers/promises";
import { FailoverError } from "../errors.ts";
import { judge, type Judgement, type Refused } from "./accepted-loss.ts";
import { type Cloud, type Environment, findCloud, logIn } from "./arm.ts";
import { type Caller, promote, PromotionError, readGroup } from "./failover-group.ts";
import { expectedLossOf, hasSpokenSince, isKnown, isSilent, type Reading, readReplica } from "./replica.ts";
import { requestIn, type Request } from "./request.ts";

/**
 * Gives the primary role of a failover group to the server of one region. Run by the failover stack when
 * the region that is to have it changes; may be run by hand with the same variables:
 * FAILOVER_GROUP, FAILOVER_DATABASE (names), FAILOVER_SERVER_PRIMARY, FAILOVER_SERVER_SECONDARY (ARM ids),
 * FAILOVER_TARGET (primary or secondary), FAILOVER_ACCEPTED_LOSS (accepted-loss.ts), FAILOVER_STREAMS_WITHIN_SECONDS
 * (60; how long the way back waits for the old server), and the provider's ARM_*.
 */

/**
 * How long a planned promotion may take, in which both servers synchronise first. Where the loss is accepted it is given
 * up sooner, and at once where the other server has been silent for long.
 */
const plannedMs = { alone: 600_000, accepted: 60_000, silent: 10_000 };
const forcedMs = 600_000;
const askAgainMs = 2000;
const roleMs = 60_000;
/** The primary's lag comes once a minute. */
const listenAgainMs = 10_000;

interface Attempt extends Request {
  cloud: Cloud;
  token: string;
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
  const attempt = { ...request, cloud, token, callerFor };
  if (target === "primary") {
    await goBack(attempt);
  } else {
    const reading = await readReplica(database, { cloud, token });
    const expected = `if it must be forced: ${expectedLossOf(reading).text}`;
    say(expected);
    const judgement = judge(acceptedLoss, reading);
    const silent = before.suspended || isSilent(reading);
    // A loss that is not accepted as it is now makes nothing shorter: the planned promotion is all there is.
    const waitMs = plannedMs[judgement.forced ? (silent ? "silent" : "accepted") : "alone"];
    await goOver(attempt, { reading, expected, judgement, waitMs });
  }
  const { role } = await readGroup(group, callerFor(roleMs));
  if (role !== "Primary") throw new Error(`the ${target} region's server is still ${role}`);
  say(`the ${target} region's server took the primary role`);
}

interface Decision {
  reading: Reading;
  expected: string;
  judgement: Judgement;
  /** How long the planned promotion may take. */
  waitMs: number;
}

async function goOver(attempt: Attempt, { reading, expected, judgement, waitMs }: Decision): Promise<void> {
  const { group, callerFor, acceptedLoss } = attempt;
  const startedMs = Date.now();
  try {
    await promote(group, "failover", callerFor(waitMs));
  } catch (error) {
    if (!isMendable(error)) throw error;
    if (!judgement.forced) throw notForced(error, { expected, ...judgement });
    const partner = await listen(attempt, { reading, startedMs, patient: error.failure === "unfinished" });
    if (partner === "overtaken") return;
    if (partner === "alive") throw tooSlow(error, expected);
    say(`${error.message}; forcing it, since acceptedLoss is ${acceptedLoss}`);
    await promote(group, "forceFailoverAllowDataLoss", callerFor(forcedMs));
  }
}

/**
 * What became of the other server while a planned promotion came to nothing. The promotion may have gone through since
 * it was given up: `overtaken`. One that was only slow is no reason to lose what a living primary has, so until the
 * primary has been silent for minutes, or says something, it is listened to. Where nobody could ever say its lag, nobody
 * can say that it lives either; where the metric only stopped answering, its last word stands.
 */
async function listen(
  { group, database, cloud, token, callerFor }: Attempt,
  { reading, startedMs, patient }: Pick<Decision, "reading"> & { startedMs: number; patient: boolean },
): Promise<"alive" | "gone" | "overtaken"> {
  let last = reading;
  while (true) {
    const { role, suspended } = await readGroup(group, callerFor(roleMs));
    if (role === "Primary") return "overtaken";
    if (!patient || suspended) return "gone";
    const now = await readReplica(database, { cloud, token });
    if (isKnown(now)) last = now;
    if (!isKnown(last) || isSilent(last)) return "gone";
    if (hasSpokenSince(last, startedMs)) return "alive";
    await delay(listenAgainMs);
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
      if (!isMendable(error)) throw error;
      if (Date.now() > giveUpMs) throw notBack(error, streamsWithinSeconds);
      if (attempts === 1)
        say(
          `${error.message}; trying again for up to ${streamsWithinSeconds} s, until the old server streams`,
        );
      await delay(askAgainMs);
    }
  }
}

/** What another way cannot mend either, a role that is missing say, is no reason to lose data or to wait. */
function isMendable(error: unknown): error is PromotionError {
  return error instanceof PromotionError && error.failure !== "denied";
}

function whereIs({ failure }: PromotionError): string {
  const outcome = failure === "unfinished" ? mayStillFinish : "nothing was changed";
  return `the failover group; ${outcome}`;
}

const mayStillFinish = "Azure may still finish the planned promotion";

function tooSlow(cause: PromotionError, expected: string): FailoverError {
  const alive =
    "the primary region's server still tells its lag: a promotion that is only slow is not forced.";
  return new FailoverError("PROMOTION_REFUSED", {
    problems: [cause.message, expected, alive],
    where: whereIs(cause),
    fix: "pulumi up -s failover    (waits for the planned promotion again)",
    cause,
  });
}

function notForced(
  cause: PromotionError,
  { expected, reason, instead }: Refused & { expected: string },
): FailoverError {
  return new FailoverError("PROMOTION_REFUSED", {
    problems: [cause.message, expected, reason],
    where: whereIs(cause),
    fix: `pulumi config set acceptedLoss ${instead} -s failover && pulumi up -s failover    (tries the planned promotion once more, at most a minute, then forces it; ${nameOf(instead)} is lost)`,
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
      `the primary region's server did not take the role back within ${waitedSeconds} s. The way back is never forced.`,
    ],
    where:
      cause.failure === "unfinished"
        ? whereIs(cause)
        : "the failover group; the secondary region's server still takes the writes",
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
