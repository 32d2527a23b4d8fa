import { normal } from "../infra/topologies.ts";
import type { Journal, Sample, SampleClass } from "../watch/journal.ts";

/** Samples of one class, in the order in which they were answered. */
export function samplesOf(journal: Journal, name: SampleClass = "fresh"): Sample[] {
  return journal.entries.filter((entry): entry is Sample => entry.kind === "sample" && entry.class === name);
}

/** Through everything that serves while nothing is broken. */
export function tookNormalWay({ good, via, server }: Sample): boolean {
  return good && via?.at(-1) === normal.origin && server === "api-main";
}

/** Two failures in a row: the first of them alone may be chance. */
export function doubleFailure(samples: readonly Sample[]): boolean {
  return samples.some(({ good }, i) => !good && samples[i + 1]?.good === false);
}
