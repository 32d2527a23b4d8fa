import type { Judgement } from "../../drill/verdict.ts";
import { formatDuration } from "../duration.ts";
import { percent } from "./axis.ts";
import { markup, type Markup, type Piece, table } from "./markup.ts";
import { type Bar, barsOf } from "./waterfall-rows.ts";

const rowHeight = 30;
const barHeight = 10;

/** The parts of the way to recovery, measured and projected each on an axis of its own, and the same as a table. */
export function waterfall(judgement: Judgement): Markup | null {
  const bars = barsOf(judgement);
  if (bars.length === 0) return null;
  const { scenario } = judgement;
  return markup`<div class="pair">
<figure><figcaption><b>Measured</b>, as run</figcaption>
${picture(rowsOf(bars, "measuredSeconds"), { label: `Parts of the recovery in ${scenario}, as measured` })}</figure>
<figure><figcaption><b>Projected</b>, by the cloud's figures${hasAssumed(bars) && markup`; <span class="key assumed"></span> assumed`}</figcaption>
${picture(rowsOf(bars, "projectedSeconds"), { label: `Parts of the recovery in ${scenario}, as projected`, promiseSeconds: judgement.promised.rtoSeconds })}</figure>
</div>
${tableOf(bars, judgement)}`;
}

interface Row {
  name: string;
  fromSeconds: number;
  seconds: number | null;
  kind: string;
}

/** Each bar begins where the one before it ended. */
function rowsOf(bars: readonly Bar[], key: "measuredSeconds" | "projectedSeconds"): Row[] {
  let fromSeconds = 0;
  const rows = bars.map((part) => {
    const kind = key === "measuredSeconds" ? "as-run" : part.basis.replace(" ", "-");
    const row = { name: part.name, fromSeconds, seconds: part[key], kind };
    fromSeconds += part[key] ?? 0;
    return row;
  });
  const isKnown = rows.every(({ seconds }) => seconds !== null);
  return [...rows, { name: "together", fromSeconds: 0, seconds: isKnown ? fromSeconds : null, kind: "sum" }];
}

interface Frame {
  label: string;
  promiseSeconds?: number;
}

function picture(rows: readonly Row[], { label, promiseSeconds }: Frame): Markup {
  const total = Math.max(...rows.map(({ fromSeconds, seconds }) => fromSeconds + (seconds ?? 0)));
  const left = promiseSeconds === undefined ? 0 : promiseSeconds - total;
  const slack: Row[] =
    left > 0 ? [{ name: "left to decide", fromSeconds: total, seconds: left, kind: "left" }] : [];
  const drawn = [...rows, ...slack];
  const scale = Math.max(total, promiseSeconds ?? 0, 0.001);
  const height = drawn.length * rowHeight;
  return markup`<svg class="waterfall" height="${height + (promiseSeconds === undefined ? 0 : 20)}" role="img" aria-label="${label}; the table below has the same figures.">
${promiseSeconds !== undefined && promiseLine(promiseSeconds, scale, height)}${drawn.map((row, i) => bar(row, scale, i * rowHeight))}</svg>
`;
}

function bar({ name, fromSeconds, seconds, kind }: Row, scale: number, y: number): Markup {
  const width = Math.max((seconds ?? 0) / scale, 0.004);
  const from = Math.min(fromSeconds / scale, 1 - width);
  return markup`<text y="${y + 12}">${name} <tspan class="strong">${figure(seconds)}</tspan></text><rect class="${kind}" x="${percent(from)}" y="${y + 16}" width="${percent(width)}" height="${barHeight}"/>
`;
}

function promiseLine(seconds: number, scale: number, height: number): Markup {
  const share = seconds / scale;
  const x = percent(share);
  const anchor = share > 0.5 ? "end" : "start";
  return markup`<line class="promise" x1="${x}" x2="${x}" y1="0" y2="${height + 4}"/><text class="promise" x="${x}" y="${height + 16}" text-anchor="${anchor}">promise: at most ${formatDuration(seconds)}</text>
`;
}

function tableOf(bars: readonly Bar[], { promised, measured, projected }: Judgement): Markup {
  const clock = promised.clock === "declared" ? "rtoDeclaredSeconds" : "rtoOutageSeconds";
  const rows = bars.map((each): Piece[] => [
    markup`${each.name} <small><b>${each.basis}</b>: ${each.source}</small>`,
    figure(each.measuredSeconds),
    figure(each.projectedSeconds),
  ]);
  const sum = markup`together <small>promised: at most ${formatDuration(promised.rtoSeconds)}</small>`;
  return table({
    caption: "Parts of the recovery",
    head: ["part, and where its projected figure is from", "measured", "projected"],
    rows: [...rows, [sum, figure(measured[clock]), figure(projected[clock])]],
    figures: [1, 2],
  });
}

function hasAssumed(bars: readonly Bar[]): boolean {
  return bars.some(({ basis }) => basis === "assumed");
}

function figure(seconds: number | null): string {
  return seconds === null ? "no figure" : formatDuration(seconds);
}
