import { setTimeout as sleep } from "node:timers/promises";

/** `scaled` is real ÷ 60; `instant` waits for nothing but machines, which take their own time. */
export const durationModes = ["instant", "scaled", "real"] as const;
export type DurationMode = (typeof durationModes)[number];

export type OperationKind = "create" | "update" | "delete" | "action";

interface Modelled {
  create: number;
  update: number;
  delete: number;
  action?: number;
  basis: "published" | "assumed";
  source: string;
}

const applyLogs = "terraform apply logs in public repositories, upper ends, read 2026-11";
const noFigure = "no series found; an engineer's estimate";

/** Seconds of Azure's operations, by type in lower case. Only long-running ones take any. */
const modelled: Readonly<Record<string, Modelled>> = {
  "microsoft.resources/resourcegroups": row([16, 2, 300], "assumed", applyLogs),
  "microsoft.network/virtualnetworks": row([15, 10, 12], "assumed", noFigure),
  "microsoft.network/virtualnetworks/subnets": row([10, 10, 12], "assumed", noFigure),
  "microsoft.network/networksecuritygroups": row([10, 10, 12], "assumed", noFigure),
  "microsoft.network/networksecuritygroups/securityrules": row([10, 10, 10], "assumed", noFigure),
  "microsoft.network/natgateways": row([15, 10, 12], "assumed", noFigure),
  "microsoft.network/publicipaddresses": row([10, 10, 12], "assumed", noFigure),
  "microsoft.network/networkinterfaces": row([12, 10, 12], "assumed", applyLogs),
  "microsoft.compute/virtualmachines": { ...row([77, 30, 60], "assumed", applyLogs), action: 60 },
  "microsoft.compute/virtualmachinescalesets": { ...row([130, 90, 120], "assumed", applyLogs), action: 90 },
  "microsoft.sql/servers": row([81, 30, 60], "assumed", applyLogs),
  "microsoft.sql/servers/databases": row([60, 120, 15], "assumed", applyLogs),
  "microsoft.sql/servers/databases/backupshorttermretentionpolicies": row([15, 15, 0], "assumed", noFigure),
  "microsoft.sql/servers/failovergroups": { ...row([300, 60, 60], "assumed", noFigure), action: 60 },
  "microsoft.sql/servers/virtualnetworkrules": row([30, 30, 30], "assumed", noFigure),
  "microsoft.storage/storageaccounts": row([69, 20, 5], "assumed", applyLogs),
  "microsoft.appconfiguration/configurationstores": row([60, 30, 60], "assumed", noFigure),
  "microsoft.appconfiguration/configurationstores/keyvalues": row([1, 1, 5], "assumed", noFigure),
};

/**
 * Of a restore of a small database, assumed. learn.microsoft.com/azure/azure-sql/database/recovery-using-backups
 * says only that most take less than 12 hours.
 */
export const restoreSeconds = 3600;
/** Transaction log backups come about every 10 minutes; the same page. */
export const logBackupSeconds = 600;

function row(seconds: readonly [number, number, number], basis: Modelled["basis"], source: string): Modelled {
  return { create: seconds[0], update: seconds[1], delete: seconds[2], basis, source };
}

/** How long operations take: the table's figures in the chosen mode, which may change at any time. */
export class Durations {
  mode: DurationMode;

  constructor(mode: DurationMode) {
    this.mode = mode;
  }

  /** Real seconds of an operation, 0 for what the table lacks. */
  secondsOf(type: string, kind: OperationKind): number {
    const found = modelled[type.toLowerCase()];
    return found?.[kind] ?? 0;
  }

  /** Milliseconds in the present mode. */
  shortened(seconds: number): number {
    const perSecond = { instant: 0, scaled: 1000 / 60, real: 1000 };
    return seconds * perSecond[this.mode];
  }

  /** How long a client should wait before it asks again. */
  get pollMs(): number {
    return this.mode === "instant" ? 100 : 1000;
  }

  async wait(seconds: number, signal: AbortSignal): Promise<void> {
    const ms = this.shortened(seconds);
    if (ms > 0) await sleep(ms, undefined, { signal, ref: false });
  }

  list(): Readonly<Record<string, Modelled>> {
    return modelled;
  }
}
