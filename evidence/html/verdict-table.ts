import { type Scenario, scenarios } from "../../drill/scenarios.ts";
import type { Judgement } from "../../drill/verdict.ts";
import { type System, type SystemName, systems } from "../../infra/systems.ts";
import { notesOn, type Row, rowsOf } from "../table-rows.ts";
import { markup, type Markup } from "./markup.ts";
import { verdictWord } from "./verdict-words.ts";

const head = ["scenario", "promise", "promised", "measured", "projected", "to decide", "verdict"];
const columns = ["promise", "promised", "measured", "projected", "decide"] as const satisfies (keyof Row)[];

/** The table that a drill ends with. Measured, projected and promised never share a column. */
export function verdictTable(judgements: readonly Judgement[], ttlDivisor: number): Markup {
  const groups = Object.entries<System>(systems).flatMap(([name, system]) => {
    const own = judgements.filter(({ scenario }) => scenarios[scenario].system === name);
    return own.length > 0 ? [group(name as SystemName, { system, own, ttlDivisor })] : [];
  });
  return markup`<table class="verdicts">
<caption>Every promise that was put to the proof</caption>
<thead><tr>${head.map((name) => markup`<th scope="col">${name}</th>`)}</tr></thead>
${groups}</table>
${notes(judgements, ttlDivisor)}`;
}

interface Group {
  system: System;
  own: readonly Judgement[];
  ttlDivisor: number;
}

function group(name: SystemName, { system: { rto, rpo }, own, ttlDivisor }: Group): Markup {
  const promises = Object.entries({ RTO: rto, RPO: rpo }).flatMap(([what, promised]) =>
    promised ? [`${what} ${promised.minimumMinutes}–${promised.maximumMinutes} min`] : [],
  );
  return markup`<tbody>
<tr class="system"><th colspan="7" scope="rowgroup">${name} <small>${promises.join(", ")}</small></th></tr>
${own.map((judgement) => rowsOf(judgement, ttlDivisor).map((row, i) => line(row, i === 0 ? judgement.scenario : null)))}</tbody>
`;
}

/** Only a scenario's first line leads to its section. */
function line(row: Row, scenario: string | null): Markup {
  const name = scenario ? markup`<a href="#${scenario}">${row.scenario}</a>` : row.scenario;
  const first = row.scenario === "" ? markup`<td></td>` : markup`<th scope="row">${name}</th>`;
  return markup`<tr>${first}${columns.map((key) => markup`<td>${row[key]}</td>`)}<td>${verdictWord(row.of, row.verdict)}</td></tr>
`;
}

function notes(judgements: readonly Judgement[], ttlDivisor: number): Markup {
  return markup`<ul class="notes">
${notesOn(judgements, ttlDivisor).map(
  (note) =>
    markup`<li>${note}</li>
`,
)}${notDrilled(judgements)}</ul>
`;
}

/** A row of the plan that no scenario of this run is about is not proven by it. */
function notDrilled(judgements: readonly Judgement[]): Markup | null {
  const drilled = new Set<string>(
    judgements.map(({ scenario }): Scenario["system"] => scenarios[scenario].system),
  );
  const others = Object.keys(systems).filter((name) => !drilled.has(name));
  return others.length === 0
    ? null
    : markup`<li>Not drilled in this run, so neither kept nor missed: ${others.join(", ")}</li>
`;
}
