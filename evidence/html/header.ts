import type { Facts } from "../../drill/drill.ts";
import { realTime } from "../../drill/stage.ts";
import { renderCounts } from "../table.ts";
import { markup, list, type Markup, table } from "./markup.ts";
import { type Evidence, timingOf } from "./played.ts";

/** What ran and what was shortened: whoever reads a figure must be able to tell what it is of. */
export function header({ facts, judgements, stopped, doubts }: Evidence): Markup {
  return markup`<header>
<p class="kind">${facts.kind} on a local plant</p>
<h1>Disaster-recovery drill</h1>
<p class="lead">${judgements.length === 0 ? "Nothing was judged." : `${renderCounts(judgements)}.`}</p>
${
  stopped &&
  markup`<p class="notice"><b>Stopped in ${stopped.scenario}</b> (${stopped.reason}): it was not judged, and what follows it was not run.</p>
`
}${
    doubts.length > 0 &&
    markup`<div class="notice"><b>Something speaks against this evidence:</b><ul>${doubts.map((doubt) => markup`<li>${doubt}</li>`)}</ul></div>
`
  }${list([
    ["Begun", dateText(facts.startedAt)],
    ["Commit", markup`${facts.commit}, of the code and of the promises`],
    ["Engine", `pulumi ${facts.engine}, with ${pairs(facts.plugins)}`],
    ["Timing", shortened(facts)],
    [
      "Evidence",
      markup`<a href="#environment">what was not the real thing, versions, hashes of the journals</a>`,
    ],
  ])}</header>
`;
}

/** What the figures rest on. */
export function environment({ facts, journals }: Evidence): Markup {
  const { tools, plant, standIns } = facts;
  return markup`<section id="environment">
<h2>What ran</h2>
${list([
  ["Not the real thing", markup`<ul>${standIns.map((each) => markup`<li>${each}</li>`)}</ul>`],
  ["Plant", `${plant}, on one machine`],
  ["Versions", pairs(tools)],
])}${table({
    caption: "Journals that everything here is computed from",
    head: ["journal", "lines", "SHA-256"],
    rows: journals.map(({ file, lines, sha256 }) => [file, lines, markup`<code>${sha256}</code>`]),
    figures: [1],
  })}</section>
`;
}

function shortened(facts: Facts): string {
  const { ttlDivisor, refreshSeconds } = timingOf(facts);
  if (facts.realTime) return "Real time: nothing is shortened.";
  return `A rehearsal: DNS TTLs are divided by ${ttlDivisor}, and hosts read their settings every ${refreshSeconds} s in the place of ${realTime.refreshSeconds}; nothing else is shortened. What the local plant does faster than the cloud is put right in the projected figures.`;
}

function pairs(versions: Readonly<Record<string, string>>): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(" · ");
}

/** "2026-11-30 14:31:02 UTC". */
function dateText(iso: string): string {
  return `${iso.slice(0, 19).replace("T", " ")} UTC`;
}
