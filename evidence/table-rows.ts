import { type AsWritten, asWritten } from "../drill/as-written.ts";
import { listenerTtlSeconds } from "../drill/part-rules.ts";
import type { Ruling, Verdict } from "../drill/ruling.ts";
import { type Scenario, scenarios } from "../drill/scenarios.ts";
import type { Judgement } from "../drill/verdict.ts";
import { type System, systems } from "../infra/systems.ts";
import { clientTtlSeconds } from "../infra/topologies.ts";
import { formatDuration } from "./duration.ts";
import { titleOf } from "./lines.ts";

/** One line of the table: of one promise of a scenario, or what is wrong with its data. */
export interface Row {
  system: string;
  scenario: string;
  promise: "RTO" | "RPO" | "data";
  promised: string;
  measured: string;
  projected: string;
  decide: string;
  verdict: string;
  /** The word that its colour is of. */
  of: Verdict;
}

/** A scenario's lines; the plan's own words stand below the scenario that shows what was added to them. */
export function rowsOf(judgement: Judgement, ttlDivisor: number): Row[] {
  const { system }: Scenario = scenarios[judgement.scenario];
  const { rulings } = judgement;
  return [
    rtoRow(judgement, ttlDivisor),
    ...(rulings.rpo ? [rpoRow(judgement, rulings.rpo)] : []),
    ...(rulings.data && rulings.data.verdict !== "kept" ? [dataRow(rulings.data)] : []),
    ...asWritten.filter(({ beside }) => beside === judgement.scenario).flatMap(writtenRows),
  ].map((row) => ({ system, ...row }));
}

type OfScenario = Omit<Row, "system">;

/** What is the same in a further line is left out, and what does not apply is a dash. */
const further = { scenario: "", promised: "", measured: "", projected: "", decide: "" };

function rtoRow(judgement: Judgement, ttlDivisor: number): OfScenario {
  const { measured, projected, promised, scenario, rulings } = judgement;
  const clock = promised.clock === "declared" ? "rtoDeclaredSeconds" : "rtoOutageSeconds";
  const star = ttlDivisor > 1 && ttlsOf(judgement).length > 0 ? "*" : "";
  const { resolutionSeconds } = measured;
  return {
    scenario: titleOf(scenario),
    promise: "RTO",
    promised: `≤ ${formatDuration(promised.rtoSeconds)}`,
    measured: measured[clock] === null ? "–" : `${cell(measured[clock], resolutionSeconds)}${star}`,
    projected: cell(projected[clock], resolutionSeconds),
    decide: timeToDecide(judgement),
    verdict: rtoVerdict(judgement),
    of: rulings.rto.verdict,
  };
}

function rpoRow({ measured, projected, promised }: Judgement, ruling: Ruling): OfScenario {
  return {
    ...further,
    promise: "RPO",
    promised: `≤ ${formatDuration(promised.rpoSeconds ?? 0)}`,
    measured: lossCell(measured.rpoSeconds),
    projected: lossCell(projected.rpoSeconds),
    verdict: describe(ruling),
    of: ruling.verdict,
  };
}

function dataRow(ruling: Ruling): OfScenario {
  return { ...further, promise: "data", verdict: describe(ruling), of: ruling.verdict };
}

/** Nothing of it was run, so nothing is measured and nothing is kept. */
function writtenRows({ beside, what, rtoSeconds, rpoSeconds }: AsWritten): OfScenario[] {
  const { rto, rpo }: System = systems[scenarios[beside].system];
  const row = (promise: "RTO" | "RPO", seconds: number, minutes = 0): OfScenario => {
    const missed = seconds > minutes * 60;
    return {
      ...further,
      promise,
      promised: `≤ ${formatDuration(minutes * 60)}`,
      measured: "–",
      projected: formatDuration(seconds),
      verdict: `${missed ? "missed" : "unproven"} (published figure, not drilled)`,
      of: missed ? "missed" : "unproven",
    };
  };
  return [
    { ...row("RTO", rtoSeconds, rto?.maximumMinutes), scenario: what, decide: "none" },
    row("RPO", rpoSeconds, rpo?.maximumMinutes),
  ];
}

/** A row is lost or it is not, so zero is exact. */
function lossCell(seconds: number | null): string {
  if (seconds === null) return "–";
  return seconds === 0 ? "0 s" : formatDuration(seconds);
}

/** No failed sample is not the same as no outage: one may hide between two samples. */
function cell(seconds: number | null, resolutionSeconds: number): string {
  if (seconds === null) return "–";
  return seconds === 0 ? `0 ± ${resolutionSeconds} s` : formatDuration(seconds);
}

function timeToDecide({ scenario, timeToDecideSeconds }: Judgement): string {
  const { topology, tries }: Scenario = scenarios[scenario];
  if (!topology && !tries) return "nobody acts";
  if (timeToDecideSeconds === null) return "–";
  return timeToDecideSeconds < 0 ? "none" : formatDuration(timeToDecideSeconds);
}

function rtoVerdict({ rulings: { rto }, condition, early, failbackVerdict }: Judgement): string {
  const conditional = condition && rto.verdict === "kept" ? ` if ${condition}` : "";
  const failback =
    failbackVerdict === "kept" || failbackVerdict === null ? "" : `; failback ${failbackVerdict}`;
  return `${describe(rto)}${conditional}${early ? ", early" : ""}${failback}`;
}

function describe({ verdict, reason, accepted }: Ruling): string {
  if (accepted) return `${verdict} (accepted until ${accepted.until})`;
  return reason ? `${verdict} (${reason})` : verdict;
}

/** Parts that wait for a DNS answer, and its TTL for real: a rehearsal shortens it. */
const waitsForTtl: Readonly<Record<string, number>> = {
  "DNS answer expires": clientTtlSeconds.proxied,
  "listener's DNS answer expires": listenerTtlSeconds,
};

/** The TTLs, in seconds, that a scenario's clients had to wait for; none where it never came back. */
function ttlsOf({ parts, measured }: Judgement): number[] {
  if (measured.rtoOutageSeconds === null) return [];
  return parts.flatMap(({ name }) => waitsForTtl[name] ?? []);
}

/** What the table's marks and words mean, as far as this table uses them. */
export function notesOn(judgements: readonly Judgement[], ttlDivisor: number): string[] {
  const ttls = ttlDivisor > 1 ? [...new Set(judgements.flatMap((judgement) => ttlsOf(judgement)))] : [];
  const shortened = ttls.map((ttl) => `${Math.max(1, ttl / ttlDivisor)} s here, ${ttl} s for real`);
  return [
    ...(shortened.length > 0 ? [`* touches a shortened TTL: ${shortened.join("; ")}`] : []),
    ...(judgements.some(({ early }) => early) ? ["early: under the minimum of the promise"] : []),
    ...judgements.flatMap(({ scenario, accepted }) =>
      accepted ? [`${scenario}: accepted, ${accepted.reason}`] : [],
    ),
  ];
}
