import { type Figure, isOver } from "./figures.ts";

const columns = ["figure", "unit", "min", "median", "max", "runs", "target", ""] as const;

/** Columns of words; the others hold numbers. */
const wordColumns = [0, 1, 6, 7];

/** The table a bench ends with; a figure that is missing says why, in place of its numbers. */
export function renderTable(figures: readonly Figure[]): string {
  const rows = [[...columns], ...figures.map((figure) => cells(figure))];
  const widths = columns.map((_, c) => Math.max(...rows.map((row) => row[c]?.length ?? 0)));
  const align = (cell: string, c: number): string =>
    wordColumns.includes(c) ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0);
  const line = (row: readonly string[], i: number): string => {
    const reason = figures[i - 1]?.notMeasured;
    return [...row.map((cell, c) => align(cell, c)), ...(reason ? [`not measured: ${reason}`] : [])]
      .join("  ")
      .trimEnd();
  };
  return rows.map((row, i) => line(row, i)).join("\n");
}

function cells(figure: Figure): string[] {
  const { name, unit, runs, min, median, max, target } = figure;
  if (figure.notMeasured !== null) return [name];
  const numbers = [min, median, max].map((value) => formatValue(value ?? Number.NaN));
  const judged = target === null ? [] : [`≤ ${target}`, isOver(figure) ? "over" : "ok"];
  return [name, unit, ...numbers, String(runs.length), ...judged];
}

/** About three digits: more would be noise, fewer would hide the floor's milliseconds. */
export function formatValue(value: number): string {
  const steps = [
    { from: 100, digits: 0 },
    { from: 10, digits: 1 },
    { from: 0.1, digits: 2 },
  ];
  return value.toFixed(steps.find(({ from }) => value >= from)?.digits ?? 3);
}
