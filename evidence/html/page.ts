import { readFileSync } from "node:fs";
import { join } from "node:path";
import { asWritten } from "../../drill/as-written.ts";
import { findMark } from "../../drill/marks.ts";
import { scenarios } from "../../drill/scenarios.ts";
import type { Judgement } from "../../drill/verdict.ts";
import { type SystemName, systems } from "../../infra/systems.ts";
import { environment, header } from "./header.ts";
import { markup, Markup } from "./markup.ts";
import { type Evidence, journalNameOf, type JournalFile, timingOf } from "./played.ts";
import { scenarioSection } from "./scenario.ts";
import { timeline } from "./timeline.ts";
import { arrowheads } from "./topology-picture.ts";
import { verdictTable } from "./verdict-table.ts";
import { words } from "./words.ts";

const style = readFileSync(join(import.meta.dirname, "report.css"), "utf8");

/** The whole report as one page that needs nothing else: no script, no font, no network. */
export function renderPage(evidence: Evidence): string {
  const { facts, judgements } = evidence;
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Disaster-recovery drill, ${facts.startedAt.slice(0, 10)}, ${facts.kind}</title>
<style>
${new Markup(style)}</style>
</head>
<body>
${arrowheads}<main>
${header(evidence)}${
    judgements.length > 0 &&
    markup`<section id="verdicts">
<h2>Verdicts</h2>
${reading()}${verdictTable(judgements, facts.ttlDivisor)}
</section>
`
  }${environment(evidence)}${judgements.length > 0 && words()}${inPlanOrder(judgements).map(
    ([system, own]) => markup`<h2>${system}</h2>
<blockquote>The plan: “${systems[system].plan}”</blockquote>
${own.map((judgement) => scenarioSection(playedOf(judgement, evidence)))}`,
  )}${notJudged(evidence)}${written(judgements)}</main>
</body>
</html>
`;
  return page.text;
}

function reading(): Markup {
  return markup`<p><b>Measured</b> is as run. <b>Projected</b> puts the cloud’s own figure in the place of each part that the local plant does faster; it is what is judged. <b>Promised</b> is the plan’s maximum, committed before the run. <b>To decide</b> is what is left of the promise between the first failed request and the start of the switch, detection and diagnosis included; it is the same slack that a condition (<i>kept if …</i>) spends, so not both can be used up.</p>
`;
}

function inPlanOrder(judgements: readonly Judgement[]): [SystemName, Judgement[]][] {
  return (Object.keys(systems) as SystemName[]).flatMap((system): [SystemName, Judgement[]][] => {
    const own = judgements.filter(({ scenario }) => scenarios[scenario].system === system);
    return own.length > 0 ? [[system, own]] : [];
  });
}

function playedOf(judgement: Judgement, { facts, journals }: Evidence) {
  return { judgement, journal: journalOf(judgement.scenario, journals), timing: timingOf(facts) };
}

/** A judgement without a journal is none. */
function journalOf(scenario: Judgement["scenario"], journals: readonly JournalFile[]): JournalFile {
  const found = journals.find(({ file }) => file === journalNameOf(scenario));
  if (!found) throw new Error(`there is no journal of ${scenario}`);
  return found;
}

function notJudged({ stopped, journals }: Evidence): Markup | null {
  if (!stopped) return null;
  const journal = journals.find(({ file }) => file === journalNameOf(stopped.scenario));
  return markup`<section id="${stopped.scenario}">
<h2>${stopped.scenario}: not judged</h2>
<p>The drill was stopped in it: ${stopped.reason}. What its journal holds up to then proves nothing.</p>
${journal && timeline(journal, findMark(journal.entries, "fault")?.atMs ?? 0)}</section>
`;
}

function written(judgements: readonly Judgement[]): Markup | null {
  const shown = asWritten.filter(({ beside }) => judgements.some(({ scenario }) => scenario === beside));
  if (shown.length === 0) return null;
  return markup`<section id="as-written">
<h2>As the plan is written</h2>
<p>What the plan’s own words come to by published figures alone. Nothing of it is run, so nothing of it is measured, and it counts in no verdict.</p>
<ul>${shown.map(
    ({
      what,
      source,
      beside,
    }) => markup`<li>${what}, beside <a href="#${beside}">${beside}</a>: ${source}</li>
`,
  )}</ul>
</section>
`;
}
