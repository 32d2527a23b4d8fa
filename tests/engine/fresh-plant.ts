import { join } from "node:path";
import { copyProject } from "../../drill/project-copy.ts";
import { committedSettings, workspaceOf } from "../../drill/set-up.ts";
import { rehearsal } from "../../drill/stage.ts";
import { initStack, pulumi, type Workspace } from "../../engine/pulumi.ts";
import { type LocalPlant, openLocalPlant } from "../../local/local-plant.ts";

export const project = join(import.meta.dirname, "../..");

/** A local plant with both stacks initialised and nothing in its clouds. */
export interface FreshPlant {
  local: LocalPlant;
  workspace: Workspace;
  control: (method: "GET" | "PUT", path: string, body?: unknown) => Promise<unknown>;
}

export async function openFreshPlant(report: (line: string) => void): Promise<FreshPlant> {
  const local = await openLocalPlant({
    purpose: "drill",
    settings: await committedSettings(project),
    ttlDivisor: rehearsal.ttlDivisor,
    refreshSeconds: rehearsal.refreshSeconds,
    report,
    onExit: ({ name }) => report(`${name} ended although nobody stopped it`),
    signal: new AbortController().signal,
  });
  const folder = join(local.folder, "project");
  await copyProject(project, folder, local.plant.addresses.block);
  const workspace = workspaceOf(local, folder);
  for (const stack of ["primary", "failover"]) await initStack(workspace, stack);
  return { local, workspace, control: controlOf(local) };
}

/** The control API of a plant's clouds: faults, switches, and what they hold. */
export function controlOf({ plant }: LocalPlant): FreshPlant["control"] {
  const { controlUrl, controlToken } = plant.cloud;
  return async (method, path, body) => {
    const response = await fetch(`${controlUrl}${path}`, {
      method,
      headers: { "x-control-token": controlToken, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
}

interface State {
  /** A stack that was never deployed has no resources at all. */
  deployment: { resources?: { urn: string; id?: string }[]; pending_operations?: unknown[] };
}

export async function stateOf(workspace: Workspace, stack: string): Promise<State["deployment"]> {
  const text = await pulumi(workspace, ["stack", "export", "-s", stack], { stack, deadlineSeconds: 60 });
  return (JSON.parse(text) as State).deployment;
}

/** Azure makes these by itself, with a failover group, a database or a storage account. */
const implied = new RegExp(
  [
    "/saas-sql-secondary/(databases/saas|failovergroups/saas-sql)$",
    "/backupshorttermretentionpolicies/default$",
    "/blobservices/default$",
  ].join("|"),
);

/** What is in Azure and in no stack, and what a stack believes in and Azure does not have. */
export async function differences({
  workspace,
  control,
}: FreshPlant): Promise<{ over: string[]; gone: string[] }> {
  const states = await Promise.all(["primary", "failover"].map((stack) => stateOf(workspace, stack)));
  const known = states
    .flatMap(({ resources = [] }) => resources.map(({ id }) => id?.toLowerCase() ?? ""))
    .filter((id) => id.startsWith("/subscriptions/"));
  const resources = (await control("GET", "/-/azure/resources")) as { id: string }[];
  const found = resources.map(({ id }) => id.toLowerCase());
  return {
    over: found.filter((id) => !known.includes(id) && !implied.test(id)),
    gone: known.filter((id) => !found.includes(id)),
  };
}
