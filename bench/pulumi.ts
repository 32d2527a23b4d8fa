import { explainFailure } from "../engine/failures.ts";
import type { Workspace } from "../engine/pulumi.ts";
import { type TimedRun, timedRun } from "./timed-run.ts";

/** How the processes of a `pulumi up` are told apart; what matches none belongs to who started it. */
const parts = [
  { pattern: /pulumi-resource-([\w-]+)|\/plugins\/([\w-]+)\/main\.ts/, part: "plugin" },
  { pattern: /pulumi-language-/, part: "language host" },
  { pattern: /@pulumi\/pulumi\/cmd\/run/, part: "program" },
] as const;

/** @returns "program", "plugin azure-native" … */
export function pulumiPart(commandLine: string, inherited: string): string {
  for (const { pattern, part } of parts) {
    const [found, ...names] = pattern.exec(commandLine) ?? [];
    if (found !== undefined) return [part, ...names.filter((name) => name !== undefined)].join(" ");
  }
  return inherited;
}

/** The act that an engineer performs, measured. @throws FailoverError when it fails */
export async function measuredUp(
  workspace: Workspace,
  stack: string,
  signal: AbortSignal,
): Promise<TimedRun> {
  const { folder, pulumi: file, env } = workspace;
  const args = ["up", "-s", stack, "--yes", "--skip-preview"];
  const run = await timedRun({ file, args, folder, env, part: "engine", partOf: pulumiPart }, signal);
  if (!run.failed) return run;
  throw explainFailure({ command: args.join(" "), stack, output: run.output });
}
