interface Kind {
  unit: "s" | "CPU s" | "CPU ms" | "ms" | "MiB";
  /** The most that is aimed at, in that unit. */
  target?: number;
}

/** Everything that is measured, in the order in which it is printed. Targets hold on two cores. */
export const kinds = {
  "set-up: plant up and both stacks deployed": { unit: "s", target: 30 },
  "switch by pulumi up: whole tree": { unit: "CPU s", target: 3 },
  "switch by pulumi up: engine": { unit: "CPU s" },
  "switch by pulumi up: language host": { unit: "CPU s" },
  "switch by pulumi up: program": { unit: "CPU s" },
  "switch by pulumi up: plugin cloudflare": { unit: "CPU s" },
  "switch by pulumi up: plugin azure-native": { unit: "CPU s" },
  "switch by pulumi up: plugin command": { unit: "CPU s" },
  "switch by pulumi up: start to end": { unit: "s" },
  "switch by pulumi up: start to first write": { unit: "ms" },
  "switch by pulumi up, lb-direct: whole tree": { unit: "CPU s", target: 3 },
  "switch by pulumi up, lb-direct: start to end": { unit: "s" },
  "switch by pulumi up, lb-direct: start to first write": { unit: "ms" },
  "switch by pulumi up, lb-direct: start to record": { unit: "ms" },
  "switch by pulumi up, api-backup-only: whole tree": { unit: "CPU s", target: 3 },
  "switch by pulumi up, api-backup-only: start to end": { unit: "s" },
  "switch by pulumi up, api-backup-only: start to first write": { unit: "ms" },
  "no-op pulumi up of failover: whole tree": { unit: "CPU s" },
  "no-op pulumi up of failover: start to end": { unit: "s" },
  "no-op pulumi up of primary: whole tree": { unit: "CPU s", target: 3.5 },
  "no-op pulumi up of primary: start to end": { unit: "s" },
  "no-op of 10 security rules: whole tree": { unit: "CPU s" },
  "no-op of 40 security rules: whole tree": { unit: "CPU s" },
  "no-op of 160 security rules: whole tree": { unit: "CPU s" },
  "one more unchanged resource: 10 → 40": { unit: "CPU ms" },
  "one more unchanged resource: 40 → 160": { unit: "CPU ms" },
  "storage switch by pulumi up: start to settings write": { unit: "s" },
  "storage switch by pulumi up: settings write to first job": { unit: "s" },
  "storage switch by pulumi up: start to first job": { unit: "s", target: 6 },
  "restore of a database of 100 MB": { unit: "s", target: 20 },
  "forced promotion: order to first write": { unit: "s", target: 3 },
  "plant: memory (Pss)": { unit: "MiB", target: 1229 },
  "switch by curl, the floor: whole tree": { unit: "CPU s" },
  "switch by curl, the floor: start to end": { unit: "s" },
  "switch by curl, the floor: start to first write": { unit: "ms" },
  "switch by octodns: whole tree": { unit: "CPU s" },
  "switch by octodns: start to end": { unit: "s" },
  "switch by octodns: start to first write": { unit: "ms" },
  "rehearsal of all scenarios with failback": { unit: "s", target: 720 },
} as const satisfies Record<string, Kind>;

export type FigureName = keyof typeof kinds;

/** What a measurement found, run by run. */
export type Runs = Partial<Record<FigureName, number[]>>;

/** One figure; everything in its unit. */
export interface Figure {
  name: FigureName;
  unit: Kind["unit"];
  runs: number[];
  /** Null when it was not measured. */
  min: number | null;
  median: number | null;
  max: number | null;
  target: number | null;
  /** Why there are no runs. */
  notMeasured: string | null;
}

export function measured(name: FigureName, runs: readonly number[]): Figure {
  const sorted = runs.toSorted((a, b) => a - b);
  const [low = Number.NaN, high = Number.NaN] = [
    sorted[Math.floor((runs.length - 1) / 2)],
    sorted[Math.ceil((runs.length - 1) / 2)],
  ];
  const [min = Number.NaN, max = Number.NaN] = [sorted[0], sorted.at(-1)];
  return { ...blank(name), runs: [...runs], min, median: (low + high) / 2, max };
}

export function notMeasured(name: FigureName, reason: string): Figure {
  return { ...blank(name), notMeasured: reason };
}

/** The median counts: on a shared machine one run says more about the neighbours than about us. */
export function isOver({ median, target }: Figure): boolean {
  return median !== null && target !== null && median > target;
}

function blank(name: FigureName): Figure {
  const { unit, target }: Kind = kinds[name];
  const nothing = { runs: [], min: null, median: null, max: null };
  return { name, unit, ...nothing, target: target ?? null, notMeasured: null };
}
