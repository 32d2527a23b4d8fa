import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";

export const root = join(import.meta.dirname, "..", "..");

export interface Step {
  name?: string;
  uses?: string;
  run?: string;
  if?: string;
  "timeout-minutes"?: number;
  with?: Record<string, unknown>;
  env?: Record<string, unknown>;
}

export interface Workflow {
  file: string;
  text: string;
  "run-name"?: string;
  on: Record<string, unknown>;
  permissions: unknown;
  defaults?: { run?: { shell?: string } };
  concurrency: { group: string; "cancel-in-progress": boolean | string };
  jobs: Record<string, Job>;
}

export interface Job {
  if?: string;
  "timeout-minutes"?: number;
  permissions?: Record<string, string>;
  steps: Step[];
  environment?: string;
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

/** A job of a workflow; jobs are named in few places, so one that is not there is a mistake. */
export function jobOf(file: string, name: string): Job {
  const found = workflow(file).jobs[name];
  if (!found) throw new Error(`no job ${name} in ${file}`);
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

export interface AzureStep {
  checkout?: string;
  bash?: string;
  publish?: string;
  displayName?: string;
  condition?: string;
  timeoutInMinutes?: number;
  env?: Record<string, string>;
}

export interface AzureJob {
  job?: string;
  deployment?: string;
  condition?: string;
  timeoutInMinutes: number;
  steps?: AzureStep[];
  strategy?: { runOnce: { deploy: { steps: AzureStep[] } } };
}

/** The jobs of a stage of the pipeline for Azure, by name. */
export function azureJobs(stage: string): Record<string, AzureJob & { steps: AzureStep[] }> {
  const { stages } = parse(readFileSync(join(root, azurePipelines), "utf8")) as {
    stages: { stage: string; jobs: AzureJob[] }[];
  };
  const jobs = stages.find((each) => each.stage === stage)?.jobs ?? [];
  return Object.fromEntries(
    jobs.map((job) => [
      job.job ?? job.deployment,
      { ...job, steps: job.steps ?? job.strategy?.runOnce.deploy.steps ?? [] },
    ]),
  );
}

/** The shell text of one step of the pipeline for Azure. */
export function azureRunOf(displayName: string): string {
  const found = azureRuns.find(({ where }) => where === `${azurePipelines}: ${displayName}`);
  if (!found) throw new Error(`no step "${displayName}" in ${azurePipelines}`);
  return found.text;
}

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
