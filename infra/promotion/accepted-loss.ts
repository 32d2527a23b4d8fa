import { acceptedForMs, isKnown, type Reading, utcSecond } from "./replica.ts";

/**
 * What somebody accepted to lose. A time: everything committed before it must survive, what came later may be lost.
 * `unknown@` and a time: accepted then, whatever it is, since nobody could say what the replica has.
 */
interface Acceptance {
  atMs: number;
  unknown: boolean;
}

/** Why a promotion may not be forced, and what to set `acceptedLoss` to for it. */
export interface Refused {
  forced: false;
  reason: string;
  instead: string;
}

export type Judgement = { forced: true } | Refused;

const unknownPrefix = "unknown@";

/** An acceptance is for the switch at hand, not for one of next month, and covers no more than it names. */
export function judge(acceptedLoss: string | undefined, reading: Reading): Judgement {
  const reason = reasonAgainst(acceptedLoss, reading);
  return reason === undefined ? { forced: true } : { forced: false, reason, instead: lossOf(reading) };
}

function reasonAgainst(acceptedLoss: string | undefined, reading: Reading): string | undefined {
  if (acceptedLoss === undefined) return "no loss is accepted: acceptedLoss is not set.";
  const { atMs, unknown } = acceptanceIn(acceptedLoss);
  const ageMs = Date.now() - atMs;
  if (!(ageMs >= 0)) return `acceptedLoss is ${acceptedLoss}; allowed: a UTC time of the past.`;
  if (ageMs > acceptedForMs) {
    return `acceptedLoss is ${acceptedLoss}, more than 4 h ago: an acceptance is for the switch at hand.`;
  }
  if (unknown) return undefined;
  if (!isKnown(reading)) {
    return `acceptedLoss is ${acceptedLoss}, and nobody can say whether the replica has everything committed before.`;
  }
  const beyondMs = atMs - reading.survivesBeforeMs;
  if (beyondMs <= 0) return undefined;
  const has = `the replica has everything committed before ${utcSecond(reading.survivesBeforeMs)} alone`;
  return `acceptedLoss is ${acceptedLoss}, but ${has}: ${Math.ceil(beyondMs / 1000)} s of writes more than accepted would be lost.`;
}

function acceptanceIn(text: string): Acceptance {
  const unknown = text.startsWith(unknownPrefix);
  return { atMs: Date.parse(unknown ? text.slice(unknownPrefix.length) : text), unknown };
}

/** The value that names the loss as it is now. One of more than four hours cannot be named by its time. */
function lossOf(reading: Reading): string {
  const now = Date.now();
  if (isKnown(reading) && now - reading.survivesBeforeMs < acceptedForMs) {
    return utcSecond(reading.survivesBeforeMs);
  }
  return `${unknownPrefix}${utcSecond(now)}`;
}
