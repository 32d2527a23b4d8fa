import { partsFor } from "../../drill/parts.ts";
import type { Judgement } from "../../drill/verdict.ts";

/** One bar of the way to recovery: as run, and as the cloud would take for it. */
export interface Bar {
  name: string;
  measuredSeconds: number;
  /** Null: nobody has a figure. */
  projectedSeconds: number | null;
  basis: "as run" | "published" | "ours" | "assumed";
  source: string;
}

/** What floating point leaves of nothing. */
const nothing = 0.0005;

/** The judged clock's time, cut into disjoint bars; their sums are what was measured and what is projected. */
export function barsOf({ measured, projected, parts, promised }: Judgement): Bar[] {
  const clock = promised.clock === "declared" ? "rtoDeclaredSeconds" : "rtoOutageSeconds";
  const total = measured[clock];
  if (total === null || (total === 0 && projected[clock] === 0)) return [];
  const cut: Bar[] = partsFor("rto", parts).map(({ name, measuredSeconds, realSeconds, basis, source }) => ({
    name,
    measuredSeconds,
    projectedSeconds: realSeconds,
    basis,
    source,
  }));
  const left = total - cut.reduce((sum, bar) => sum + bar.measuredSeconds, 0);
  const engine = promised.clock === "declared" ? Math.min(measured.slices.engineSeconds ?? 0, left) : 0;
  return [
    ...asRun("pulumi, until it writes", engine, "from the switch to the first write at a cloud's API"),
    ...cut,
    ...asRun(engine > 0 ? "everything else" : "all of it", left - engine, "no slower for real"),
  ];
}

function asRun(name: string, seconds: number, source: string): Bar[] {
  if (Math.abs(seconds) < nothing) return [];
  return [{ name, measuredSeconds: seconds, projectedSeconds: seconds, basis: "as run", source }];
}
