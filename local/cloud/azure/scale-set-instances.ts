import { canonical, objectAt, type Json } from "./document.ts";
import { hashedId } from "./hashed-id.ts";
import type { Resource } from "./resource.ts";

/** One machine of a scale set. */
export interface Instance {
  instanceId: string;
  /** `<scale set>_<instance id>` */
  name: string;
  computerName: string;
  /** Its id in the plant: `<scale set id>/virtualmachines/<n>`. */
  machine: string;
  address: string;
  publicAddress: string | undefined;
  subnetKey: string;
  power: "running" | "stopped" | "deallocated";
  /** False until its first boot was ordered. */
  brought: boolean;
  state: "Succeeded" | "Creating" | "Failed";
  /** The scale set's virtualMachineProfile that it follows. */
  model: Json;
  /** What its disk was made from: follows `model` only by reimage. */
  customData: string;
}

export function instancesOf({ kept }: Resource): Instance[] {
  return Array.isArray(kept.instances) ? (kept.instances as Instance[]) : [];
}

/** One instance as `GET …/virtualMachines/{id}` answers it. */
export function instanceOf(resource: Resource, instance: Instance): Json {
  const latest =
    canonical(instance.model) === canonical(objectAt(resource.document.properties, "virtualMachineProfile"));
  return {
    id: `${resource.id}/virtualMachines/${instance.instanceId}`,
    name: instance.name,
    instanceId: instance.instanceId,
    type: "Microsoft.Compute/virtualMachineScaleSets/virtualMachines",
    location: resource.document.location,
    sku: objectAt(resource.document, "sku"),
    properties: {
      latestModelApplied: latest,
      provisioningState: instance.state,
      vmId: hashedId("instance", instance.machine, resource.createdAt),
      osProfile: { computerName: instance.computerName },
    },
  };
}
