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
  // Where the other one goes, its gap is the finding.
  const kept = records.filter(({ urn }) => !ended.has(urn));
  return [
    ...[...ended.values()].map((of) => gapOf(of[0] as Step, records)),
    ...kept.flatMap((step) => secondRecord(step, kept)),
  ];
};

function gapOf(ended: Step, records: readonly Step[]): Finding {
  const was = dnsName(ended.old) === undefined ? ended.new : ended.old;
  const name = dnsName(was) ?? "a name";
  const removed = records.findIndex(({ urn, op }) => urn === ended.urn && removing.includes(op));
  const made = records.findIndex(
    (step) =>
      making.includes(step.op) &&
      isSameName(was, step.new, records) &&
      answersWith(step.new) === answersWith(was),
  );
  const finding = {
    severity: "blocks",
    detector: "dns-gap",
    resource: `${nameOf(ended)} (${name})`,
    next: "change the record in place: the same logical name, record type, name and zone as before",
  } as const;
  const nothing = "clients that ask are told that there is none, and resolvers keep that answer, too";
  if (made < 0) {
    const lost = answersWith(was) === "an address" ? "a record" : `its ${answersWith(was)} record`;
    return { ...finding, what: `${name} would be without ${lost}`, why: nothing };
  }
  if (removed >= 0 && made > removed) {
    return {
      ...finding,
      what: `the record of ${name} would be deleted before the new one is made`,
      why: nothing,
    };
  }
  return {
    ...finding,
    what: `${name} would get a second record before the first is deleted`,
    why: "Cloudflare refuses one that is like the first (81058) or a CNAME beside it (81053); two A records split traffic",
  };
}

/** A record that is made under a name that another one has and keeps. */
function secondRecord(step: Step, kept: readonly Step[]): Finding[] {
  const other = kept.find(
    ({ urn, old }) => urn !== step.urn && isSameName(old, step.new, kept) && excludeEachOther(old, step.new),
  );
  if (!making.includes(step.op) || !other) return [];
  const name = dnsName(step.new);
  const inFull = name === dnsName(other.old) ? "" : "; if it is another name, write it in full";
  return [
    {
      severity: "blocks",
      detector: "dns-gap",
      resource: `${nameOf(step)} (${name})`,
      what: `${name} would have two records: ${nameOf(other)} and ${nameOf(step)}`,
      why: "two records of one name split traffic, or the second is refused",
      next: `change ${nameOf(other)} in place${inFull}`,
    },
  ];
}

/**
 * Whether it may be the same name. Cloudflare puts the zone's name after one that does not end in it, and `@` is the
 * zone itself; what the zone is called stands in no input. So a name is taken for each that begins with it, and
 * the zone for what all full names end in.
 */
function isSameName(one: Step["old"], other: Step["old"], records: readonly Step[]): boolean {
  const [first, second] = [dnsName(one), dnsName(other)];
  if (first === undefined || second === undefined) return false;
  if (first === second) return true;
  if (first === "@" || second === "@") return isZone(first === "@" ? second : first, records);
  return first.startsWith(`${second}.`) || second.startsWith(`${first}.`);
}

function isZone(name: string, records: readonly Step[]): boolean {
  const full = records.map(({ old }) => dnsName(old)).filter((known) => known?.includes("."));
  return full.every((known) => known === name || known?.endsWith(`.${name}`));
}

/** Types that stand beside any other but a CNAME, which stands alone. */
const beside: readonly unknown[] = ["TXT", "MX", "CAA"];

/** What clients ask a record for; of a type that nobody has thought of, where to connect to. */
function answersWith(snapshot: Step["old"]): string {
  const type = snapshot?.inputs?.["type"];
  return beside.includes(type) ? text(type) : "an address";
}

function excludeEachOther(one: Step["old"], other: Step["old"]): boolean {
  const both = [one, other];
  return (
    both.some((snapshot) => snapshot?.inputs?.["type"] === "CNAME") ||
    both.every((snapshot) => answersWith(snapshot) === "an address")
  );
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
  return typeof name === "string" ? name.toLowerCase().replace(/\.$/, "") : undefined;
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
