import type { Promised } from "../../infra/systems.ts";
import { formatDuration } from "../duration.ts";
import { exitCodeOfPromises, isBroken, type Proof, type PromiseReport } from "./promises.ts";
import type { Bound } from "./figures.ts";

/** What the linter found, as a person reads it: a block for each promise, then what is true of all of them. */
export function renderPromises(report: PromiseReport): string {
  const blocks = report.proofs.map((proof) => blockOf(proof, report).join("\n"));
  return [...blocks, standing(report).join("\n"), conclusion(report).join("\n")].join("\n\n");
}

function blockOf(proof: Proof, report: PromiseReport): string[] {
  const { bounds, totalSeconds, maximumSeconds } = proof;
  const sum =
    totalSeconds === null || bounds.length === 0
      ? []
      : [`${amount(totalSeconds)}  in all, of ${formatDuration(maximumSeconds)}`];
  const written = proof.asWritten ? [writtenLine(proof.asWritten, maximumSeconds)] : [];
  const lines = bounds.map((bound) => lineOf(bound));
  return [headingOf(proof), ...lines, ...sum, `  ${verdictOf(proof, report)}`, ...written];
}

/** Beside what is switched to: what would have to do without it. */
function writtenLine({ name, seconds, source }: Bound, maximumSeconds: number): string {
  const fails = (seconds ?? 0) > maximumSeconds ? ", which cannot hold" : "";
  return `  ${name}: ${formatDuration(seconds ?? 0)}${fails} (${source})`;
}

function headingOf({ system, scenario, topology, promise, maximumSeconds, clock, drilled }: Proof): string {
  const since = clock === "declared" ? "from the switch" : "from the first failed request";
  const title = topology ? `${scenario} → ${topology}` : scenario;
  const limit = `${promise.toUpperCase()} ≤ ${formatDuration(maximumSeconds)}${promise === "rto" ? ` ${since}` : ""}`;
  return [system, title, limit, ...(drilled ? [] : ["not drilled"])].join(" · ");
}

function lineOf({ name, seconds, basis, source }: Bound): string {
  return `${amount(seconds)}  ${name} (${basis}: ${source})`;
}

function amount(seconds: number | null): string {
  return (seconds === null ? "?" : formatDuration(seconds)).padStart(14);
}

function verdictOf(proof: Proof, { diagnosis }: PromiseReport): string {
  const { finding, why, accepted, decideWithinSeconds, promise, bounds } = proof;
  if (finding === "no figure") return `no figure ${why}`;
  if (finding === "cannot hold") {
    const row = accepted ? `accepted until ${accepted.until}: ${accepted.reason}` : "NOT ACCEPTED";
    return `cannot hold: ${why} (${row})`;
  }
  if (promise === "rpo") {
    return bounds.length === 0
      ? "can hold: no figure of a cloud stands against it; what is lost is for a drill to measure"
      : "can hold";
  }
  if (decideWithinSeconds === null) return "can hold, and nobody has to act";
  const within = formatDuration(decideWithinSeconds);
  return `can hold only if declared within ${within} of the first failed request: ${hurry(decideWithinSeconds, diagnosis)}`;
}

/** What that time has to be enough for. */
function hurry(decideWithinSeconds: number, { minimumMinutes, maximumMinutes }: Promised): string {
  const plan = `the plan's ${minimumMinutes}–${maximumMinutes} min for a diagnosis`;
  if (decideWithinSeconds < minimumMinutes * 60) return `less than ${plan}`;
  return decideWithinSeconds < maximumMinutes * 60 ? `not all of ${plan}` : `${plan} fit`;
}

/** What is true of every recovery: how late it is before anybody knows, and what is asked of the clouds. */
function standing({ alarm, diagnosis, requests }: PromiseReport): string[] {
  const { minimumMinutes, maximumMinutes } = diagnosis;
  return [
    `Monitoring · diagnosis within ${minimumMinutes}–${maximumMinutes} min`,
    lineOf(alarm),
    `  leaves ${formatDuration(maximumMinutes * 60 - (alarm.seconds ?? 0))} to find out what is wrong. It sees the clients' name and each server's health check;`,
    "  wrong answers behind a green one, database, storage and workers it does not see",
    "",
    "Requests",
    ...requests.map(
      ({ what, asked, allowed, source }) =>
        `  ${asked > allowed ? "TOO MANY, " : ""}${what}: ${asked} of ${allowed} (${source})`,
    ),
  ];
}

function conclusion(report: PromiseReport): string[] {
  const { proofs } = report;
  const count = (of: (proof: Proof) => boolean): number => proofs.filter((proof) => of(proof)).length;
  const broken = proofs.filter((proof) => isBroken(proof));
  const counts = [
    `${count(({ finding }) => finding === "can hold")} of ${proofs.length} promises can hold`,
    `${count(({ decideWithinSeconds }) => (decideWithinSeconds ?? 0) > 0)} of them only if declared in time`,
    `${count(({ accepted }) => accepted !== null)} cannot (accepted)`,
    `${broken.length} cannot`,
    `${count(({ finding }) => finding === "no figure")} without a figure`,
  ].join(", ");
  const named = broken.map(
    ({ system, scenario, topology, promise }) =>
      `  ${system}: ${promise.toUpperCase()} in ${topology ? `${scenario} → ${topology}` : scenario}`,
  );
  if (exitCodeOfPromises(report) !== 1) return [counts];
  return [
    "cannot hold, and nobody accepted it:",
    ...named,
    "",
    counts,
    "Next: take the figure back, change the plan (infra/systems.ts), or accept the miss with a reason and a last day (drill/accepted.ts)",
  ];
}
