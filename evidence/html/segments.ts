import { isInvalid } from "../../drill/outage.ts";
import type { Sample } from "../../watch/journal.ts";
import type { Axis } from "./axis.ts";

/** Worst last: where several samples share a cell, the worst one is shown. */
const states = ["good", "late", "failed"] as const;

export type State = (typeof states)[number];

/** Samples in a row of one state, in cells of a grid over the axis. */
export interface Segment {
  state: State;
  from: number;
  to: number;
}

/** However long a run was, and however its service flapped: a strip has at most so many segments. */
export const cells = 500;

/** Run lengths. Where no sample was due, or its outcome is missing, there is none. */
export function segmentsOf(samples: readonly Sample[], axis: Axis, periodMs: number): Segment[] {
  const grid = gridOf(samples, axis, periodMs);
  const segments: Segment[] = [];
  for (const [cell, rank] of grid.entries()) {
    const state = states[rank - 1];
    const last = segments.at(-1);
    if (last && last.state === state && last.to === cell) last.to = cell + 1;
    else if (state) segments.push({ state, from: cell, to: cell + 1 });
  }
  return segments;
}

/** Of each cell 0 for nothing, else the place in {@link states}, counted from 1. */
function gridOf(samples: readonly Sample[], { fromMs, toMs }: Axis, periodMs: number): Uint8Array {
  const grid = new Uint8Array(cells);
  const cellOf = (ms: number): number => ((ms - fromMs) / (toMs - fromMs)) * cells;
  for (const sample of samples) {
    const rank = states.indexOf(stateOf(sample)) + 1;
    const from = Math.max(0, Math.floor(cellOf(sample.dueMs)));
    const to = Math.min(cells, Math.ceil(cellOf(sample.dueMs + periodMs)));
    for (let cell = from; cell < to; cell++) grid[cell] = Math.max(grid[cell] ?? 0, rank);
  }
  return grid;
}

function stateOf(sample: Sample): State {
  if (isInvalid(sample)) return "late";
  return sample.good ? "good" : "failed";
}

/** A path for each state, whatever the number of segments; a stroke as wide as the state's bar is high draws it. */
export function pathsOf(segments: readonly Segment[]): [State, string][] {
  return states.flatMap((state): [State, string][] => {
    const own = segments.filter((segment) => segment.state === state);
    if (own.length === 0) return [];
    const lines = own.map(({ from, to }, i) => `m${from - (own[i - 1]?.to ?? 0)} 0h${to - from}`);
    return [[state, `M0 0${lines.join("")}`]];
  });
}
