import type { SetUp } from "../drill/set-up.ts";
import type { FigureName, Runs } from "./figures.ts";

/** Told what is going on. */
export interface Report {
  line: (text: string) => void;
  /** Replaces the progress before it. */
  progress: (text: string) => void;
}

/** What every measurement of a deployed plant works on. */
export interface Bench {
  ready: SetUp;
  /** How often each switch is measured. */
  runs: number;
  signal: AbortSignal;
  report: Report;
}

/** One way to get some of the figures. */
export interface Measurement {
  figures: readonly FigureName[];
  /** @throws Absent, Unmeasurable, or a FailoverError of what it drives */
  measure: (bench: Bench) => Promise<Runs>;
}

/** An optional tool that is not here. The message names it and how to get it. */
export class Absent extends Error {}

/** It was tried and what came out is no measurement. The message says what went wrong. */
export class Unmeasurable extends Error {}
