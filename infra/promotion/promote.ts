import { type Environment, findCloud, logIn } from "./arm.ts";
import { type Caller, promote, PromotionError, readRole } from "./failover-group.ts";

/**
 * Gives the primary role of a failover group to the server of one region. Run by the failover stack when
 * the region that is to have it changes; may be run by hand with the same variables:
 * FAILOVER_GROUP, FAILOVER_SERVER_PRIMARY, FAILOVER_SERVER_SECONDARY (ARM ids), FAILOVER_TARGET (primary
 * or secondary), FAILOVER_ACCEPTED_LOSS (UTC time, for a forced promotion), and the provider's ARM_*.
 */

/** Planned: both servers synchronise first. With the loss accepted, a server that is gone is not waited for. */
const plannedMs = { untilDone: 600_000, untilForced: 60_000 };
/** An acceptance is for the switch at hand, not for one of next month. */
const acceptedForMs = 4 * 3600 * 1000;

async function main(env: Environment): Promise<void> {
  const target = targetOf(env);
  const group = `${server(env, target)}/failoverGroups/${required(env, "FAILOVER_GROUP")}`;
  const cloud = await findCloud(env);
  const token = await logIn(cloud, env);
  const callerFor = (ms: number): Caller => ({ cloud, token, deadlineMs: Date.now() + ms });
  if ((await readRole(group, callerFor(60_000))) === "Primary") {
    process.stdout.write(`the ${target} region's server has the primary role\n`);
    return;
  }
  const forced = target === "secondary" && isAccepted(env["FAILOVER_ACCEPTED_LOSS"]);
  const planned = callerFor(forced ? plannedMs.untilForced : plannedMs.untilDone);
  try {
    await promote(group, "failover", planned);
  } catch (error) {
    // What another way cannot mend either, a role that is missing say, is no reason to lose data.
    if (!(error instanceof PromotionError && error.inVain)) throw error;
    if (!forced) throw refusalOf(target, error);
    process.stderr.write(`planned promotion failed, forcing it: ${error.message}\n`);
    await force(group, callerFor(plannedMs.untilDone));
  }
  const role = await readRole(group, callerFor(60_000));
  if (role !== "Primary") throw new Error(`the ${target} region's server is still ${role}`);
  process.stdout.write(`the ${target} region's server took the primary role\n`);
}

/** The planned one may have gone through since it was given up. */
async function force(group: string, caller: Caller): Promise<void> {
  if ((await readRole(group, caller)) === "Primary") return;
  await promote(group, "forceFailoverAllowDataLoss", caller);
}

function isAccepted(at: string | undefined): boolean {
  const age = Date.now() - Date.parse(at ?? "");
  return age >= 0 && age < acceptedForMs;
}

function refusalOf(target: string, cause: PromotionError): Error {
  const { message } = cause;
  if (target === "primary") return new Error(`${message}\nThe way back is never forced.`, { cause });
  const accept = `pulumi config set acceptedLoss ${new Date().toISOString().slice(0, 19)}Z -s failover && pulumi up -s failover`;
  return new Error(`${message}\nTo promote at once and lose what is not replicated yet: ${accept}`, {
    cause,
  });
}

function targetOf(env: Environment): "primary" | "secondary" {
  const target = required(env, "FAILOVER_TARGET");
  if (target === "primary" || target === "secondary") return target;
  throw new Error(`FAILOVER_TARGET is "${target}"; allowed: primary, secondary`);
}

function server(env: Environment, target: "primary" | "secondary"): string {
  return required(env, `FAILOVER_SERVER_${target.toUpperCase()}`);
}

function required(env: Environment, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

try {
  await main(process.env);
} catch (error) {
  // Pulumi prints this as the resource's error; a stack trace would only hide it.
  process.stderr.write(`promotion: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
