import { ruleOfClass } from "../../drill/judged.ts";
import type { SampleClass } from "../../watch/journal.ts";
import { formatDuration } from "../duration.ts";
import { type Axis, percent, place, tickText, ticksOf, widthOf, widths } from "./axis.ts";
import { backlogRow } from "./backlog-row.ts";
import { markup, type Markup } from "./markup.ts";
import { type Phase, phasesOf } from "./phases.ts";
import { classesOf, type Moments, momentsOf, type Played, samplesOf } from "./played.ts";
import { cells, pathsOf, segmentsOf } from "./segments.ts";

/** Of the fault, so much is shown of what was before it. */
const leadMs = 3000;
/** A promise further away than so many times the run is shown behind a gap. */
const mostStretch = 3;
/** Of the width, where there is a gap. */
const shareBeforeGap = 0.88;
const top = { promise: 13, track: 22, trackHeight: 20, rows: 52 };
const rowHeight = 38;

/** What each class of clients got, over the phases of the scenario, and the promise as a line. */
export function strip(played: Played): Markup {
  const { judgement } = played;
  const moments = momentsOf(played);
  const { axis, promiseMs } = axisOf(played, moments);
  const names = classesOf(played);
  const backlog = backlogRow(played.journal.entries, axis, top.rows + names.length * rowHeight);
  const bottom = top.rows + (names.length + (backlog ? 1 : 0)) * rowHeight;
  return markup`<svg class="strip" height="${bottom + 20}" role="img" aria-label="What each class of clients got in ${judgement.scenario}, over its phases. The tables that follow have the figures.">
${phasesOf(moments).map((phase, i) => band(phase, { axis, bottom, number: i + 1 }))}${ticks(axis, { bottom, zeroMs: moments.faultMs })}${promiseLine({ axis, promiseMs, bottom }, judgement.promised)}${names.map((name, i) => row(played, { name, axis, y: top.rows + i * rowHeight }))}${backlog}</svg>
`;
}

function axisOf(
  { judgement: { promised }, journal: { entries } }: Played,
  moments: Moments,
): { axis: Axis; promiseMs: number } {
  const first = entries.find((entry) => entry.kind === "sample")?.sentMs ?? moments.faultMs;
  const fromMs = Math.max(first, moments.faultMs - leadMs);
  const begin = promised.clock === "declared" ? moments.switchMs : moments.firstFailedMs;
  const promiseMs = (begin ?? moments.firstFailedMs ?? moments.faultMs) + promised.rtoSeconds * 1000;
  const isNear = promiseMs - fromMs <= (moments.endMs - fromMs) * mostStretch;
  const toMs = Math.max(moments.endMs, isNear ? promiseMs : 0, fromMs + 1000);
  return { axis: { fromMs, toMs, share: isNear ? 1 : shareBeforeGap }, promiseMs };
}

interface Placed {
  axis: Axis;
  bottom: number;
}

/** A phase's name where it has room, else its number in the table. */
function band({ name, fromMs, toMs }: Phase, { axis, bottom, number }: Placed & { number: number }): Markup {
  const from = place(axis, fromMs);
  const share = place(axis, toMs) - from;
  const [x, width] = [percent(from), percent(share)];
  const fits = (text: string, wide: number) => widthOf(text) + 6 <= share * wide;
  const long = `${number} ${name}`;
  const text = (what: string, kind: string) =>
    markup`<text${kind !== "" && markup` class="${kind}"`} x="${percent(from + share / 2)}" y="${top.track + 14}">${what}</text>`;
  const short = fits(String(number), widths.narrow)
    ? text(String(number), fits(long, widths.wide) ? "narrow" : "")
    : fits(String(number), widths.wide) && text(String(number), "wide");
  const label = fits(long, widths.narrow)
    ? text(long, "")
    : [fits(long, widths.wide) && text(long, "wide"), short];
  return markup`<rect class="band ${name}" x="${x}" y="${top.track}" width="${width}" height="${bottom - top.track}"/><rect class="track ${name}" x="${x}" y="${top.track}" width="${width}" height="${top.trackHeight}"/>${label}
`;
}

function ticks(axis: Axis, { bottom, zeroMs }: { bottom: number; zeroMs: number }): Markup[] {
  return ticksOf(axis, zeroMs).map(({ atMs, seconds }) => {
    const at = place(axis, atMs);
    const anchor = at < 0.03 ? "start" : at > 0.97 ? "end" : null;
    return markup`<line class="tick" x1="${percent(at)}" x2="${percent(at)}" y1="${top.rows - 6}" y2="${bottom}"/><text class="quiet" x="${percent(at)}" y="${bottom + 15}"${anchor && markup` text-anchor="${anchor}"`}>${tickText(seconds)}</text>
`;
  });
}

/** Behind the gap where the promise is much longer than the run. */
function promiseLine(
  { axis, promiseMs, bottom }: Placed & { promiseMs: number },
  { rtoSeconds, clock }: Played["judgement"]["promised"],
): Markup {
  const isNear = axis.share === 1;
  const x = percent(isNear ? place(axis, promiseMs) : 0.985);
  const since = clock === "declared" ? "the switch" : "the first failure";
  const gap = percent(shareBeforeGap + 0.05);
  return markup`${!isNear && markup`<text class="quiet" x="${gap}" y="${bottom + 15}">…</text><line class="gap" x1="${percent(shareBeforeGap)}" x2="98.5%" y1="${bottom - 4}" y2="${bottom - 4}"/>`}<line class="promise" x1="${x}" x2="${x}" y1="${top.promise + 4}" y2="${bottom}"/><text class="promise" x="100%" y="${top.promise}" text-anchor="end">promise: at most ${formatDuration(rtoSeconds)} from ${since}</text>
`;
}

function row(played: Played, { name, axis, y }: { name: SampleClass; axis: Axis; y: number }): Markup {
  const { judgement, journal, timing } = played;
  const { periodMs } = ruleOfClass(name, timing.rule);
  const segments = segmentsOf(samplesOf(journal.entries, name), axis, periodMs);
  const paths = pathsOf(segments).map(([state, d]) => markup`<path class="${state}" d="${d}"/>`);
  return markup`<text x="4" y="${y + 10}" text-anchor="start">${name}${name === judgement.measured.judged && markup`, <tspan class="strong">judged</tspan>`}</text><svg y="${y + 16}" width="${percent(axis.share)}" height="16" viewBox="0 -16 ${cells} 16" preserveAspectRatio="none">${paths}</svg>
`;
}
