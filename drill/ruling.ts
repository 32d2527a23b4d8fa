import { tolerableUnusableShare } from "./coverage.ts";
import type { Measurement } from "./measure.ts";
import type { Part } from "./parts.ts";

export type Verdict = "kept" | "missed" | "unproven";

/** What is judged of one promise, or of the data themselves. */
export interface Ruling {
  verdict: Verdict;
  /** Why, when it is not plainly kept. */
  reason: string | null;
  /** Reason and last day of the committed row that accepts a miss. */
  accepted: { reason: string; until: string } | null;
}

const worstFirst: readonly Verdict[] = ["missed", "unproven", "kept"];

export function worst(verdicts: readonly Verdict[]): Verdict {
  return worstFirst.find((verdict) => verdicts.includes(verdict)) ?? "kept";
}

interface Evidence {
  measured: Measurement;
  parts: readonly Part[];
  /** A switch is what was to bring service back. */
  switched: boolean;
  seconds: number | null;
  projected: number | null;
  maximum: number;
}

type Unaccepted = Omit<Ruling, "accepted">;

/** A miss outweighs a lack of proof, and a lack of proof outweighs a promise kept. */
export function ruleRto({ measured, parts, switched, seconds, projected, maximum }: Evidence): Unaccepted {
  const doubts = [...doubtsOf(measured, switched), ...withoutFigure(parts)];
  if (seconds === null && doubts.length === 0)
    return { verdict: "missed", reason: "service came back only when the fault was lifted" };
  if (projected !== null && projected > maximum)
    return { verdict: "missed", reason: over(projected, maximum) };
  if (doubts.length > 0) return { verdict: "unproven", reason: doubts.join("; ") };
  return { verdict: "kept", reason: null };
}

function over(seconds: number, maximum: number): string {
  const by = seconds - maximum;
  return by < 3600 ? `${Math.round(by)} s over` : `${(by / 3600).toFixed(1)} h over`;
}

function doubtsOf({ proven, unusableShare, switchHelped }: Measurement, switched: boolean): string[] {
  const doubts = [];
  if (!proven) doubts.push("the fault was not seen by direct evidence");
  if (switched && !switchHelped) doubts.push("service was not out when the switch began");
  if (unusableShare > tolerableUnusableShare) {
    doubts.push(
      `${Math.round(unusableShare * 100)} % of a phase's samples are missing or were sent too late: the machine was too busy`,
    );
  }
  return doubts;
}

function withoutFigure(parts: readonly Part[]): string[] {
  return parts.filter(({ realSeconds }) => realSeconds === null).map(({ name }) => `no figure for ${name}`);
}

/** How far back the data are, whoever is to blame for it. */
export function ruleRpo({
  measured: { ledger },
  parts,
  seconds,
  projected,
  maximum,
}: Omit<Evidence, "switched">): Unaccepted {
  if (!ledger) return { verdict: "unproven", reason: "nobody looked at what is left of the data" };
  if (seconds === null) return { verdict: "missed", reason: "nothing is left of what was written" };
  if (projected !== null && projected > maximum)
    return { verdict: "missed", reason: `RPO ${over(projected, maximum)}` };
  const doubts = withoutFigure(parts);
  if (doubts.length > 0) return { verdict: "unproven", reason: doubts.join("; ") };
  return { verdict: "kept", reason: null };
}

/** What no promise of time covers: data that are wrong. Nobody can accept that beforehand. */
export function ruleData({ ledger, drained }: Measurement): Ruling | null {
  if (!ledger) return null;
  const { corruption, entries, jobs } = ledger;
  const rule = (verdict: Verdict, reason: string | null): Ruling => ({ verdict, reason, accepted: null });
  if (corruption.length > 0) return rule("missed", corruption.join("; "));
  if (entries.acknowledged === 0) return rule("unproven", "no row was acknowledged");
  if (jobs.accepted === 0) return rule("unproven", "no job was accepted");
  if (!drained) return rule("unproven", "what was accepted had not come to its end when it was looked at");
  if (jobs.waiting > 0) return rule("unproven", `${jobs.waiting} jobs were still queued when it was over`);
  return rule("kept", null);
}
