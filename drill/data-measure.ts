import type { JournalEntry, Mark } from "../watch/journal.ts";
import { type Epochs, epochsOf } from "./epochs.ts";
import { type DataLedger, dataLedgerOf } from "./data-ledger.ts";
import { findMark, marksOf, seconds } from "./marks.ts";

/** What can be said of data. */
export interface DataMeasure {
  ledger: DataLedger | null;
  /**
   * Of a corruption, from the restore point to it: what is lost by going back that far. Else how much time's writes
   * are missing. Null where nobody looked, or nothing is left.
   */
  rpoSeconds: number | null;
  restore: { at: string; corruptedAt: string } | null;
  /** What was known before the switch. */
  expectedLoss: Omit<Extract<Mark, { kind: "expected-loss" }>, "kind" | "atMs">[];
  /** Everything that was accepted came to its end before anybody looked. */
  drained: boolean;
  /** The replica was made the primary without waiting for what it lacked. */
  forcedPromotion: boolean;
}

export function measureData(entries: readonly JournalEntry[]): DataMeasure {
  const ledger = dataLedgerOf(entries);
  const epochs = epochsOf(entries);
  const restore = findMark(entries, "restore-point");
  return {
    ledger,
    rpoSeconds: rpoOf(ledger, epochs),
    restore: restore ? { at: restore.at, corruptedAt: restore.corruptedAt } : null,
    expectedLoss: marksOf(entries, "expected-loss").map(({ what, seconds: lost, text }) => ({
      what,
      seconds: lost,
      text,
    })),
    drained: findMark(entries, "drained") !== undefined,
    forcedPromotion: epochs.forced,
  };
}

function rpoOf(ledger: DataLedger | null, { restored }: Epochs): number | null {
  if (!ledger || ledger.rpoSeconds === null) return null;
  return restored ? seconds(restored.pointMs, restored.corruptedMs) : ledger.rpoSeconds;
}
