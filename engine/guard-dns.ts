import type { Step } from "./event-log.ts";
import { type Detect, type Finding, nameOf } from "./guard-finding.ts";
import { isEnding } from "./guard-stateful.ts";

const recordType = /^cloudflare:.*:(DnsRecord|Record)$|^azure-native:dns[^:]*:RecordSet$/;
const removing: readonly Step["op"][] = ["delete", "delete-replaced", "discard", "discard-replaced"];
const making: readonly Step["op"][] = ["create", "create-replacement", "import", "import-replacement"];

/** Inputs that say which record it is. A change of one of them is another record. */
const identity = ["name", "type", "zoneId"] as const;

function isRecord({ type }: Pick<Step, "type">): boolean {
  return recordType.test(type);
}

/** A name that clients may be asking for now, and that would be without an answer, or with two, for a moment or for good. */
export const detectDnsGaps: Detect = (steps) => {
  const records = steps.filter((step) => isRecord(step));
  const ended = Map.groupBy(
    records.filter((step) => isEnding(step)),
    ({ urn }) => urn,
  );
  return [
    ...[...ended.values()].map((of) => gapOf(of[0] as Step, records)),
    ...secondRecords(
      records.filter(({ urn }) => !ended.has(urn)),
      records,
    ),
  ];
};

function gapOf(ended: Step, records: readonly Step[]): Finding {
  const name = dnsName(ended.old) ?? dnsName(ended.new) ?? "a name";
  const removed = records.findIndex(({ urn, op }) => urn === ended.urn && removing.includes(op));
  const made = records.findIndex((step) => making.includes(step.op) && dnsName(step.new) === name);
  const finding = {
    severity: "blocks",
    detector: "dns-gap",
    resource: `${nameOf(ended)} (${name})`,
    next: "change the record in place: the same logical name, record type, name and zone as before",
  } as const;
  if (made < 0) {
    return {
      ...finding,
      what: `${name} would be without a record`,
      why: "clients that ask are told that there is no such name, and resolvers keep that answer, too",
    };
  }
  if (removed >= 0 && made > removed) {
    return {
      ...finding,
      what: `the record of ${name} would be deleted before the new one is made`,
      why: "clients that ask in between are told that there is no such name, and resolvers keep that answer, too",
    };
  }
  return {
    ...finding,
    what: `${name} would get a second record before the first is deleted`,
    why: "Cloudflare refuses one that is like the first (81058) or a CNAME beside it (81053); two A records split traffic",
  };
}

/** A record that is made under a name that another one has and keeps. */
function secondRecords(candidates: readonly Step[], records: readonly Step[]): Finding[] {
  return candidates.flatMap((step) => {
    const name = dnsName(step.new);
    const other = records.find(
      ({ urn, old, op }) => urn !== step.urn && dnsName(old) === name && !removing.includes(op),
    );
    if (!making.includes(step.op) || name === undefined || !other || isGoing(other, records)) return [];
    return [
      {
        severity: "blocks" as const,
        detector: "dns-gap" as const,
        resource: `${nameOf(step)} (${name})`,
        what: `${name} would have two records: ${nameOf(other)} and ${nameOf(step)}`,
        why: "two records of one name split traffic, or the second is refused",
        next: `change ${nameOf(other)} in place`,
      },
    ];
  });
}

/** Then the gap of that one is the finding. */
function isGoing({ urn }: Step, records: readonly Step[]): boolean {
  return records.some((step) => step.urn === urn && isEnding(step));
}

/** A record that becomes another one, even where the provider would write that in place. */
export const detectRecordIdentity: Detect = (steps) => {
  const seen = new Set<string>();
  return steps.flatMap((step) => {
    const { urn, old, new: next } = step;
    if (!isRecord(step) || !old?.inputs || !next?.inputs || seen.has(urn)) return [];
    const changed = identity.filter((key) => old.inputs?.[key] !== next.inputs?.[key]);
    if (changed.length > 0) seen.add(urn);
    return changed.map((key) => ({
      severity: "blocks" as const,
      detector: "record-identity" as const,
      resource: nameOf(step),
      what: `${key} of ${nameOf(step)} would change from ${text(old.inputs?.[key])} to ${text(next.inputs?.[key])}`,
      why: "clients go on asking for the old name, or get no answer of the type that they ask for",
      next: "add a record for the new name beside it; take the old one away when nobody asks for it any more",
    }));
  });
};

function dnsName(snapshot: Step["old"]): string | undefined {
  const name = snapshot?.inputs?.["name"];
  return typeof name === "string" ? name.toLowerCase() : undefined;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
}

/** What an ordinary change does to clients' way into the plant, which only a switch is meant to move. */
export const detectMovedTraffic: Detect = (steps, { moves }) => {
  if (moves !== null) return [];
  const moved = steps.filter(
    (step) => step.op === "update" && (isRecord(step) || step.urn.endsWith("SecurityRule::bypass")),
  );
  return moved.map((step) => ({
    severity: "warns",
    detector: "traffic",
    resource: nameOf(step),
    what: `${nameOf(step)} would change (${step.paths.join(", ")}), without a switch of topology`,
    why: "clients follow it; with old answers they go on as before for a TTL",
    next: "be sure that it is meant, and that what clients still hold goes on working for a TTL",
  }));
};
