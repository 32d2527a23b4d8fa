import { type FaultName, faults } from "../../drill/faults/index.ts";
import { type Scenario, type ScenarioName, scenarios } from "../../drill/scenarios.ts";
import { axesOf } from "../../infra/compose.ts";
import { type Axes, normal } from "../../infra/topologies.ts";
import { markup, type Markup, table } from "./markup.ts";
import { brokenBy } from "./topology-map.ts";
import { topologyPicture } from "./topology-picture.ts";

/** The plant before the fault and with what was switched to, as maps and as a table of the axes that moved. */
export function topologies(name: ScenarioName): Markup {
  const { topology, tries, during, faults: broken }: Scenario = scenarios[name];
  const before = during?.topology ?? "normal";
  const after = topology ?? before;
  const [was, is] = [axesOf(before), axesOf(after)];
  const places = [...(during?.faults ?? []), ...broken].flatMap((fault) => brokenBy[fault]);
  const earlier = (during?.faults ?? []).flatMap((fault) => brokenBy[fault]);
  const outcome = topology
    ? markup`switched to <b>${topology}</b>`
    : markup`nothing was switched${tries && `: ${tries} was refused`}`;
  return markup`<div class="pair">
<figure><figcaption>Before the fault: <b>${before}</b></figcaption>
${topologyPicture({ axes: was, other: is, broken: earlier, label: `The plant in ${before}` })}</figure>
<figure><figcaption>With the fault: ${outcome}</figcaption>
${topologyPicture({ axes: is, other: was, broken: places, label: `The plant in ${after}, with what is broken` })}</figure>
</div>
${tableOf(was, is)}${outOfSight(broken)}`;
}

function tableOf(was: Axes, is: Axes): Markup {
  const axes = Object.keys(normal) as (keyof Axes)[];
  const moved = axes.filter((axis) => was[axis] !== is[axis]);
  const rest = axes.filter((axis) => was[axis] === is[axis]).map((axis) => `${axis} ${is[axis]}`);
  const others = markup`<p class="quiet">As before: ${rest.join(", ")}.</p>
`;
  if (moved.length === 0) return others;
  return markup`${table({
    caption: "Axes that moved",
    head: ["axis", "before", "after"],
    rows: moved.map((axis) => [axis, was[axis], is[axis]]),
  })}${others}`;
}

/** The maps have no place for everything that can break. */
function outOfSight(broken: readonly FaultName[]): Markup | null {
  const unseen = broken.filter((fault) => brokenBy[fault].length === 0);
  if (unseen.length === 0) return null;
  return markup`<p class="quiet">Not on the maps: ${unseen.map((fault) => faults[fault].what).join("; ")}.</p>
`;
}
