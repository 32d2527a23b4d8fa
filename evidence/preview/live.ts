import { join } from "node:path";
import type { Finding } from "../../engine/guard-finding.ts";
import { readStackFile } from "../../engine/stack-file.ts";
import { project as projectName } from "../../infra/config.ts";
import { FailoverError } from "../../infra/errors.ts";
import type { Figures } from "./figures.ts";

/** What the committed stack file of the base says of the plant as it is now. */
export interface Live {
  /** Names of what is switched to, none in `normal`. */
  degraded: string[];
  /** Restore points, in the file's order. */
  restores: string[];
}

export async function liveIn(folder: string): Promise<Live> {
  const { config } = await readStackFile(join(folder, "Pulumi.failover.yaml"));
  const restores = config[`${projectName}:restores`] ?? "[]";
  const names = (config[`${projectName}:topology`] ?? "").split("+").map((name) => name.trim());
  return {
    degraded: names.filter((name) => name !== "" && name !== "normal"),
    restores: pointsIn(restores),
  };
}

/** What is no list of restore points the program itself refuses. */
function pointsIn(text: string): string[] {
  if (!text.startsWith("[")) return [];
  const entries = JSON.parse(text) as ({ at?: unknown } | null)[];
  return entries.flatMap((entry) => (typeof entry?.at === "string" ? [entry.at] : []));
}

/**
 * A topology that is live cannot go: until somebody is back in `normal`, every `up` would be refused, in the middle of
 * a recovery.
 * @throws FailoverError UNKNOWN_TOPOLOGY
 */
export function refuseLiveRemoved(live: Live, head: Figures, where: string): void {
  const known = head.topologies.map(({ name }) => name);
  const gone = live.degraded.filter((name) => !known.includes(name));
  if (gone.length === 0) return;
  throw new FailoverError("UNKNOWN_TOPOLOGY", {
    problems: gone.flatMap((name) => [
      `topology "${name}" is live, and infra/topologies.ts has it no more.`,
      `after merging, every up of stack failover would be refused until it is switched to another one.`,
    ]),
    where: `Pulumi.failover.yaml of ${where}, key ${projectName}:topology`,
    fix: "go back to normal first (docs/runbook.md) and commit that, or keep the entry until then",
  });
}

/** Each entry of `restores` is a database for ever: one that goes takes its database out of the stack. */
export function lostRestores(base: Live, head: Live): Finding[] {
  return base.restores
    .filter((at) => !head.restores.includes(at))
    .map((at) => ({
      severity: "blocks",
      detector: "stateful",
      resource: `restore point ${at}`,
      what: `the restore point ${at} would be taken out of restores`,
      why: "the list is only ever added to: the database that it made would be forgotten by the stack, or deleted",
      next: "leave the entry where it was (Pulumi.failover.yaml)",
    }));
}

export function removedTopologies(base: Figures, head: Figures): Map<string, Finding[]> {
  const known = new Set(head.topologies.map(({ name }) => name));
  const removed = base.topologies.filter(({ name }) => !known.has(name));
  return new Map(
    removed.map(({ name, recovers }) => [
      name,
      [
        {
          severity: "warns",
          detector: "topology",
          resource: name,
          what: `topology ${name} would be gone`,
          why: `who recovers ${recovers} by it finds it refused`,
          next: "be sure that no runbook and no scenario names it",
        },
      ],
    ]),
  );
}
