import { nextAddress, publicAddressFor, type Lease } from "../address-pool.ts";
import { armError } from "../arm-error.ts";
import type { Change, Cloud, Rules, Subject } from "../cloud.ts";
import { isObject, listAt, objectAt, textAt, valuesAt, type Json } from "../document.ts";
import { hashedId } from "../hashed-id.ts";
import { identityView } from "../machine-identity.ts";
import { regionOf, type Resource } from "../resource.ts";
import { instancesOf, type Instance } from "../scale-set-instances.ts";
import { checkCores } from "./cores.ts";
import { checkIdentity, checkMachineProfile, specOf } from "./machine-profile.ts";

export const scaleSet: Rules = {
  accept(change) {
    const { document, old, kept } = change;
    const { properties } = document;
    Object.assign(kept, old?.kept);
    if (textAt(properties, "orchestrationMode") === "Flexible") {
      throw armError("notServed", { call: "scale sets with flexible orchestration" });
    }
    if (!["Manual", "Automatic", "Rolling"].includes(textAt(properties, "upgradePolicy", "mode") ?? "")) {
      throw armError("invalidParameter", { parameter: "upgradePolicy.mode" });
    }
    const profile = objectAt(properties, "virtualMachineProfile");
    const before = objectAt(old?.document.properties, "virtualMachineProfile", "osProfile");
    const system = objectAt(profile, "osProfile");
    if (system.adminPassword === undefined && before.adminPassword !== undefined)
      system.adminPassword = before.adminPassword;
    checkMachineProfile(profile);
    checkIdentity(document);
    if (!textAt(system, "computerNamePrefix"))
      throw armError("invalidParameter", { parameter: "computerNamePrefix" });
    settleCapacity(change);
    checkCores(change);
    kept.instances = plannedInstances(change);
    kept.leases = (kept.instances as Instance[]).map(leaseOf);
  },
  async carryOut(resource, { cloud }) {
    await settleAll(leavingOf(resource).map((instance) => dismiss(instance, resource, cloud)));
    const missing = instancesOf(resource).filter(({ state }) => state !== "Succeeded");
    await settleAll(missing.map((instance) => bringUp(instance, resource, cloud)));
    await cloud.firewall.refresh();
  },
  outputs: ({ key, createdAt }) => ({
    uniqueId: hashedId("scale set", key, createdAt),
    timeCreated: createdAt,
  }),
  envelope: identityView,
  writeOnly: [
    "properties.virtualMachineProfile.osProfile.customData",
    "properties.virtualMachineProfile.osProfile.adminPassword",
  ],
  async clear(resource, cloud) {
    const all = [...instancesOf(resource), ...leavingOf(resource)];
    const brought = all.filter((instance) => instance.brought);
    await Promise.all(brought.map(({ machine }) => cloud.machines.remove(machine)));
  },
  actions: {
    poweroff: onChosen((instance, subject) => bringDown(instance, subject, "stopped")),
    deallocate: onChosen((instance, subject) => bringDown(instance, subject, "deallocated")),
    start: onChosen((instance, { resource, cloud }) => bringUp(instance, resource, cloud)),
    restart: onChosen(async (instance, subject) => {
      await bringDown(instance, subject, "stopped");
      await bringUp(instance, subject.resource, subject.cloud);
    }),
    manualupgrade: onChosen(async (instance, { resource }) => {
      instance.model = objectAt(resource.document.properties, "virtualMachineProfile");
    }),
    reimage: onChosen(async (instance, { resource, cloud }) => {
      await cloud.machines.remove(instance.machine);
      instance.customData = customDataOf(instance.model);
      await bringUp(instance, resource, cloud);
    }),
    delete(subject, body) {
      if (!Array.isArray(body.instanceIds)) throw armError("invalidParameter", { parameter: "instanceIds" });
      return onChosen(deleteInstance)(subject, body);
    },
  },
};

/** Instances that the capacity has no room for any more, and whose machines may still be there. */
function leavingOf({ kept }: Resource): Instance[] {
  return valuesAt(kept, "leaving[]") as Instance[];
}

/** It is forgotten only when its machine is gone, so that the next PUT can try again. */
async function dismiss(instance: Instance, resource: Resource, cloud: Cloud): Promise<void> {
  if (instance.brought) await cloud.machines.remove(instance.machine);
  resource.kept.leaving = leavingOf(resource).filter((each) => each !== instance);
}

/** The capacity goes down with it, so that no other takes its place. */
async function deleteInstance(instance: Instance, { resource, cloud }: Subject): Promise<void> {
  if (instance.brought) await cloud.machines.remove(instance.machine);
  const { kept, document } = resource;
  const left = valuesAt(kept, "instances[]").filter((each) => each !== instance) as Instance[];
  kept.instances = left;
  kept.leases = left.map(leaseOf);
  objectAt(document, "sku").capacity = left.length;
}

function settleCapacity({ document, old }: Change): void {
  const sku = objectAt(document, "sku");
  sku.capacity ??= objectAt(old?.document, "sku").capacity;
  const { capacity } = sku;
  const valid =
    typeof capacity === "number" && Number.isInteger(capacity) && capacity >= 0 && capacity <= 1000;
  if (!valid || textAt(sku, "name") === undefined) throw armError("invalidParameter", { parameter: "sku" });
}

/** The instances after this change. New ones get the next ids; the highest leave first; ids are never used again. */
function plannedInstances(change: Change): Instance[] {
  const { document, kept, old } = change;
  const capacity = Number(objectAt(document, "sku").capacity);
  const profile = objectAt(document.properties, "virtualMachineProfile");
  const follow = textAt(document.properties, "upgradePolicy", "mode") !== "Manual";
  const before = (old ? instancesOf(old) : []).map((instance) =>
    follow ? { ...instance, model: profile } : { ...instance },
  );
  kept.leaving = [...valuesAt(old?.kept, "leaving[]"), ...before.slice(capacity)];
  const instances = before.slice(0, capacity);
  while (instances.length < capacity) instances.push(newInstance(change, instances));
  return instances;
}

function newInstance(change: Change, present: readonly Instance[]): Instance {
  const { kept, name, key, document, cloud } = change;
  const number = typeof kept.nextInstance === "number" ? kept.nextInstance : 0;
  kept.nextInstance = number + 1;
  const profile = objectAt(document.properties, "virtualMachineProfile");
  const [nic] = listAt(profile, "networkProfile", "networkInterfaceConfigurations");
  const [configuration] = listAt(nic, "properties", "ipConfigurations");
  const subnet = cloud.store.get(textAt(configuration, "properties", "subnet", "id") ?? "");
  if (!subnet) throw armError("invalidParameter", { parameter: "networkProfile" });
  const instanceName = `${name}_${number}`;
  const isPublic = isObject(objectAt(configuration, "properties").publicIPAddressConfiguration);
  return {
    instanceId: String(number),
    name: instanceName,
    // Six digits of base 36: learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-instance-ids.
    computerName: `${textAt(profile, "osProfile", "computerNamePrefix")}${number.toString(36).toUpperCase().padStart(6, "0")}`,
    machine: `${key}/virtualmachines/${number}`,
    address: nextAddress(
      subnet,
      cloud.store,
      present.map(({ address }) => address),
    ),
    publicAddress: isPublic ? publicAddressFor(instanceName, cloud) : undefined,
    subnetKey: subnet.key,
    power: "running",
    brought: false,
    state: "Creating",
    model: profile,
    customData: customDataOf(profile),
  };
}

function customDataOf(profile: Json): string {
  return textAt(profile, "osProfile", "customData") ?? "";
}

function leaseOf({ address, subnetKey, machine }: Instance): Lease {
  return { address, subnetKey, holder: machine };
}

async function bringUp(instance: Instance, resource: Resource, cloud: Cloud): Promise<void> {
  const place = {
    machine: instance.machine,
    name: instance.computerName,
    region: regionOf(resource) ?? "",
    addresses: [instance.address, ...(instance.publicAddress === undefined ? [] : [instance.publicAddress])],
    customData: instance.customData,
    identified: Object.keys(objectAt(resource.document, "identity", "userAssignedIdentities")).length > 0,
  };
  instance.brought = true;
  instance.state = "Failed";
  await cloud.machines.boot(specOf(instance.model, place, cloud));
  instance.state = "Succeeded";
  instance.power = "running";
}

async function bringDown(instance: Instance, { cloud }: Subject, power: Instance["power"]): Promise<void> {
  await cloud.machines.halt(instance.machine);
  instance.power = power;
}

type InstanceWork = (instance: Instance, subject: Subject) => Promise<void>;

/** For `{"instanceIds": [...]}`; "*" or nothing means all. */
function onChosen(work: InstanceWork): (subject: Subject, body: Json) => () => Promise<void> {
  return (subject, { instanceIds }) => {
    const wanted =
      Array.isArray(instanceIds) && !instanceIds.includes("*") ? instanceIds.map(String) : undefined;
    const all = instancesOf(subject.resource);
    const chosen = all.filter(({ instanceId }) => !wanted || wanted.includes(instanceId));
    if (wanted && chosen.length !== wanted.length)
      throw armError("invalidParameter", { parameter: "instanceIds" });
    return () => settleAll(chosen.map((instance) => work(instance, subject)));
  };
}

/** Waits for all, then fails with the first failure: one broken machine must not leave others half made. */
async function settleAll(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}
