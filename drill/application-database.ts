import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { stateOf, type Workspace } from "../engine/pulumi.ts";
import { databaseName } from "../infra/names.ts";
import type { SqlServers } from "./faults/fault.ts";

/** Identities of the hosts by their logical names in the stacks, and what their users may do. */
const users = {
  "api-servers": "app_api",
  "workers-primary": "app_worker",
  "workers-secondary": "app_worker",
} as const;

const schema = new URL("../infra/hosts/programs/schema.sql", import.meta.url);

/**
 * What a database administrator does once, after both stacks are deployed: the application's tables, a user for each
 * identity, and a customer's key.
 * @returns the key that clients send
 */
export async function prepareDatabase(sql: Pick<SqlServers, "query">, workspace: Workspace): Promise<string> {
  const run = (text: string, parameters?: unknown[]) =>
    sql.query({ side: "primary", database: databaseName }, text, parameters);
  await run(await readFile(schema, "utf8"));
  for (const [clientId, role] of await usersOf(workspace)) {
    await run(`create role "${clientId}" login in role ${role}`);
  }
  const key = randomBytes(24).toString("base64url");
  const hash = createHash("sha256").update(key).digest("hex");
  await run("insert into api_keys (key_hash, customer) values ($1, $2)", [hash, "drill"]);
  return key;
}

/** Client ids as the clouds gave them, so that a user is who the token says. */
async function usersOf(workspace: Workspace): Promise<[clientId: string, role: string][]> {
  const states = await Promise.all(["primary", "failover"].map((stack) => stateOf(workspace, stack)));
  const resources = states.flatMap(({ resources: found = [] }) => found);
  return Object.entries(users).map(([name, role]) => {
    const identity = resources.find(({ urn }) => urn.endsWith(`UserAssignedIdentity::${name}`));
    const clientId = identity?.outputs?.["clientId"];
    if (typeof clientId !== "string") throw new Error(`no stack has the identity ${name}`);
    return [clientId, role];
  });
}
