import { faults } from "../../drill/faults/index.ts";
import { allowedFailbackSeconds } from "../../drill/failback-verdict.ts";
import type { Ruling } from "../../drill/ruling.ts";
import { type Scenario, scenarios } from "../../drill/scenarios.ts";
import { clientClasses, workClasses } from "../../watch/journal.ts";
import { formatDuration } from "../duration.ts";
import { titleOf } from "../lines.ts";
import { dataOf } from "./data.ts";
import { markup, list, type Markup, type Piece, table } from "./markup.ts";
import { phaseNames, phasesOf } from "./phases.ts";
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
<p class="lead">${verdictWord(verdict)}${condition && ` if ${condition}`}${judgement.early && ", early"} · ${scenarios[scenario].system}</p>
${facts(played)}
<h4>What clients got</h4>
<figure>${strip(played)}<figcaption><span class="key good"></span> good <span class="key failed"></span> failed <span class="key late"></span> sent too late to count; seconds from the fault</figcaption></figure>
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
  const { scenario, promised, measured, rulings, timeToDecideSeconds } = judgement;
  const { faults: broken, topology, during }: Scenario = scenarios[scenario];
  const rows: (readonly [string, Piece] | null)[] = [
    during
      ? [
          "Before",
          `${during.topology} served, after: ${during.faults.map((name) => faults[name].what).join("; ")}`,
        ]
      : null,
    ["Fault", broken.map((name) => faults[name].what).join("; ")],
    [
      "RTO",
      rulingText(
        rulings.rto,
        `at most ${formatDuration(promised.rtoSeconds)} from ${promised.clock === "declared" ? "the switch" : "the first failed request"}`,
      ),
    ],
    rulings.rpo && ["RPO", rulingText(rulings.rpo, `at most ${formatDuration(promised.rpoSeconds ?? 0)}`)],
    rulings.data && ["Data", rulingText(rulings.data, "nothing but what RPO counts is wrong")],
    ["Way back", failbackText(judgement)],
    topology && timeToDecideSeconds !== null
      ? [
          "To decide",
          timeToDecideSeconds < 0
            ? "no time is left"
            : `${formatDuration(timeToDecideSeconds)} from the first failed request, detection and diagnosis included`,
        ]
      : null,
    measured.backlogSeconds === null
      ? null
      : ["Backlog", `under its bound ${formatDuration(measured.backlogSeconds)} after the switch`],
  ];
  return list(rows);
}

function rulingText({ verdict, reason, accepted }: Ruling, promise: string): Markup {
  return markup`${verdictWord(verdict)}: ${promise}${reason && ` — ${reason}`}${accepted && `; accepted until ${accepted.until}: ${accepted.reason}`}`;
}

function failbackText({ measured, failbackVerdict }: Played["judgement"]): Piece {
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
      markup`<span class="key ${name}"></span> ${i + 1} ${name} <small>${phaseNames[name]}</small>`,
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
    const what =
      name in clientClasses
        ? clientClasses[name as keyof typeof clientClasses]
        : workClasses[name as keyof typeof workClasses].what;
    return [
      markup`${name}${name === measured.judged && markup` <b>judged</b>`} <small>${what}</small>`,
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
  const why =
    clock === null
      ? "Service did not come back while the fault lasted: there is no way to recovery to cut into parts."
      : `No request of the judged class failed (0 ± ${measured.resolutionSeconds} s): there is nothing to cut into parts.`;
  return markup`<p>${why}</p>
`;
}
