import { type FaultName, faults } from "../../drill/faults/index.ts";
import { allowedFailbackSeconds } from "../../drill/failback-verdict.ts";
import type { Ruling } from "../../drill/ruling.ts";
import type { Judgement } from "../../drill/verdict.ts";
import { type Scenario, scenarios } from "../../drill/scenarios.ts";
import { formatDuration } from "../duration.ts";
import { titleOf } from "../lines.ts";
import { dataOf } from "./data.ts";
import { markup, list, type Markup, type Piece, table } from "./markup.ts";
import { phasesOf } from "./phases.ts";
import { classesOf, momentsOf, type Played } from "./played.ts";
import { strip } from "./strip.ts";
import { timeline } from "./timeline.ts";
import { topologies } from "./topology.ts";
import { verdictWord } from "./verdict-words.ts";
import { waterfall } from "./waterfall.ts";

/** Everything that is known of one scenario that was judged. */
export function scenarioSection(played: Played): Markup {
  const { judgement, journal } = played;
  const { scenario, verdict, condition } = judgement;
  const data = dataOf(judgement);
  return markup`<section id="${scenario}">
<h3>${titleOf(scenario)}</h3>
<p class="lead">${verdictWord(verdict)}${condition && ` if ${condition}`}${judgement.early && ", early"}${judgement.accepted && `, accepted until ${judgement.accepted.until}`} · ${scenarios[scenario].system}</p>
${facts(played)}
<h4>What clients got</h4>
<figure>${strip(played)}<figcaption><span class="key good"></span> good <span class="key failed"></span> failed <span class="key late"></span> too late to count; seconds from the fault</figcaption></figure>
<div class="pair"><div>${phaseTable(played)}</div><div>${classTable(played)}</div></div>
<h4>Way to recovery</h4>
${waterfall(judgement) ?? withoutBars(played)}
<h4>Topology</h4>
${topologies(scenario)}
${
  data &&
  markup`<h4>Data</h4>
${data}`
}${timeline(journal, momentsOf(played).faultMs)}</section>
`;
}

function facts({ judgement }: Played): Markup {
  const { scenario, promised, measured, rulings } = judgement;
  const { faults: broken, during }: Scenario = scenarios[scenario];
  const what = (names: readonly FaultName[]) => names.map((name) => faults[name].what).join("; ");
  const from = promised.clock === "declared" ? "the switch" : "the first failed request";
  const atMost = (seconds: number) => `at most ${formatDuration(seconds)}`;
  return list([
    during ? ["Before", `${during.topology} served, after: ${what(during.faults)}`] : null,
    ["Fault", what(broken)],
    ["RTO", rulingText(rulings.rto, `${atMost(promised.rtoSeconds)} from ${from}`)],
    rulings.rpo && ["RPO", rulingText(rulings.rpo, atMost(promised.rpoSeconds ?? 0))],
    rulings.data && ["Data", rulingText(rulings.data, "nothing is wrong but what RPO counts")],
    ["Way back", failbackText(judgement)],
    ["To decide", decideText(judgement)],
    measured.backlogSeconds === null
      ? null
      : ["Backlog", `under its bound ${formatDuration(measured.backlogSeconds)} after the switch`],
  ]);
}

function decideText({ scenario, timeToDecideSeconds }: Judgement): string {
  const { topology, tries }: Scenario = scenarios[scenario];
  if (!topology) return tries ? "no switch helped" : "nobody has to act";
  if (timeToDecideSeconds === null) return "cannot be told";
  if (timeToDecideSeconds < 0) return "no time is left";
  return `${formatDuration(timeToDecideSeconds)} from the first failed request, detection and diagnosis included`;
}

function rulingText({ verdict, reason, accepted }: Ruling, promise: string): Markup {
  return markup`${verdictWord(verdict)}: ${promise}${reason && ` — ${reason}`}${accepted && `; accepted until ${accepted.until}: ${accepted.reason}`}`;
}

function failbackText({ measured, failbackVerdict }: Judgement): Piece {
  const { failback } = measured;
  if (!failback || !failbackVerdict) return "none";
  const { outageSeconds, seconds } = failback;
  return markup`${verdictWord(failbackVerdict)}: ${formatDuration(outageSeconds)} of failed samples in ${formatDuration(seconds)}, ${allowedFailbackSeconds(measured)} s allowed`;
}

function phaseTable(played: Played): Markup {
  const moments = momentsOf(played);
  const from = (ms: number) => `${((ms - moments.faultMs) / 1000).toFixed(1)} s`;
  return table({
    caption: "Phases, from the fault",
    head: ["phase", "begins", "lasts"],
    rows: phasesOf(moments).map(({ name, fromMs, toMs }, i) => [
      markup`<span class="key ${name}"></span> ${i + 1} ${name}`,
      from(fromMs),
      formatDuration((toMs - fromMs) / 1000),
    ]),
    figures: [1, 2],
  });
}

function classTable(played: Played): Markup {
  const { measured } = played.judgement;
  const rows = classesOf(played).map((name): Piece[] => {
    const figures = measured.classes[name];
    return [
      markup`${name}${name === measured.judged && markup` <b>judged</b>`}`,
      figures ? outText(figures.rtoOutageSeconds) : "–",
      figures?.failed ?? "–",
    ];
  });
  return table({
    caption: "Clients, while it was broken",
    head: ["class", "out for", "failed samples"],
    rows,
    figures: [1, 2],
  });
}

function outText(seconds: number | null): string {
  if (seconds === null) return "never came back";
  return seconds === 0 ? "never out" : formatDuration(seconds);
}

function withoutBars({ judgement: { measured, promised } }: Played): Markup {
  const clock = promised.clock === "declared" ? measured.rtoDeclaredSeconds : measured.rtoOutageSeconds;
  return markup`<p>There is nothing to cut into parts: ${whyNot(clock, measured)}.</p>
`;
}

function whyNot(
  clock: number | null,
  { rtoOutageSeconds, resolutionSeconds }: Judgement["measured"],
): string {
  if (clock === null) return "service did not come back while the fault lasted";
  if (rtoOutageSeconds === 0) return `no request of the judged class failed (0 ± ${resolutionSeconds} s)`;
  return "service was back before the switch began";
}
