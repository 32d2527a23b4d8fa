import { drill, type DrillOptions } from "../drill/drill.ts";
import { rehearsal } from "../drill/stage.ts";
import type { Runs } from "./figures.ts";
import type { Report } from "./measurement.ts";

interface RehearseOptions {
  project: string;
  signal: AbortSignal;
  report: Report;
}

/** All scenarios and their failbacks, on a plant of its own, from nothing to nothing left. */
export async function rehearse({ project, signal, report }: RehearseOptions): Promise<Runs> {
  const listener: DrillOptions["listener"] = {
    setUp: report.line,
    ready: () => {},
    control: () => {},
    begin: (name) => report.progress(`rehearsal: ${name}`),
    entry: () => {},
    end: ({ scenario, verdict }) => report.line(`rehearsal: ${scenario} ${verdict}`),
  };
  const today = new Date().toISOString().slice(0, 10);
  const startedAt = performance.now();
  const { stopped } = await drill({ project, names: [], timing: rehearsal, today, signal, listener });
  if (stopped) throw stopped.error;
  return { "rehearsal of all scenarios with failback": [(performance.now() - startedAt) / 1000] };
}
