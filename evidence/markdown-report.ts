import { allowedFailbackSeconds } from "../drill/failback-verdict.ts";
import { scenarios } from "../drill/scenarios.ts";
import type { Judgement } from "../drill/verdict.ts";
import { formatDuration } from "./duration.ts";
import { barsOf } from "./html/waterfall-rows.ts";
import { phasesOf } from "./html/phases.ts";
import { type Evidence, journalNameOf, momentsOf, timingOf } from "./html/played.ts";
import { discardedLines, dataLines } from "./data-lines.ts";
import { titleOf } from "./lines.ts";
import { code, collapsed, fenced, plain, table } from "./markdown.ts";
import { renderCounts, renderTable } from "./table.ts";

/** The report for a job's summary or a pull request: the verdicts first, everything else closed until it is wanted. */
export function renderMarkdown(evidence: Evidence): string {
  const { facts, judgements, stopped, doubts } = evidence;
  const blocks = [
    `# Disaster-recovery drill: ${facts.kind} on a local plant`,
    judgements.length === 0 ? "Nothing was judged." : `**${renderCounts(judgements)}**`,
    ...(stopped
      ? [
          `**Stopped in ${code(stopped.scenario)}** (${stopped.reason}): it was not judged, and what follows it was not run.`,
        ]
      : []),
    ...(doubts.length > 0
      ? [
          `**Something speaks against this evidence:**\n\n${doubts.map((doubt) => `- ${plain(doubt)}`).join("\n")}`,
        ]
      : []),
    ...(judgements.length > 0
      ? [fenced(renderTable(judgements, { ttlDivisor: facts.ttlDivisor }).split("\n"), "text")]
      : []),
    ranOn(evidence),
    ...judgements.map((judgement) =>
      collapsed(plain(titleOf(judgement.scenario)), detailsOf(judgement, evidence)),
    ),
    collapsed("Journals", journalTable(evidence)),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function ranOn({ facts }: Evidence): string {
  const { refreshSeconds } = timingOf(facts);
  const plugins = Object.entries(facts.plugins).map(([name, kind]) => `${name} ${kind}`);
  const rehearsal = `rehearsal: DNS TTLs ÷ ${facts.ttlDivisor}, hosts read their settings every ${refreshSeconds} s; nothing else is shortened`;
  return table(
    ["what", "of this run"],
    [
      ["begun", facts.startedAt],
      ["commit of code and promises", code(facts.commit)],
      ["engine, plugins", plain([`pulumi ${facts.engine}`, ...plugins].join(" · "))],
      ["timing", facts.realTime ? "real time: nothing is shortened" : rehearsal],
      ["not the real thing", plain(facts.standIns.join("; "))],
    ],
  );
}

function detailsOf(judgement: Judgement, { facts, journals }: Evidence): string {
  const { scenario, measured, failbackVerdict } = judgement;
  const journal = journals.find(({ file }) => file === journalNameOf(scenario));
  const { failback } = measured;
  const back = failback
    ? `Way back ${failbackVerdict}: ${formatDuration(failback.outageSeconds)} of failed samples in ${formatDuration(failback.seconds)}, ${allowedFailbackSeconds(measured)} s allowed.`
    : "No way back.";
  const lines = [...dataLines(measured), ...discardedLines(measured), ...(measured.ledger?.corruption ?? [])];
  return [
    `${verdictOf(judgement)} · ${plain(scenarios[scenario].system)}`,
    ...(journal ? [phaseTable({ judgement, journal, timing: timingOf(facts) })] : []),
    classTable(judgement),
    ...partTable(judgement),
    ...(lines.length > 0 ? [lines.map((line) => `- ${plain(line)}`).join("\n")] : []),
    back,
  ].join("\n\n");
}

function verdictOf({ verdict, reason, condition, early, accepted }: Judgement): string {
  const text = [
    verdict,
    condition ? ` if ${condition}` : "",
    reason ? `: ${reason}` : "",
    early ? ", early" : "",
    accepted ? `, accepted until ${accepted.until}: ${accepted.reason}` : "",
  ].join("");
  return plain(text).replace(verdict, "**$&**");
}

function phaseTable(played: Parameters<typeof momentsOf>[0]): string {
  const moments = momentsOf(played);
  const rows = phasesOf(moments).map(({ name, fromMs, toMs }) => [
    name,
    `${((fromMs - moments.faultMs) / 1000).toFixed(1)} s`,
    formatDuration((toMs - fromMs) / 1000),
  ]);
  return table(["phase", "begins, from the fault", "lasts"], rows);
}

function classTable({ measured }: Judgement): string {
  const rows = Object.entries(measured.classes).map(([name, { rtoOutageSeconds, failed }]) => [
    name === measured.judged ? `**${name}** (judged)` : name,
    rtoOutageSeconds === null ? "never came back" : formatDuration(rtoOutageSeconds),
    String(failed),
  ]);
  return table(["clients", "out for", "failed samples"], rows);
}

function partTable(judgement: Judgement): string[] {
  const bars = barsOf(judgement);
  if (bars.length === 0) return [];
  const figure = (seconds: number | null) => (seconds === null ? "no figure" : formatDuration(seconds));
  const rows = bars.map(({ name, measuredSeconds, projectedSeconds, basis, source }) => [
    plain(name),
    figure(measuredSeconds),
    figure(projectedSeconds),
    plain(`${basis}: ${source}`),
  ]);
  return [table(["part", "measured", "projected", "figure of"], rows)];
}

function journalTable({ journals }: Evidence): string {
  const rows = journals.map(({ file, lines, sha256 }) => [code(file), String(lines), code(sha256)]);
  return table(["journal", "lines", "SHA-256"], rows);
}
