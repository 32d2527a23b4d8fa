import { armError } from "./arm-error.ts";

/** Regions and their pairs, learn.microsoft.com/azure/reliability/regions-paired, read 2026-11. A selection. */
const pairs: readonly (readonly [string, string])[] = [
  ["westeurope", "northeurope"],
  ["germanywestcentral", "germanynorth"],
  ["francecentral", "francesouth"],
  ["swedencentral", "swedensouth"],
  ["switzerlandnorth", "switzerlandwest"],
  ["norwayeast", "norwaywest"],
  ["uksouth", "ukwest"],
  ["eastus", "westus"],
  ["eastus2", "centralus"],
  ["westus2", "westcentralus"],
  ["canadacentral", "canadaeast"],
  ["southeastasia", "eastasia"],
  ["japaneast", "japanwest"],
  ["australiaeast", "australiasoutheast"],
];

const pairOf = new Map(pairs.flatMap(([one, other]) => [[one, other] as const, [other, one] as const]));

/** "West Europe" and "westeurope" are the same to ARM. */
export function plainRegion(location: string): string {
  return location.replaceAll(" ", "").toLowerCase();
}

export function pairedRegion(location: string): string {
  return pairOf.get(plainRegion(location)) ?? location;
}

/** @throws ArmError LocationRequired or LocationNotAvailableForResourceType. */
export function checkRegion(location: unknown, type: string): string {
  if (typeof location !== "string" || location === "") throw armError("locationRequired");
  const plain = plainRegion(location);
  if (pairOf.has(plain)) return plain;
  throw armError("locationNotAvailable", { location, type, regions: [...pairOf.keys()].join(",") });
}
