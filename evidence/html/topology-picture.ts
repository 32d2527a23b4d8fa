import type { Axes } from "../../infra/topologies.ts";
import { markup, type Markup } from "./markup.ts";
import { type Box, boxes, busY, firewall, frames, type Place, size, type Way, ways } from "./topology-map.ts";
import { firewallText, labelsOf, placesOf, waysOf } from "./topology-ways.ts";

export interface Picture {
  axes: Axes;
  /** What it is compared with. */
  other: Axes;
  broken: readonly Place[];
  label: string;
}

/** Arrowheads of all pictures; stands once in a page. */
export const arrowheads = markup`<svg class="defs" width="0" height="0" aria-hidden="true"><defs>${["way", "moved", "gone"].map((kind) => markup`<marker id="${kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path class="${kind}-head" d="M0 0L8 4L0 8z"/></marker>`)}</defs></svg>
`;

/** A topology as a small map: what the other one has not is thick, what it has not is broken off. */
export function topologyPicture({ axes, other, broken, label }: Picture): Markup {
  const used = waysOf(axes);
  const before = waysOf(other);
  const there = placesOf(axes);
  const gone = before.filter((way) => !used.includes(way) && endsIn(there, way));
  const labels = labelsOf(axes);
  const wall = axes.bypass === other.bypass ? "" : "moved";
  return markup`<svg class="map" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${label}">
${frames.map((frame) => region(frame))}<path d="${busOf(used)}"/>${gone.map((way) => line(way, "gone"))}${used.map((way) => line(way, before.includes(way) ? "way" : "moved"))}
<g class="wall ${wall}">${rect(firewall)}${text(firewall, firewallText(axes))}</g>
${there.map((place) => node(place, { label: labels[place], kind: kindOf(place, { used, before, broken, changed: labels[place] !== labelsOf(other)[place] }) }))}</svg>
`;
}

/** From the leftmost to the rightmost way that begins or ends on it. */
function busOf(used: readonly Way[]): string {
  const meeting = used.filter((way) => way.split(" ").includes("data"));
  const xs = meeting.map((way) => Number(/^M(\d+)/.exec(ways[way])?.[1]));
  return `M${Math.min(...xs)} ${busY}H${Math.max(...xs)}`;
}

/** A box that is not shown has no way to it. */
function endsIn(there: readonly Place[], way: Way): boolean {
  const hidden = (Object.keys(boxes) as Place[]).filter((place) => !there.includes(place));
  return !hidden.some((place) => way.split(" ").includes(place));
}

interface Use {
  used: readonly Way[];
  before: readonly Way[];
  broken: readonly Place[];
  /** It says something else than in the other topology. */
  changed: boolean;
}

function kindOf(place: Place, { used, before, broken, changed }: Use): string {
  const reaches = (list: readonly Way[]) => list.some((way) => way.split(" ").includes(place));
  const kinds = [
    broken.includes(place) && "broken",
    !reaches(used) && "idle",
    (changed || (reaches(used) && !reaches(before))) && "moved",
  ];
  return kinds.filter(Boolean).join(" ");
}

function node(place: Place, { label, kind }: { label: string | undefined; kind: string }): Markup {
  const box: Box = boxes[place];
  const isWide = box.height > 26;
  const { x, y, width } = box;
  const cross = kind.includes("broken")
    ? markup`<path class="cross" d="M${x + width - 5} ${y - 5}l10 10m0-10l-10 10"/>`
    : null;
  const words = isWide
    ? markup`${text({ ...box, height: 22 }, box.label)}${text({ ...box, y: y + 15, height: 22 }, label ?? "")}`
    : text(box, label ?? box.label);
  return markup`<g${kind !== "" && markup` class="${kind}"`}>${rect(box)}${words}${cross}</g>
`;
}

function region(frame: Box): Markup {
  const { x, y, height, label } = frame;
  return markup`<rect class="region" x="${x}" y="${y}" width="${frame.width}" height="${height}"/><text class="quiet" x="${x + 8}" y="${y + height - 7}">${label}</text>
`;
}

function line(way: Way, kind: string): Markup {
  const head = way.endsWith(" data") ? null : markup` marker-end="url(#${kind})"`;
  return markup`<path class="${kind}"${head} d="${ways[way]}"/>`;
}

function rect({ x, y, width, height }: Box): Markup {
  return markup`<rect x="${x}" y="${y}" width="${width}" height="${height}"/>`;
}

function text({ x, y, width, height }: Box, what: string): Markup {
  return markup`<text x="${x + width / 2}" y="${y + height / 2 + 4}">${what}</text>`;
}
