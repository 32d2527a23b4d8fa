import { FailoverError } from "../infra/errors.ts";
import { type Figure, type FigureName, kinds, measured, notMeasured, type Runs } from "./figures.ts";
import { Absent, Unmeasurable } from "./measurement.ts";

/** What is measured so far. What cannot be measured does not keep the rest from it. */
export class Findings {
  readonly #figures = new Map<FigureName, Figure>();
  readonly #failed: FigureName[] = [];

  /** Figures that were tried and not got; what is optional and not here is none of them. */
  get failed(): readonly FigureName[] {
    return this.#failed;
  }

  add(runs: Runs): void {
    for (const [name, values] of Object.entries(runs) as [FigureName, number[]][]) {
      this.#figures.set(name, measured(name, values));
    }
  }

  leaveOut(names: readonly FigureName[], reason: string): void {
    for (const name of names) this.#figures.set(name, notMeasured(name, reason));
  }

  /** @throws FailoverError INTERRUPTED, and whatever is a defect */
  async take(names: readonly FigureName[], measure: () => Promise<Runs>): Promise<void> {
    try {
      this.add(await measure());
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === undefined) throw error;
      this.leaveOut(names, reason);
      if (!(error instanceof Absent)) this.#failed.push(...names);
    }
  }

  /** All figures, in the order of `kinds`. */
  inOrder(): Figure[] {
    const names = Object.keys(kinds) as FigureName[];
    return names.map((name) => this.#figures.get(name) ?? notMeasured(name, "the bench left it out"));
  }
}

/** @returns undefined for what ends the bench */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof Absent || error instanceof Unmeasurable) return error.message;
  if (error instanceof FailoverError && error.code !== "INTERRUPTED") return error.problems.join(" ");
  return undefined;
}
