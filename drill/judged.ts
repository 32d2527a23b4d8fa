import type { SystemName } from "../infra/systems.ts";
import { type ClientClass, clientClasses, type SampleClass, workClasses } from "../watch/journal.ts";
import type { Rule } from "./outage.ts";

/**
 * Whose figures are judged. For what clients reach: one that honours TTLs, the worst case of the honest ones. For what
 * the plant keeps or does: a client that asks for just that, since an echo can be right where nothing is kept or done.
 */
const judgedBy: Readonly<Record<SystemName, SampleClass>> = {
  "DNS & CloudFlare": "fresh",
  "Load balancer": "fresh",
  Database: "writes",
  "API servers": "fresh",
  "Queues & Storage": "jobs",
  Workers: "jobs",
  Monitoring: "fresh",
};

export function judgedClassOf(system: SystemName): SampleClass {
  return judgedBy[system];
}

export const sampleClasses = [...Object.keys(clientClasses), ...Object.keys(workClasses)] as SampleClass[];

function isClient(name: SampleClass): name is ClientClass {
  return name in clientClasses;
}

/** The rule with the class's own period: rows and jobs are sent less often than echoes are asked for. */
export function ruleOfClass(name: SampleClass, rule: Rule): Rule {
  const periodMs = isClient(name) ? rule.periodMs : workClasses[name].periodMs;
  return { ...rule, periodMs, judged: name };
}

export function ruleOf(system: SystemName, rule: Rule): Rule {
  return ruleOfClass(judgedClassOf(system), rule);
}

/** A good sample is known well within this after it was due. */
export function goodWithinMs(name: SampleClass): number {
  return 250 + (name === "jobs" ? workClasses.jobs.boundMs : 0);
}
