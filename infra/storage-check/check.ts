import { FailoverError } from "../errors.ts";
import { askUntil, describe, type Environment, findCloud, logIn } from "../promotion/arm.ts";

/**
 * Asks Azure for the storage account that hosts are about to be told of. Run by the failover stack when that changes:
 * the engine goes by its state, and an account that somebody deleted is still in there.
 * Takes FAILOVER_STORAGE_ACCOUNT (ARM id), FAILOVER_TARGET (its region: primary or secondary) and the provider's ARM_*.
 */

/** https://learn.microsoft.com/rest/api/storagerp/storage-accounts/get-properties */
const apiVersion = "2024-01-01";
/** An answer that does not come is no reason to leave hosts with an account that is known to be broken. */
const answersWithinMs = 10_000;

async function main({ FAILOVER_STORAGE_ACCOUNT: id = "", ...env }: Environment): Promise<string> {
  const cloud = await findCloud(env);
  const headers = { Authorization: `Bearer ${await logIn(cloud, env)}` };
  const url = `${cloud.resourceManager}${id}?api-version=${apiVersion}`;
  const answer = await askUntil(Date.now() + answersWithinMs, url, { headers });
  if (answer.status === 404) throw missing(id, env["FAILOVER_TARGET"], describe(answer));
  if (answer.status !== 200) throw new Error(describe(answer));
  return `storage account ${nameIn(id)} is there`;
}

/** The stack that owns the account makes it anew once its state is true. */
function missing(id: string, side: string | undefined, said: string): FailoverError {
  const stack = side === "primary" ? "primary" : "failover";
  return new FailoverError("STORAGE_MISSING", {
    problems: [`storage account ${nameIn(id)} does not exist; hosts keep the one they have.`, said],
    where: id,
    fix: `pulumi refresh -s ${stack} --target '**storage-${side}**' --yes && pulumi up -s ${stack}    (makes it anew)`,
  });
}

function nameIn(id: string): string {
  return id.split("/").at(-1) ?? "";
}

try {
  process.stdout.write(`${await main(process.env)}\n`);
} catch (error) {
  const { message } = error as Error;
  if (error instanceof FailoverError) process.exitCode = 1;
  process.stderr.write(
    process.exitCode ? `${message}\n` : `not known whether it is there, going on: ${message}\n`,
  );
}
