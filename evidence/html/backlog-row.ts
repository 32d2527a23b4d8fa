import { marksOf } from "../../drill/marks.ts";
import type { JournalEntry } from "../../watch/journal.ts";
import { type Axis, percent } from "./axis.ts";
import { markup, type Markup } from "./markup.ts";
import { cells } from "./segments.ts";

const height = 20;

/** How many jobs wait, as steps, with the bound that they must come under; null where nobody counted. */
export function backlogRow(entries: readonly JournalEntry[], axis: Axis, y: number): Markup | null {
  const counts = marksOf(entries, "backlog").filter(({ atMs }) => atMs >= axis.fromMs && atMs <= axis.toMs);
  const [first] = counts;
  if (!first) return null;
  const most = Math.max(...counts.map(({ count }) => count));
  const cellOf = (ms: number) => Math.round(((ms - axis.fromMs) / (axis.toMs - axis.fromMs)) * cells);
  const heightOf = (count: number) => Number((32 - (count / Math.max(1, most)) * height).toFixed(1));
  const steps = counts.map(({ atMs, count }) => `H${cellOf(atMs)}V${heightOf(count)}`);
  const d = `M${cellOf(first.atMs)} 32${steps.join("")}H${cellOf(counts.at(-1)?.atMs ?? 0)}V32z`;
  const bound = heightOf(Math.min(most, first.bound));
  return markup`<text x="4" y="${y + 10}" text-anchor="start">jobs that wait: ${most} at most, bound ${first.bound}</text><svg y="${y}" width="${percent(axis.share)}" height="38" viewBox="0 0 ${cells} 38" preserveAspectRatio="none"><path class="waiting" d="${d}"/><path class="bound" d="M0 ${bound}h${cells}"/></svg>
`;
}
