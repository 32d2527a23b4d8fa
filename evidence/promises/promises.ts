import type { AcceptedMiss } from "../../drill/accepted.ts";
import type { Part } from "../../drill/parts.ts";
import type { Scenario } from "../../drill/scenarios.ts";
import type { Promised, SystemName } from "../../infra/systems.ts";
import { type Axes, type Degraded, degraded } from "../../infra/topologies.ts";
import { conclude, type Conclusion, recoversNever } from "./conclusion.ts";
import type { Bound, PromiseFigures } from "./figures.ts";
import { moveOf, movesRecord, quotaBounds, type RequestCount, requestCounts } from "./quotas.ts";

/** What figures alone prove of one promise in one scenario. */
export interface Proof extends Conclusion {
  scenario: string;
  /** Whether `npm run drill` plays it; the others are switches that nobody measured. */
  drilled: boolean;
  system: SystemName;
  topology: string | null;
  /** What was switched to before; null where it is a switch from `normal`. */
  from: string | null;
  promise: Part["promise"];
  /** From which moment the promise counts. */
  clock: Scenario["clock"];
  maximumSeconds: number;
  bounds: Bound[];
  /** What would pass without what was added to the plan; an error of nobody's, since something was. */
  asWritten: Bound | null;
  /** The committed row that accepts a promise which cannot hold. */
  accepted: Pick<AcceptedMiss, "reason" | "until"> | null;
}

export interface PromiseReport {
  schemaVersion: 1;
  proofs: Proof[];
  alarm: Bound;
  /** What the plan allows for a diagnosis. */
  diagnosis: Promised;
  requests: RequestCount[];
}

/**
 * Holds every promise of the plan against figures alone: TTLs, intervals, quotas, durations that clouds document.
 * Nothing runs and nothing is asked, so a pull request has it of its base and of its head.
 * @param figures those of the code, or the same with some replaced: `{...figures, clientTtlSeconds}`
 * @param today YYYY-MM-DD: accepted misses expire
 */
export function lintPromises(figures: PromiseFigures, today: string): PromiseReport {
  const candidates = [
    ...Object.entries(figures.scenarios).map(([name, scenario]) => ({ name, scenario, drilled: true })),
    ...secondSwitches(),
  ];
  const proofs = candidates.flatMap((candidate) => proofsOf(candidate, figures));
  return {
    schemaVersion: 1,
    proofs: inPlanOrder(proofs, figures).map((proof) =>
      withRow(proof, acceptedRow(proof, figures, today), today),
    ),
    alarm: figures.alarm,
    diagnosis: figures.diagnosis,
    requests: requestCounts(
      candidates.map(({ scenario }) => scenario),
      figures.readers,
    ),
  };
}

function inPlanOrder(proofs: readonly Proof[], { systems }: PromiseFigures): Proof[] {
  const order = Object.keys(systems);
  return proofs.toSorted((a, b) => order.indexOf(a.system) - order.indexOf(b.system));
}

/** A promise that cannot hold, and that nobody has accepted to miss. */
export function isBroken({ finding, accepted }: Proof): boolean {
  return finding === "cannot hold" && accepted === null;
}

/** As a drill's: 1 where a promise is broken, else 3 where one has no figure, else 0. */
export function exitCodeOfPromises({ proofs }: PromiseReport): 0 | 1 | 3 {
  if (proofs.some((proof) => isBroken(proof))) return 1;
  return proofs.some(({ finding }) => finding === "no figure") ? 3 : 0;
}

interface Candidate {
  name: string;
  scenario: Scenario;
  drilled: boolean;
}

/**
 * While clients are past the edge its TTL is no longer what they wait for, but ours: the load balancer that they
 * reach directly fails, and the name moves on to another server.
 */
function secondSwitches(): Candidate[] {
  const direct = Object.entries<Degraded>(degraded).filter(([, { edge }]) => edge === "dns-only");
  return direct
    .filter(([, { origin }]) => origin?.startsWith("load-balancer"))
    .flatMap(([from, { origin }]) =>
      direct
        .filter(([, other]) => other.origin !== origin)
        .map(([topology]) => ({
          name: `load-balancer-down-during-${from}`,
          scenario: {
            system: "Load balancer",
            faults: [],
            topology,
            clock: "declared",
            during: { faults: [], topology: from },
          },
          drilled: false,
        })),
    );
}

function proofsOf({ name, scenario, drilled }: Candidate, figures: PromiseFigures): Proof[] {
  const { rto, rpo } = figures.systems[scenario.system] ?? {};
  const bounds = boundsOf(scenario, figures);
  const of = (promise: Part["promise"], { maximumMinutes }: Promised): Proof => ({
    scenario: name,
    drilled,
    system: scenario.system,
    topology: scenario.topology,
    from: scenario.during?.topology ?? null,
    promise,
    clock: scenario.clock,
    maximumSeconds: maximumMinutes * 60,
    bounds: bounds[promise],
    asWritten: drilled ? writtenBound(name, promise, figures) : null,
    accepted: null,
    ...conclude(scenario, { promise, bounds: bounds[promise], maximumSeconds: maximumMinutes * 60 }),
  });
  return [...(rto ? [of("rto", rto)] : []), ...(rpo ? [of("rpo", rpo)] : [])];
}

function writtenBound(name: string, promise: Part["promise"], { asWritten }: PromiseFigures): Bound | null {
  const row = asWritten.find(({ beside }) => beside === name);
  if (!row) return null;
  const seconds = promise === "rto" ? row.rtoSeconds : row.rpoSeconds;
  return { name: row.what, seconds, basis: "published", source: row.source };
}

function boundsOf(scenario: Scenario, figures: PromiseFigures): Record<Part["promise"], Bound[]> {
  if (recoversNever(scenario)) return { rto: [], rpo: [] };
  const parts = figures.partsOf(scenario).map(({ promise, realSeconds, ...part }) => ({
    promise,
    bound: { name: part.name, seconds: realSeconds, basis: part.basis, source: part.source },
  }));
  const of = (promise: Part["promise"]): Bound[] =>
    parts.flatMap((part) => (part.promise === promise ? [part.bound] : []));
  return { rto: [...of("rto"), ...furtherBounds(scenario, figures)], rpo: of("rpo") };
}

/** What no run of a drill has a part for: it takes as long here as anywhere, or it never happens here. */
function furtherBounds(scenario: Scenario, figures: PromiseFigures): Bound[] {
  const move = moveOf(scenario);
  const bounds = move ? quotaBounds(move, figures.readers) : [];
  if (move && move.from.edge === "dns-only" && movesRecord(move))
    bounds.push(ownAnswerExpires(move.from.edge, figures));
  // Beside a switch the load balancers act meanwhile, and long before it is over.
  if (!move && scenario.faults.includes("api-main-down")) bounds.push(figures.apiServerNoticed);
  return bounds;
}

function ownAnswerExpires(edge: Axes["edge"], { clientTtlSeconds }: PromiseFigures): Bound {
  return {
    name: "DNS answer expires",
    seconds: clientTtlSeconds[edge],
    basis: "ours",
    source: "clientTtlSeconds in infra/topologies.ts: clients hold the server's own address for as long",
  };
}

function acceptedRow(proof: Proof, { accepted }: PromiseFigures, today: string): AcceptedMiss | undefined {
  if (proof.finding !== "cannot hold") return undefined;
  const rows = accepted.filter(
    ({ scenario, promise }) => scenario === proof.scenario && promise === proof.promise,
  );
  return rows.find(({ until }) => today <= until) ?? rows[0];
}

/** With the committed row that accepts it; one that has expired is part of the reason. */
function withRow(proof: Proof, row: AcceptedMiss | undefined, today: string): Proof {
  if (!row) return proof;
  if (today > row.until) return { ...proof, why: `${proof.why}; it was accepted until ${row.until}` };
  return { ...proof, accepted: { reason: row.reason, until: row.until } };
}
