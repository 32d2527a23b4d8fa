import { join } from "node:path";
import { outputs, setConfigPaths, type Workspace } from "../engine/pulumi.ts";
import { readStackFile } from "../engine/stack-file.ts";
import { checkAgreement, project } from "../infra/config.ts";
import { FailoverError } from "../infra/errors.ts";

/** A value of the failover stack's `endpoints`, and the path it stands at: `endpoints.loadBalancers.main.address`. */
export interface Change {
  path: string;
  from: string | undefined;
  to: string;
}

/**
 * Writes what the failover stack must know of the primary one into Pulumi.failover.yaml, by `pulumi config set`.
 * A recovery then needs nothing of the primary stack or its region.
 * @returns what was changed; nothing when the file was true already
 * @throws FailoverError STACK_NOT_DEPLOYED when the primary stack has no endpoints to give; INVALID_CONFIG when the
 * stack files disagree, or `endpoints` is nothing that could be completed
 */
export async function syncEndpoints(workspace: Workspace): Promise<Change[]> {
  const committed = await committedEndpoints(workspace);
  const { endpoints } = await outputs(workspace, "primary");
  if (typeof endpoints !== "object" || endpoints === null) {
    throw new FailoverError("STACK_NOT_DEPLOYED", {
      problems: "stack primary has no output `endpoints`; it is not deployed, or its last up failed.",
      where: "stack primary",
      fix: "pulumi up -s primary && npm run failover -- sync",
    });
  }
  const changes = differences(leavesOf(endpoints, "endpoints"), leavesOf(committed, "endpoints"));
  if (changes.length > 0) {
    await setConfigPaths(
      workspace,
      "failover",
      changes.map(({ path, to }) => [path, to]),
    );
  }
  return changes;
}

/** What Pulumi.failover.yaml holds under `endpoints` now. */
async function committedEndpoints({ folder }: Workspace): Promise<object> {
  const read = async (stack: string) => (await readStackFile(join(folder, `Pulumi.${stack}.yaml`))).config;
  const [primary, failover] = await Promise.all([read("primary"), read("failover")]);
  checkAgreement({ primary, failover });
  const key = `${project}:endpoints`;
  const text = failover[key];
  if (text === undefined) return {};
  if (text.startsWith("{")) return JSON.parse(text) as object;
  throw new FailoverError("INVALID_CONFIG", {
    problems: `endpoints is ${JSON.stringify(text)}; allowed: an object, or no such key.`,
    where: `Pulumi.failover.yaml, key ${key}`,
    fix: "pulumi config rm endpoints -s failover && npm run failover -- sync",
  });
}

function differences(wanted: Map<string, string>, found: Map<string, string>): Change[] {
  return [...wanted]
    .map(([path, to]) => ({ path, from: found.get(path), to }))
    .filter(({ from, to }) => from !== to);
}

function leavesOf(value: unknown, path: string): Map<string, string> {
  if (typeof value === "string") return new Map([[path, value]]);
  if (typeof value !== "object" || value === null) return new Map();
  return new Map(Object.entries(value).flatMap(([key, child]) => [...leavesOf(child, `${path}.${key}`)]));
}
