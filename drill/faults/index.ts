import { apiMainDown } from "./api-main-down.ts";
import { cloudflareApiDown } from "./cloudflare-api-down.ts";
import { edgeDown, edgeDownReset } from "./edge-down.ts";
import type { Fault } from "./fault.ts";
import { loadBalancerBackupDown, loadBalancerMainDown } from "./load-balancer-down.ts";

export const faults = {
  "edge-down": edgeDown,
  "edge-down-reset": edgeDownReset,
  "load-balancer-main-down": loadBalancerMainDown,
  "load-balancer-backup-down": loadBalancerBackupDown,
  "api-main-down": apiMainDown,
  "cloudflare-api-down": cloudflareApiDown,
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;
