import { cp } from "node:fs/promises";
import { join } from "node:path";
import { initStack, setConfig, up, type Workspace } from "../engine/pulumi.ts";
import type { FigureName, Runs } from "./figures.ts";
import type { Bench, Measurement } from "./measurement.ts";
import { measuredUp } from "./pulumi.ts";

const counts = [10, 40, 160] as const;
/** They are many resources and small differences between runs. */
const runsEach = 3;
const stack = "rules";

const wholeTree = (count: (typeof counts)[number]) => `no-op of ${count} security rules: whole tree` as const;
const each = "one more unchanged resource: 10 → 40";
const eachOfMany = "one more unchanged resource: 40 → 160";

/** What a resource costs that a switch leaves as it is: a program of security rules alone, in the plant's cloud. */
export const unchanged: Measurement = {
  figures: [...counts.map(wholeTree), each, eachOfMany],
  async measure(bench) {
    const workspace = await openWorkspace(bench);
    const seconds: Record<number, number[]> = {};
    for (const count of counts) seconds[count] = await noOps(bench, workspace, count);
    const [few, some, many] = counts.map((count) => seconds[count] ?? []);
    const whole = Object.fromEntries(
      counts.map((count): [FigureName, number[]] => [wholeTree(count), seconds[count] ?? []]),
    );
    return { ...(whole as Runs), [each]: slopes(few, some, 30), [eachOfMany]: slopes(some, many, 120) };
  },
};

/** Beside the stacks, so that it finds what the program imports; gone with the plant. */
async function openWorkspace({ ready }: Bench): Promise<Workspace> {
  const folder = join(ready.workspace.folder, "bench", "rules");
  await cp(join(import.meta.dirname, "rules"), folder, { recursive: true });
  const workspace = { ...ready.workspace, folder };
  await initStack(workspace, stack);
  return workspace;
}

async function noOps({ signal, report }: Bench, workspace: Workspace, count: number): Promise<number[]> {
  report.progress(`unchanged resources: ${count}, to be made`);
  await setConfig(workspace, stack, ["count", String(count)]);
  await up(workspace, { stack, deadlineSeconds: 120, signal });
  const seconds: number[] = [];
  while (seconds.length < runsEach) {
    report.progress(`unchanged resources: ${count}, ${seconds.length + 1} of ${runsEach}`);
    seconds.push((await measuredUp(workspace, stack, signal)).cpu.seconds);
  }
  return seconds;
}

/** Milliseconds per resource, from the runs in their order. */
function slopes(fewer: readonly number[] = [], more: readonly number[] = [], resources: number): number[] {
  const byCpu = (a: number, b: number): number => a - b;
  const [low, high] = [fewer.toSorted(byCpu), more.toSorted(byCpu)];
  return low.map((seconds, i) => (((high[i] ?? Number.NaN) - seconds) / resources) * 1000);
}
