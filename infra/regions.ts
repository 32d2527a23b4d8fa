/** A region and its pair: geo-redundant storage and backups go to that one and to no other. */
interface Region {
  pair: string;
  /** Whether it has availability zones; main and backup servers then stand in two of them. */
  zones: boolean;
}

/**
 * Regions that a plant can be in: those that are paired both ways.
 * https://learn.microsoft.com/azure/reliability/regions-list (read 2026-11)
 */
export const regions = {
  australiaeast: { pair: "australiasoutheast", zones: true },
  australiasoutheast: { pair: "australiaeast", zones: false },
  canadacentral: { pair: "canadaeast", zones: true },
  canadaeast: { pair: "canadacentral", zones: false },
  centralindia: { pair: "southindia", zones: true },
  southindia: { pair: "centralindia", zones: false },
  eastasia: { pair: "southeastasia", zones: true },
  southeastasia: { pair: "eastasia", zones: true },
  eastus: { pair: "westus", zones: true },
  westus: { pair: "eastus", zones: false },
  eastus2: { pair: "centralus", zones: true },
  centralus: { pair: "eastus2", zones: true },
  northcentralus: { pair: "southcentralus", zones: false },
  southcentralus: { pair: "northcentralus", zones: true },
  westcentralus: { pair: "westus2", zones: false },
  westus2: { pair: "westcentralus", zones: true },
  francecentral: { pair: "francesouth", zones: true },
  germanywestcentral: { pair: "germanynorth", zones: true },
  japaneast: { pair: "japanwest", zones: true },
  japanwest: { pair: "japaneast", zones: true },
  koreacentral: { pair: "koreasouth", zones: true },
  koreasouth: { pair: "koreacentral", zones: false },
  northeurope: { pair: "westeurope", zones: true },
  westeurope: { pair: "northeurope", zones: true },
  norwayeast: { pair: "norwaywest", zones: true },
  southafricanorth: { pair: "southafricawest", zones: true },
  swedencentral: { pair: "swedensouth", zones: true },
  switzerlandnorth: { pair: "switzerlandwest", zones: true },
  uaenorth: { pair: "uaecentral", zones: true },
  uksouth: { pair: "ukwest", zones: true },
  ukwest: { pair: "uksouth", zones: false },
} as const satisfies Record<string, Region>;

/** Zones for main and backup of a pair of servers; none where the region has none. */
export function zonesOf(location: string): { main: string[]; backup: string[] } {
  const region: Region | undefined = regions[location as keyof typeof regions];
  return region?.zones ? { main: ["1"], backup: ["2"] } : { main: [], backup: [] };
}

/** The region that holds the geo-redundant copies of this one. */
export function pairOf(location: string): string | undefined {
  return regions[location as keyof typeof regions]?.pair;
}
