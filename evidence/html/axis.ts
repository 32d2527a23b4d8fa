/**
 * Time from left to right. Places are percents of a picture's width: bars stretch with the page, and text keeps its
 * size.
 */
export interface Axis {
  fromMs: number;
  toMs: number;
  /** How much of the width it takes, 0 to 1; what is left stands for time that is left out. */
  share: number;
}

export function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}

/** 0 to 1, of the picture's whole width. */
export function place({ fromMs, toMs, share }: Axis, ms: number): number {
  return ((Math.min(Math.max(ms, fromMs), toMs) - fromMs) / (toMs - fromMs)) * share;
}

const steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400];
const mostTicks = 6;

/** Round moments, counted from `zeroMs`. */
export function ticksOf({ fromMs, toMs }: Axis, zeroMs: number): { atMs: number; seconds: number }[] {
  const step = steps.find((each) => (toMs - fromMs) / 1000 / each <= mostTicks) ?? 28_800;
  const first = Math.ceil((fromMs - zeroMs) / 1000 / step);
  const last = Math.floor((toMs - zeroMs) / 1000 / step);
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const seconds = (first + i) * step;
    return { atMs: zeroMs + seconds * 1000, seconds };
  });
}

/** Seconds at an axis: "0", "20 s", "5 min". */
export function tickText(seconds: number): string {
  if (seconds === 0) return "0";
  return Math.abs(seconds) >= 120 && seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

/** Width of a text in the pictures, at most: no letter of a usual face is wider on average. */
export function widthOf(text: string): number {
  return text.length * 6.6;
}

/** A picture's width in pixels: on the smallest screen that it is made for, and on one that has room. */
export const widths = { narrow: 320, wide: 640 };
