import { join } from "node:path";
import { setConfig, stateOf, type State, type Workspace } from "../engine/pulumi.ts";
import { readStackFile } from "../engine/stack-file.ts";
import { project } from "../infra/config.ts";
import { FailoverError } from "../infra/errors.ts";
import { restoredDatabaseName } from "../infra/names.ts";

/** What the stack file says of restored databases. */
interface Restores {
  /** Name of the database that the newest entry of `restores` makes. */
  newest: string | undefined;
  liveDatabase: string | undefined;
}

/**
 * Makes the newest restored database the one that `normal` means, by `pulumi config set liveDatabase`.
 * @returns its name
 * @throws FailoverError NOTHING_TO_ADOPT when there is none, hosts do not use it, or it is adopted already
 */
export async function adopt(workspace: Workspace): Promise<string> {
  const restores = await restoresIn(workspace);
  const database = adoptable(restores, hostsUse(await stateOf(workspace, "failover")));
  await setConfig(workspace, "failover", ["liveDatabase", database]);
  return database;
}

/** Whether hosts use a restored database that nobody has adopted: then `normal` would take it from them. */
export async function needsAdoption(workspace: Workspace): Promise<boolean> {
  const { newest, liveDatabase } = await restoresIn(workspace);
  if (newest === undefined || newest === liveDatabase) return false;
  return hostsUse(await stateOf(workspace, "failover")) === newest;
}

async function restoresIn({ folder }: Workspace): Promise<Restores> {
  const { config } = await readStackFile(join(folder, "Pulumi.failover.yaml"));
  const restores = listIn(config[`${project}:restores`] ?? "[]");
  const at = restores.at(-1)?.at;
  return {
    newest: at === undefined ? undefined : restoredDatabaseName(at),
    liveDatabase: config[`${project}:liveDatabase`],
  };
}

function listIn(text: string): { at: string }[] {
  if (text.startsWith("[")) return JSON.parse(text) as { at: string }[];
  throw new FailoverError("INVALID_CONFIG", {
    problems: `restores is ${JSON.stringify(text)}; allowed: a list of restore points.`,
    where: `Pulumi.failover.yaml, key ${project}:restores`,
    fix: `pulumi config rm restores -s failover && pulumi config set --path '${project}:restores[0].at' <UTC time before the corruption> -s failover`,
  });
}

/** Name of the database in the settings that hosts pull; outputs would name that of the last complete switch. */
function hostsUse({ resources = [] }: State): string | undefined {
  const settings = resources.find(({ urn }) => urn.endsWith(":KeyValue::failover"));
  const value = settings?.outputs?.["value"] ?? settings?.inputs?.["value"];
  if (typeof value !== "string") return undefined;
  return (JSON.parse(value) as { database: { name: string } }).database.name;
}

function adoptable({ newest, liveDatabase }: Restores, used: string | undefined): string {
  const refusal = (problems: string, fix: string): FailoverError =>
    new FailoverError("NOTHING_TO_ADOPT", { problems, where: "Pulumi.failover.yaml", fix });
  if (newest === undefined) {
    throw refusal(
      "restores is empty: no database was restored.",
      `pulumi config set --path '${project}:restores[0].at' <UTC time before the corruption> -s failover, then topology database-restored`,
    );
  }
  if (liveDatabase === newest) {
    throw refusal(`${newest} is adopted already: normal means it.`, switchTo("normal"));
  }
  if (used !== newest) {
    throw refusal(
      `hosts use ${used ?? "no database yet"}; ${newest}, the newest restored one, can be adopted when they use it.`,
      switchTo("database-restored"),
    );
  }
  return newest;
}

function switchTo(topology: string): string {
  return `pulumi config set topology ${topology} -s failover && pulumi up -s failover`;
}
