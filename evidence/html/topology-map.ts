import type { FaultName } from "../../drill/faults/index.ts";

/** Where everything stands: in the same place in every picture, so that a difference is seen at a glance. */
export const size = { width: 360, height: 452 };

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
  label: string;
}

const box = (label: string, [x, y]: readonly [number, number], width = 140): Box => ({
  x,
  y,
  width,
  height: 26,
  label,
});
const columns = [10, 100, 190, 280] as const;
const [primaryY, secondaryY] = [326, 392];

export const boxes = {
  clients: box("clients", [110, 4]),
  dns: { ...box("DNS", [80, 54], 200), height: 38 },
  edge: box("Cloudflare edge", [110, 112]),
  lbMain: box("load balancer main", [24, 192]),
  lbBackup: box("load balancer backup", [196, 192]),
  apiMain: box("API main", [24, 248]),
  apiBackup: box("API backup", [196, 248]),
  databasePrimary: box("database", [columns[0], primaryY], 70),
  databaseRestored: box("restored", [columns[1], primaryY], 70),
  storagePrimary: box("storage", [columns[2], primaryY], 70),
  workersPrimary: box("workers", [columns[3], primaryY], 70),
  databaseSecondary: box("replica", [columns[0], secondaryY], 70),
  storageSecondary: box("storage", [columns[2], secondaryY], 70),
  workersSecondary: { ...box("workers", [columns[3], secondaryY - 6], 70), height: 38 },
} as const satisfies Record<string, Box>;

export type Place = keyof typeof boxes;

/** Around what is in a region. */
export const frames: readonly Box[] = [
  { x: 4, y: 150, width: 352, height: 226, label: "primary region" },
  { x: 4, y: 384, width: 352, height: 62, label: "secondary region" },
];
/** Everything that comes from outside passes it. */
export const firewall: Box = { x: 4, y: 150, width: 352, height: 20, label: "firewall" };

/** What API servers share on their way to data: as long as the ways that meet on it need. */
export const busY = 296;

/** Every way that any topology takes. */
export const ways = {
  "clients dns": "M180 30V54",
  "dns edge": "M180 92V112",
  "dns lbMain": "M80 73H70V192",
  "dns lbBackup": "M280 73H290V192",
  "dns apiMain": "M80 73H14V261H24",
  "dns apiBackup": "M280 73H346V261H336",
  "edge lbMain": "M160 138V144H94V192",
  "edge lbBackup": "M200 138V144H266V192",
  "edge apiMain": "M176 138V234H110V248",
  "edge apiBackup": "M184 138V234H250V248",
  "lbMain apiMain": "M80 218V248",
  "lbMain apiBackup": "M130 218V232H230V248",
  "lbBackup apiMain": "M230 218V232H130V248",
  "lbBackup apiBackup": "M280 218V248",
  "apiMain data": "M94 274V296",
  "apiBackup data": "M266 274V296",
  "data databasePrimary": "M45 296V326",
  "data databaseRestored": "M135 296V326",
  "data databaseSecondary": "M90 296V380H45V392",
  "data storagePrimary": "M225 296V326",
  "data storageSecondary": "M180 296V380H225V392",
  "storagePrimary workersPrimary": "M260 339H280",
  "storagePrimary workersSecondary": "M260 345H270V405H280",
  "storageSecondary workersPrimary": "M260 399H270V339H280",
  "storageSecondary workersSecondary": "M260 405H280",
} as const satisfies Record<string, string>;

export type Way = keyof typeof ways;

/** What a fault breaks, as far as the picture has it. */
export const brokenBy: Readonly<Record<FaultName, readonly Place[]>> = {
  "edge-down": ["edge"],
  "edge-down-reset": ["edge"],
  "load-balancer-main-down": ["lbMain"],
  "load-balancer-backup-down": ["lbBackup"],
  "load-balancer-misconfigured": ["lbMain"],
  "load-balancers-misconfigured": ["lbMain", "lbBackup"],
  "api-main-down": ["apiMain"],
  "api-main-poisoned": ["apiMain"],
  "api-main-check-red": ["apiMain"],
  "api-backup-poisoned": ["apiBackup"],
  "cloudflare-api-down": ["dns"],
  "settings-store-down": [],
  "primary-control-plane-down": [],
  "replica-behind": ["databaseSecondary"],
  "database-server-lost": ["databasePrimary"],
  "database-read-only": ["databasePrimary"],
  "database-corrupted": ["databasePrimary"],
  "storage-primary-down": ["storagePrimary"],
  "workers-lost": ["workersPrimary"],
  "backlog-surge": [],
};
