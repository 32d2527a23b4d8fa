import { type Environment, findCloud, logIn } from "./arm.ts";
import { readGroup } from "./failover-group.ts";
import { expectedLossOf, type ExpectedLoss, readReplica } from "./replica.ts";
import { requestIn } from "./request.ts";

/**
 * Prints as JSON what a forced promotion would lose now, read as the promotion itself reads it, and changes nothing.
 * Takes the variables that promote.ts lists.
 */
async function main(env: Environment): Promise<ExpectedLoss> {
  const { group, database } = requestIn(env);
  const cloud = await findCloud(env);
  const token = await logIn(cloud, env);
  const { role } = await readGroup(group, { cloud, token, deadlineMs: Date.now() + 10_000 });
  if (role === "Primary") {
    return {
      seconds: 0,
      survivesBefore: null,
      text: "nothing is lost: the server has the primary role already",
    };
  }
  return expectedLossOf(await readReplica(database, { cloud, token }));
}

try {
  process.stdout.write(`${JSON.stringify(await main(process.env))}\n`);
} catch (error) {
  process.stderr.write(`expected loss: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
