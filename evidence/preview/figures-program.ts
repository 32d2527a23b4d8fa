/**
 * Prints what the code in a folder says of its topologies, as JSON. Run for the base and for the head alike, each in
 * its own folder, so that a figure is always the one that its own code would act by.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Axes, Degraded } from "../../infra/topologies.ts";
import type { Figures, TopologyFigures } from "./figures.ts";

interface Topologies {
  normal: Axes;
  degraded: Record<string, Degraded>;
  clientTtlSeconds?: Record<Axes["edge"], number>;
}

const folder = process.argv[2] ?? ".";
const load = (path: string): Promise<unknown> => import(pathToFileURL(join(folder, path)).href);

const { normal, degraded, clientTtlSeconds } = (await load("infra/topologies.ts")) as Topologies;

function figuresOf(name: string, topology: Degraded): TopologyFigures {
  const { recovers, because, ...changes } = topology;
  const axes = { ...normal, ...changes };
  return {
    name,
    recovers,
    because,
    axes,
    nextSwitchSeconds: axes.edge === "dns-only" ? (clientTtlSeconds?.[axes.edge] ?? null) : null,
  };
}

const figures: Figures = {
  normal,
  topologies: Object.entries(degraded).map(([name, topology]) => figuresOf(name, topology)),
};
process.stdout.write(JSON.stringify(figures));
