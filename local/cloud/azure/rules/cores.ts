import { ArmError } from "../arm-error.ts";
import type { Change } from "../cloud.ts";
import { objectAt, textAt, type Document } from "../document.ts";
import { regionOf } from "../resource.ts";

/** The number in its name: learn.microsoft.com/azure/virtual-machines/vm-naming-conventions. A few old sizes differ. */
function coresOf(size: string): number {
  return Number(/^[A-Za-z]+_[A-Za-z]+(\d+)/.exec(size)?.[1] ?? 1);
}

function coresIn(document: Document | undefined): number {
  if (!document) return 0;
  const size = textAt(document.properties, "hardwareProfile", "vmSize");
  if (size !== undefined) return coresOf(size);
  const { name, capacity } = objectAt(document, "sku");
  return coresOf(String(name)) * Number(capacity);
}

/**
 * Machines that are deallocated count too: learn.microsoft.com/azure/quotas/regional-quota-requests, read 2026-11.
 * Status, code and words: github.com/cloud-barista/cb-spider/issues/1558.
 * @throws ArmError 409 OperationNotAllowed when the region would have more than the subscription may.
 */
export function checkCores({ document, old, cloud }: Change): void {
  const { cores: limit } = cloud.switches;
  const more = coresIn(document) - coresIn(old?.document);
  if (limit === null || more <= 0) return;
  const used = ["Microsoft.Compute/virtualMachines", "Microsoft.Compute/virtualMachineScaleSets"]
    .flatMap((type) => cloud.store.ofType(type))
    .filter((machine) => regionOf(machine) === document.location)
    .reduce((sum, machine) => sum + coresIn(machine.document), 0);
  if (used + more <= limit) return;
  throw new ArmError(
    409,
    "OperationNotAllowed",
    `Operation could not be completed as it results in exceeding approved Total Regional Cores quota. Additional details - Deployment Model: Resource Manager, Location: ${String(document.location)}, Current Limit: ${limit}, Current Usage: ${used}, Additional Required: ${more}, (Minimum) New Limit Required: ${used + more}. Submit a request for Quota increase at https://aka.ms/ProdportalCRP/ by specifying parameters listed in the 'Details' section for deployment to succeed. Please read more about quota limits at https://docs.microsoft.com/en-us/azure/azure-supportability/regional-quota-requests.`,
  );
}
