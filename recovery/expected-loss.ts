import { execa } from "execa";
import { join } from "node:path";
import { stateOf, type Workspace } from "../engine/pulumi.ts";
import { FailoverError } from "../infra/errors.ts";

const script = join(import.meta.dirname, "../infra/promotion/expected-loss.ts");
const deadlineMs = 30_000;

/** What a switch made now can lose, as infra/promotion/replica.ts says it of a database. */
export interface ExpectedLoss {
  /** At most so many seconds of committed writes; null: it cannot be said. */
  seconds: number | null;
  /** UTC, a whole second, for `acceptedLoss`: everything committed before it survives. */
  survivesBefore: string | null;
  text: string;
}

const expected = {
  database: ofDatabase,
  storage: () => ofStorage,
} satisfies Record<string, (workspace: Workspace) => ExpectedLoss | Promise<ExpectedLoss>>;

/** Reads what would be lost, before a switch to the other region's database or storage account. Changes nothing. */
export async function expectedLoss(workspace: Workspace, what: keyof typeof expected): Promise<ExpectedLoss> {
  return expected[what](workspace);
}

/** Azure's Last Sync Time is of an account that is copied to another region; these two know nothing of each other. */
const ofStorage: ExpectedLoss = {
  seconds: 0,
  survivesBefore: null,
  text: "jobs that wait in the account's queue are deferred until it is back, and none is lost: accepted ones are in the database and are given to the other account again. Files that only this account has are out of reach until then. The accounts are independent, so Azure's Last Sync Time does not apply",
};

/** By the promotion's own program, with the variables that the stack gives it and the credentials that Pulumi has. */
async function ofDatabase(workspace: Workspace): Promise<ExpectedLoss> {
  const variables = { ...(await promotionVariables(workspace)), FAILOVER_TARGET: "secondary" };
  const child = await execa(process.execPath, ["--disable-warning=ExperimentalWarning", script], {
    env: { ...workspace.env, ...variables },
    extendEnv: false,
    reject: false,
    timeout: deadlineMs,
  });
  if (!child.failed) return JSON.parse(child.stdout) as ExpectedLoss;
  const reason = child.stderr.trim() || child.shortMessage;
  return { seconds: null, survivesBefore: null, text: `how many writes are lost cannot be said (${reason})` };
}

async function promotionVariables(workspace: Workspace): Promise<Record<string, string>> {
  const { resources = [] } = await stateOf(workspace, "failover");
  const promotion = resources.find(({ urn }) => urn.endsWith(":Command::promotion"));
  const environment = promotion?.inputs?.["environment"];
  if (environment) return environment as Record<string, string>;
  throw new FailoverError("STACK_NOT_DEPLOYED", {
    problems: "stack failover has no promotion in its state; it is not deployed, or its last up failed.",
    where: "stack failover",
    fix: "pulumi up -s failover",
  });
}
