import { join } from "node:path";
import { type AcceptedMiss, acceptedMisses } from "../../drill/accepted.ts";
import { type AsWritten, asWritten } from "../../drill/as-written.ts";
import type { Measurement } from "../../drill/measure.ts";
import { type Part, partsOf } from "../../drill/parts.ts";
import { type Scenario, scenarios } from "../../drill/scenarios.ts";
import { readStackFile } from "../../engine/stack-file.ts";
import { FailoverError } from "../../infra/errors.ts";
import { serverNames } from "../../infra/names.ts";
import { type Promised, type System, systems } from "../../infra/systems.ts";
import { type Axes, clientTtlSeconds } from "../../infra/topologies.ts";
import type { SettingsReaders } from "./quotas.ts";

/** Something that has to pass before service is back, and where its length is from. */
export interface Bound {
  name: string;
  /** Null: nobody published a figure, and we assume none. */
  seconds: number | null;
  basis: Part["basis"];
  source: string;
}

/** Everything that is known without running anything. */
export interface PromiseFigures {
  systems: Readonly<Record<string, System>>;
  scenarios: Readonly<Record<string, Scenario>>;
  accepted: readonly AcceptedMiss[];
  /** What the plan's own words come to, where something was added to it. */
  asWritten: readonly AsWritten[];
  /** The parts that a drill projects with: one home for each figure. */
  partsOf: (scenario: Scenario) => Part[];
  clientTtlSeconds: Readonly<Record<Axes["edge"], number>>;
  /** Until load balancers leave an API server that no longer answers. */
  apiServerNoticed: Bound;
  /** Until the monitor calls somebody. */
  alarm: Bound;
  /** How long the plan itself allows for a diagnosis. */
  diagnosis: Promised;
  readers: SettingsReaders;
}

/** Of infra/hosts/haproxy-config.ts, in seconds; tests/evidence/promises/sources.test.ts holds them against it. */
export const haproxyChecks = { interval: 0.5, afterFailure: 0.2, timeout: 0.8, failures: 2 };

/** Of infra/hosts/nagios-config.ts, in seconds; held against it likewise. */
export const nagiosChecks = { interval: 60, afterFailure: 60, timeout: 5, failures: 3 };

/** Of infra/hosts/programs/settings.ts (10 s ± 10 %), and of infra/components/autoscale.ts. */
export const hostFigures = { leastPauseSeconds: 9, autoscaleFactor: 4 };

type Checks = typeof haproxyChecks;

/** It fails just after a check that was good; every check from then on takes all the time it has. */
function noticedAfter({ interval, afterFailure, timeout, failures }: Checks): number {
  return interval + timeout + (failures - 1) * (afterFailure + timeout);
}

function describeChecks({ interval, afterFailure, timeout, failures }: Checks): string {
  return `a check every ${interval} s, ${failures} failed ones ${afterFailure} s apart, ${timeout} s for each`;
}

/**
 * The figures of this very code and of the stack files in `project`.
 * @throws FailoverError INVALID_CONFIG where a stack file cannot be read
 */
export async function committedFigures(project: string): Promise<PromiseFigures> {
  return {
    systems,
    scenarios,
    accepted: acceptedMisses,
    asWritten,
    partsOf: (scenario) => partsOf(scenario, notMeasured(scenario)),
    clientTtlSeconds,
    apiServerNoticed: {
      name: "load balancer leaves the API server",
      seconds: noticedAfter(haproxyChecks),
      basis: "ours",
      source: `infra/hosts/haproxy-config.ts: ${describeChecks(haproxyChecks)}`,
    },
    alarm: {
      name: "monitor raises the alarm",
      seconds: noticedAfter(nagiosChecks),
      basis: "ours",
      source: `infra/hosts/nagios-config.ts: ${describeChecks(nagiosChecks)}`,
    },
    diagnosis: diagnosisOf(systems.Monitoring.plan),
    readers: { hosts: await countHosts(project), leastPauseSeconds: hostFigures.leastPauseSeconds },
  };
}

/** A run of which nothing is known but what the scenario says: parts are asked for their real figures only. */
function notMeasured({ acceptsLoss }: Scenario): Measurement {
  const forcedPromotion = acceptsLoss === true;
  return { slices: {}, rpoSeconds: null, forcedPromotion } as unknown as Measurement;
}

/** "Time to diagnose: 5-30 min": the plan has it in words only. */
export function diagnosisOf(plan: string): Promised {
  const found = /(\d+)\s*[-–]\s*(\d+)\s*min/.exec(plan);
  if (!found) {
    throw new FailoverError("INVALID_CONFIG", {
      problems: `the plan's row "Monitoring" names no minutes: ${plan}`,
      where: "infra/systems.ts",
      fix: "git diff infra/systems.ts",
    });
  }
  return { minimumMinutes: Number(found[1]), maximumMinutes: Number(found[2]) };
}

/** Everybody who reads the settings when both pools are as large as they get. */
async function countHosts(project: string): Promise<number> {
  const sizeIn = async (stack: string, key: string): Promise<number> => {
    const { config } = await readStackFile(join(project, `Pulumi.${stack}.yaml`));
    // A size that is missing, or no number, is for the programs to refuse.
    return Number(new RegExp(`"${key}":"?(\\d+)`).exec(config["failover-stacks:workers"] ?? "")?.[1] ?? 0);
  };
  const [count, scaled] = [await sizeIn("primary", "count"), await sizeIn("failover", "scaled")];
  return serverNames.length + count * hostFigures.autoscaleFactor + scaled;
}
