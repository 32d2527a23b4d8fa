import type { Finding } from "../../engine/guard-finding.ts";
import { project } from "../../infra/config.ts";
import type { Axes } from "../../infra/topologies.ts";
import { formatDuration } from "../duration.ts";
import { differenceLines, planLines } from "./details.ts";
import { fit, type Section } from "./fit.ts";
import { pictureOf } from "./picture.ts";
import {
  findingsOf,
  isChanged,
  type PreviewReport,
  stateOf,
  type TopologyPreview,
  type Version,
} from "./report.ts";
import { tableOf, unchangedOf } from "./table.ts";
import { capital, code, collapsed, count, fenced, plain } from "../markdown.ts";
import { verdictOf } from "./verdict.ts";

/** By this a comment is found again and updated in place. It is the first line, and nobody sees it. */
export const marker = `<!-- failover-stacks:${project}:preview -->`;

/** GitHub takes no comment of more characters. */
export const commentLimit = 65_535;

export interface MarkdownOptions {
  /** Bytes, and so characters; what is too much is left out, with its count and where it is. */
  limit: number;
  /** Path of the whole text. */
  fullText: string;
}

/** So many lines and findings, at most, in a comment, and so many where even they are too many. */
const most = { lines: [100, 15, 0], findings: [20, 5] };

/** A pull request's comment. A pure function of what was found out. */
export function renderPreview(report: PreviewReport, options: MarkdownOptions): string {
  const told: Section[] = [[marker], [verdictOf(report)]];
  if (report.irrelevant)
    return fit([...told, ...irrelevantOf(report, options), [footer(report)]], options.limit);
  const changed = report.topologies.filter((topology) => isChanged(topology));
  const sections: Section[] = [
    ...told,
    [tableOf(report), shortTable(report, options)],
    findingsSection(findingsOf(report), options),
    ...changed.flatMap((topology) => topologySections(topology, report.normal, options)),
    ...mergingSections(report, options),
    [unchangedOf(report), ""],
    [report.notes.map((note) => `- ${plain(note)}`).join("\n")],
    [footer(report)],
  ];
  return fit(sections, options.limit);
}

/** A comment for a change that could not be previewed at all. */
export function renderRefusal(message: string): string {
  const [code_ = "", ...lines] = message.split("\n");
  const text = `**Not previewed: ${plain(code_)}.** Nothing is known about what merging does to disaster recovery.`;
  return fit([[marker], [text], [fenced(lines, "text"), fenced(lines.slice(0, 20), "text")]], commentLimit);
}

function shortTable({ topologies }: PreviewReport, { fullText }: MarkdownOptions): string {
  return `${count(topologies.length, "topology")}; the table is in ${code(fullText)}.`;
}

/** A file holds everything; whoever opens a comment wants to see its end. */
function formsOf(counts: readonly number[], limit: number, form: (n: number) => string): Section {
  const [first = 0, ...shorter] = Number.isFinite(limit) ? counts : [Number.POSITIVE_INFINITY];
  return [form(first), ...shorter.map((n) => form(n))];
}

function findingsSection(findings: readonly Finding[], { fullText, limit }: MarkdownOptions): Section {
  if (findings.length === 0) return [""];
  return formsOf(most.findings, limit, (n) => {
    const lines = findings.slice(0, n).map((finding) => findingLine(finding));
    const left = findings.length - lines.length;
    const rest = left > 0 ? [`- … ${count(left, "more finding")}: ${code(fullText)}`] : [];
    return [...lines, ...rest].join("\n");
  });
}

function findingLine({ severity, what, why, next }: Finding): string {
  return `- **${severity}** ${plain(what)}. ${plain(capital(why))}. Next: ${plain(next)}.`;
}

function topologySections(
  topology: TopologyPreview,
  normal: PreviewReport["normal"],
  options: MarkdownOptions,
): Section[] {
  const { name, base, head } = topology;
  const lines = differenceLines(base?.plan ?? null, head?.plan ?? null, widthOf(options));
  const title = `### ${code(name)}: ${stateOf(topology)}`;
  const axes = head ? `${describeAxes(head.figures.axes, normal.head)}.` : "It is gone.";
  const purpose = head && !base ? ` ${purposeOf(head)}` : "";
  const was =
    base && head && JSON.stringify(base.figures.axes) !== JSON.stringify(head.figures.axes)
      ? ` Before: ${describeAxes(base.figures.axes, normal.base)}.`
      : "";
  const picture = pictureOf(topology, normal.head);
  const text = `${title}\n\n${axes}${was}${purpose}`;
  return [
    picture ? [`${text}\n\n${picture}`, text] : [text],
    detailsOf(`what the switch to ${code2(name)} does after merging`, { lines, language: "diff" }, options),
  ];
}

/** Of a topology that nobody has seen before. */
function purposeOf({ figures: { recovers, because }, budget }: Version): string {
  const judged = budget ? `scenario ${code(budget.scenario)} judges it` : "no scenario judges it";
  return `It recovers ${plain(recovers)}: ${plain(because)} ${capital(judged)}.`;
}

function mergingSections({ merging }: PreviewReport, options: MarkdownOptions): Section[] {
  return merging.flatMap(({ stack, plan }) => {
    const lines = plan ? planLines(plan, widthOf(options)) : [];
    if (lines.length === 0) return [];
    const summary = `what merging does to stack ${stack}: ${count(lines.length, "resource")}`;
    return [detailsOf(summary, { lines, language: "text" }, options)];
  });
}

/** All lines, some of them, or their number and where they are. */
function detailsOf(
  summary: string,
  { lines, language }: { lines: readonly string[]; language: string },
  { fullText, limit }: MarkdownOptions,
): Section {
  if (lines.length === 0) return [""];
  return formsOf(most.lines, limit, (n) => {
    const left = lines.length - Math.min(n, lines.length);
    const rest = left > 0 ? `… ${count(left, "more line")}: ${code(fullText)}` : "";
    const shown = n > 0 ? fenced(lines.slice(0, n), language) : "";
    return collapsed(summary, [shown, rest].filter((text) => text !== "").join("\n\n"));
  });
}

/** In a summary there is HTML and no Markdown. */
function code2(name: string): string {
  return `<code>${name.replaceAll(/[^\w+.-]/g, "")}</code>`;
}

function widthOf({ limit }: MarkdownOptions): number {
  return Number.isFinite(limit) ? 240 : 4000;
}

function describeAxes(axes: Axes, normal: Axes): string {
  const names = Object.keys(axes) as (keyof Axes)[];
  const moved = names
    .filter((axis) => axes[axis] !== normal[axis])
    .map((axis) => `${plain(axis)} ${plain(axes[axis])}`);
  return moved.length > 0 ? `Other than in normal: ${moved.join(", ")}` : "As in normal";
}

function irrelevantOf({ irrelevant }: PreviewReport, options: MarkdownOptions): Section[] {
  return [detailsOf("the files", { lines: irrelevant ?? [], language: "text" }, options)];
}

function footer({ base, head, engine, seconds }: PreviewReport): string {
  const compared = `Base ${code(base.commit.slice(0, 7))} (${plain(base.ref)}), head ${code(head)}, ${formatDuration(seconds)}`;
  if (engine === null) return `<sub>${compared}.</sub>`;
  return `<sub>${compared}, on a local cloud of stand-ins: ${plain(engine)}. It shows what the engine would do, not what Azure and Cloudflare answer. Guard: what the plan of the engine would do and must not. RTO budget: what the cloud takes of a switch from normal at most, of the plan's promise; next switch: for how long clients of that topology keep its DNS answer (docs/preview.md).</sub>`;
}
