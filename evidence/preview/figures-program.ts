/**
 * Prints what the code in a folder says of its topologies, as JSON. Run for the base and for the head alike, each in
 * its own folder, so that a figure is always the one that its own code would act by.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Part } from "../../drill/parts.ts";
import type { System } from "../../infra/systems.ts";
import type { Axes, Degraded } from "../../infra/topologies.ts";
import type { Figures, TopologyFigures } from "./figures.ts";

interface Topologies {
  normal: Axes;
  degraded: Record<string, Degraded>;
  clientTtlSeconds?: Record<Axes["edge"], number>;
}

type PartsOf = (scenario: object, measured: object) => Part[];

const folder = process.argv[2] ?? ".";
const load = (path: string): Promise<unknown> => import(pathToFileURL(join(folder, path)).href);

const { normal, degraded, clientTtlSeconds } = (await load("infra/topologies.ts")) as Topologies;
const { systems } = (await load("infra/systems.ts")) as { systems: Record<string, System> };
// A base of before the first drill has no figures; its topologies can be previewed all the same.
const { partsOf } = (await load("drill/parts.ts").catch(() => ({}))) as { partsOf?: PartsOf };

function figuresOf(name: string, { recovers, because, ...changes }: Degraded): TopologyFigures {
  const axes = { ...normal, ...changes };
  const system = systems[recovers];
  return {
    name,
    recovers,
    because,
    axes,
    promisedSeconds: system?.rto ? system.rto.maximumMinutes * 60 : null,
    parts: partsFor(name, recovers),
    nextSwitchSeconds: axes.edge === "dns-only" ? (clientTtlSeconds?.[axes.edge] ?? null) : null,
  };
}

/** What a switch from `normal` waits for in the cloud; null where this code cannot say. */
function partsFor(topology: string, system: string): TopologyFigures["parts"] {
  if (!partsOf) return null;
  try {
    const parts = partsOf({ system, faults: [], topology, clock: "declared" }, { slices: {} });
    return parts
      .filter(({ promise }) => promise === "rto")
      .map(({ name, realSeconds, basis }) => ({ name, realSeconds, basis }));
  } catch {
    return null; // Code that needs a whole measurement for it.
  }
}

const figures: Figures = {
  normal,
  topologies: Object.entries(degraded).map(([name, topology]) => figuresOf(name, topology)),
};
process.stdout.write(JSON.stringify(figures));
