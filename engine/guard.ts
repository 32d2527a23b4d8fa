import { type EventLog, isRefused, readEventLog } from "./event-log.ts";
import { detectOutsideAxes } from "./guard-axes.ts";
import { detectDnsGaps, detectMovedTraffic, detectRecordIdentity } from "./guard-dns.ts";
import { type About, type Detect, type Finding, nameOf } from "./guard-finding.ts";
import { detectLoss, detectUnprotected } from "./guard-stateful.ts";

const detectors: readonly Detect[] = [
  detectLoss,
  detectUnprotected,
  detectDnsGaps,
  detectRecordIdentity,
  detectMovedTraffic,
  detectLeftovers,
  detectOutsideAxes,
];

/**
 * What the engine is about to do, or has done, that a recovery plan cannot bear. It reads the stream of a `preview`
 * or of an `up`; a stream that it does not understand, or that ended early, is a finding that blocks.
 */
export function guard(stream: string, about: About): Finding[] {
  const log = readEventLog(stream);
  return isRefused(log) ? [notUnderstood(log.refused)] : guardLog(log, about);
}

/** As {@link guard}, for who has read the stream already. */
function guardLog(log: EventLog, about: About): Finding[] {
  const found = detectors.flatMap((detect) => detect(log.steps, about));
  return [...found, ...failureOf(log, about)];
}

function notUnderstood(reason: string): Finding {
  return {
    severity: "blocks",
    detector: "stream",
    resource: null,
    what: `the engine's events were not understood: ${reason}`,
    why: "what was not read may be what deletes a database",
    next: "run it again; if it stays so, the engine is one that engine/event-kinds.ts does not know",
  };
}

export function blocks(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === "blocks");
}

/** The old half of a replacement whose new half was made by an earlier `up`, which was cut off. */
function detectLeftovers(steps: Parameters<Detect>[0], { stack }: About): Finding[] {
  const replaced = new Set(steps.filter(({ op }) => op === "replace").map(({ urn }) => urn));
  return steps
    .filter(({ op, urn }) => op.endsWith("-replaced") && !replaced.has(urn))
    .map((step) => ({
      severity: "blocks",
      detector: "state",
      resource: nameOf(step),
      what: `${nameOf(step)} was left half-deleted by an earlier up, and would be deleted now`,
      why: "nothing in the program says so; it is in the state",
      next: `look at it (pulumi stack export -s ${stack}) before anything else`,
    }));
}

/** The engine names a failure by its resource and once more without one. */
function failureOf({ succeeded, errors, preview }: EventLog, { stack }: About): Finding[] {
  if (succeeded) return [];
  const act = preview ? "preview" : "up";
  const ofResources = errors.filter(({ urn }) => urn !== null);
  const [first] = ofResources.length > 0 ? ofResources : errors;
  return [
    {
      severity: "blocks",
      detector: "engine",
      resource: first?.urn ? nameOf({ urn: first.urn }) : null,
      what: `pulumi ${act} -s ${stack} fails: ${firstLine(first?.message)}`,
      why: preview ? "what cannot be planned cannot be applied" : "what comes after it was not done",
      next: "correct what it names, then preview again",
    },
  ];
}

/** On one line, with names for URNs. The engine goes on with what a person may type; our own next sentence does that. */
function firstLine(message = "it does not say why"): string {
  const [said = message] = message.split(/\. To unprotect|\n\n/);
  return said
    .replaceAll(/"?urn:pulumi:[^"\s]+"?/g, (urn) => nameOf({ urn: urn.replaceAll('"', "") }))
    .replaceAll(/\s+/g, " ")
    .slice(0, 400);
}
