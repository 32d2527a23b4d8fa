import { apiMainCheckRed } from "./api-main-check-red.ts";
import { apiMainDown } from "./api-main-down.ts";
import { apiBackupPoisoned, apiMainPoisoned } from "./api-poisoned.ts";
import { cloudflareApiDown } from "./cloudflare-api-down.ts";
import { databaseCorrupted, databaseReadOnly, databaseServerLost, replicaBehind } from "./database.ts";
import { edgeDown, edgeDownReset } from "./edge-down.ts";
import type { Fault } from "./fault.ts";
import { loadBalancerBackupDown, loadBalancerMainDown } from "./load-balancer-down.ts";
import { loadBalancerMisconfigured, loadBalancersMisconfigured } from "./load-balancer-misconfigured.ts";
import { primaryControlPlaneDown } from "./primary-control-plane-down.ts";
import { settingsStoreDown } from "./settings-store-down.ts";
import { storagePrimaryDown } from "./storage-down.ts";
import { backlogSurge, workersLost } from "./workers.ts";

export const faults = {
  "edge-down": edgeDown,
  "edge-down-reset": edgeDownReset,
  "load-balancer-main-down": loadBalancerMainDown,
  "load-balancer-backup-down": loadBalancerBackupDown,
  "load-balancer-misconfigured": loadBalancerMisconfigured,
  "load-balancers-misconfigured": loadBalancersMisconfigured,
  "api-main-down": apiMainDown,
  "api-main-poisoned": apiMainPoisoned,
  "api-main-check-red": apiMainCheckRed,
  "api-backup-poisoned": apiBackupPoisoned,
  "cloudflare-api-down": cloudflareApiDown,
  "settings-store-down": settingsStoreDown,
  "primary-control-plane-down": primaryControlPlaneDown,
  "replica-behind": replicaBehind,
  "database-server-lost": databaseServerLost,
  "database-read-only": databaseReadOnly,
  "database-corrupted": databaseCorrupted,
  "storage-primary-down": storagePrimaryDown,
  "workers-lost": workersLost,
  "backlog-surge": backlogSurge,
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;
