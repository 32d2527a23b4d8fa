import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";

export const root = join(import.meta.dirname, "..", "..");

export interface Step {
  name?: string;
  uses?: string;
  run?: string;
  if?: string;
  with?: Record<string, unknown>;
  env?: Record<string, unknown>;
}

export interface Workflow {
  file: string;
  text: string;
  on: Record<string, unknown>;
  permissions: unknown;
  defaults?: { run?: { shell?: string } };
  concurrency: { group: string; "cancel-in-progress": boolean | string };
  jobs: Record<string, { permissions?: Record<string, string>; steps: Step[]; environment?: string }>;
}

export const workflows: Workflow[] = globSync(".github/workflows/*.yml", { cwd: root })
  .toSorted()
  .map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    return { ...(parse(text) as Omit<Workflow, "file" | "text">), file: basename(path), text };
  });

export function workflow(file: string): Workflow {
  const found = workflows.find((each) => each.file === file);
  if (!found) throw new Error(`no ${file}`);
  return found;
}

export interface Script {
  where: string;
  text: string;
}

/** Every shell text of the workflows. */
export const runs: Script[] = workflows.flatMap(({ file, jobs }) =>
  Object.values(jobs).flatMap(({ steps }) =>
    steps.flatMap(({ run, name = run }) =>
      run === undefined ? [] : [{ where: `${file}: ${name}`, text: run }],
    ),
  ),
);

export const azurePipelines = "docs/pipelines/azure-pipelines.yml";

/** Every shell text of the pipeline for Azure. */
export const azureRuns: Script[] = shellTexts(parse(readFileSync(join(root, azurePipelines), "utf8")));

function shellTexts(node: unknown): Script[] {
  if (typeof node !== "object" || node === null) return [];
  const { bash, inlineScript, displayName } = node as Record<string, unknown>;
  const text = bash ?? inlineScript;
  const own = typeof text === "string" ? [{ where: `${azurePipelines}: ${String(displayName)}`, text }] : [];
  return [...own, ...Object.values(node).flatMap((child) => shellTexts(child))];
}

/** The shell text of one step, as it stands in the file. */
export function runOf(file: string, name: string): string {
  const steps = Object.values(workflow(file).jobs).flatMap((job) => job.steps);
  const found = steps.find((step) => step.name === name)?.run;
  if (found === undefined) throw new Error(`no step "${name}" in ${file}`);
  return found;
}
