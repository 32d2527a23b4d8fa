import type { Facts } from "../../drill/drill.ts";
import { realTime } from "../../drill/stage.ts";
import { renderCounts } from "../table.ts";
import { html, type Markup, type Piece, table } from "./markup.ts";
import { type Evidence, timingOf } from "./played.ts";

/** What ran, on what, and what was shortened: whoever reads a figure must be able to tell what it is of. */
export function header(evidence: Evidence): Markup {
  const { facts, judgements, stopped } = evidence;
  const { doubts } = evidence;
  return html`<header>
<p class="kind">${facts.kind} on a local plant</p>
<h1>Disaster-recovery drill</h1>
<p class="lead">${judgements.length === 0 ? "Nothing was judged." : `${renderCounts(judgements)}.`} Begun ${dateText(facts.startedAt)}, code and promises of commit <b>${facts.commit}</b>.</p>
${stopped && html`<p class="notice"><b>Stopped in ${stopped.scenario}</b> (${stopped.reason}): it was not judged, and what follows it was not run.</p>
`}${doubts.length > 0 && html`<div class="notice"><b>Something speaks against this evidence:</b><ul>${doubts.map((doubt) => html`<li>${doubt}</li>`)}</ul></div>
`}<p class="notice quiet">${shortened(facts)}</p>
</header>
`;
}

/** What each figure rests on; at the end, where nobody has to read past it. */
export function environment({ facts, journals }: Evidence): Markup {
  const { engine, plugins, tools, plant, standIns } = facts;
  const rows: (readonly [string, Piece])[] = [
    ["Engine", `pulumi ${engine}`],
    ["Plugins", pairs(plugins)],
    ["Tools", pairs(tools)],
    ["Plant", plant],
    ["Not the real thing", html`<ul>${standIns.map((each) => html`<li>${each}</li>`)}</ul>`],
  ];
  return html`<section id="environment">
<h2>What ran</h2>
<dl>${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>
`)}</dl>
${table({
  caption: "Journals that everything above is computed from",
  head: ["journal", "lines", "SHA-256"],
  rows: journals.map(({ file, lines, sha256 }) => [file, lines, html`<code>${sha256}</code>`]),
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
