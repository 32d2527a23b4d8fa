import { ArmError, armError } from "../arm-error.ts";
import type { Change, Cloud, Rules, Subject } from "../cloud.ts";
import { listAt, objectAt, textAt, type Json } from "../document.ts";
import { hashedId } from "../hashed-id.ts";
import { doorOf } from "../machine-doors.ts";
import { identityView } from "../machine-identity.ts";
import type { MachineSpec } from "../plant-protocol.ts";
import { referrersOf } from "../references.ts";
import { regionOf, type Resource } from "../resource.ts";
import { checkCores } from "./cores.ts";
import { checkIdentity, checkMachineProfile, specOf } from "./machine-profile.ts";

export const virtualMachine: Rules = {
  accept(change) {
    const { document, old, cloud, key } = change;
    const { properties } = document;
    if (!/^(Standard|Basic)_\w+$/.test(textAt(properties, "hardwareProfile", "vmSize") ?? "")) {
      throw armError("invalidParameter", { parameter: "vmSize" });
    }
    if (!old) checkMachineProfile(properties);
    checkCores(change);
    checkIdentity(document);
    const nics = listAt(properties, "networkProfile", "networkInterfaces");
    if (nics.length !== 1) {
      const error =
        nics.length === 0 ? armError("invalidParameter", { parameter: "networkInterfaces" }) : undefined;
      throw error ?? armError("notServed", { call: "virtual machines with several network interfaces" });
    }
    const nic = cloud.store.get(textAt(nics[0], "id") ?? "");
    const other = nic && referrersOf(nic.key, cloud.store).find((user) => user.key !== key);
    if (nic && other) {
      throw new ArmError(
        400,
        "NicInUse",
        `Network Interface ${nic.id} is used by existing resource ${other.id}. In order to delete or attach the network interface, it must be dissociated from the resource.`,
      );
    }
    fillIn(change);
  },
  async carryOut(resource, { cloud }) {
    // A machine whose first boot failed has nothing that works yet: the next PUT tries again.
    if (resource.kept.provisioned !== true) await bringUp(resource, cloud);
    await cloud.firewall.refresh();
  },
  outputs: ({ key, createdAt }) => ({ vmId: hashedId("vm", key, createdAt), timeCreated: createdAt }),
  envelope: identityView,
  writeOnly: ["properties.osProfile.customData", "properties.osProfile.adminPassword", "properties.userData"],
  async clear(resource, cloud) {
    if (resource.kept.brought === true) await cloud.machines.remove(resource.key);
    for (const nic of listAt(resource.document, "properties", "networkProfile", "networkInterfaces")) {
      const deleted = textAt(nic, "properties", "deleteOption") === "Delete";
      const found = cloud.store.get(textAt(nic, "id") ?? "");
      if (deleted && found) cloud.store.remove(found.key);
    }
  },
  actions: {
    poweroff: (subject) => () => bringDown(subject, "stopped"),
    deallocate: (subject) => () => bringDown(subject, "deallocated"),
    start:
      ({ resource, cloud }) =>
      () =>
        bringUp(resource, cloud),
    restart: (subject) => async () => {
      await bringDown(subject, "stopped");
      await bringUp(subject.resource, subject.cloud);
    },
  },
};

function fillIn({ document, old, kept, name }: Change): void {
  const system = objectAt(document.properties, "osProfile");
  if (document.properties.osProfile !== undefined) system.computerName ??= name;
  // What ARM never reads back is kept when a later PUT leaves it out.
  const before = objectAt(old?.document.properties, "osProfile");
  for (const secret of ["customData", "adminPassword"]) {
    if (system[secret] === undefined && before[secret] !== undefined) system[secret] = before[secret];
  }
  if (document.properties.osProfile === undefined && old) document.properties.osProfile = before;
  Object.assign(kept, old?.kept);
}

async function bringUp(resource: Resource, cloud: Cloud): Promise<void> {
  resource.kept.brought = true;
  await cloud.machines.boot(machineSpec(resource, cloud));
  resource.kept.provisioned = true;
  resource.kept.power = "running";
}

async function bringDown({ resource, cloud }: Subject, power: "stopped" | "deallocated"): Promise<void> {
  await cloud.machines.halt(resource.key);
  resource.kept.power = power;
}

function machineSpec(resource: Resource, cloud: Cloud): MachineSpec {
  const door = doorOf(resource, cloud.store);
  if (!door) throw armError("invalidParameter", { parameter: "networkInterfaces" });
  const { properties } = resource.document;
  const place = {
    machine: resource.key,
    name: textAt(properties, "osProfile", "computerName") ?? resource.name,
    region: regionOf(resource) ?? "",
    addresses: [door.address, ...(door.publicAddress === undefined ? [] : [door.publicAddress])],
    identified: Object.keys(objectAt(resource.document, "identity", "userAssignedIdentities")).length > 0,
  };
  return specOf(properties, place, cloud);
}

const displays = { running: "VM running", stopped: "VM stopped", deallocated: "VM deallocated" } as const;

/** What `GET …/instanceView` answers. */
export function instanceViewOf({ state, kept, name }: { state: string; kept: Json; name: string }): Json {
  const power = kept.power === "stopped" || kept.power === "deallocated" ? kept.power : "running";
  const statuses = [
    {
      code: `ProvisioningState/${state.toLowerCase()}`,
      level: state === "Failed" ? "Error" : "Info",
      displayStatus: `Provisioning ${state.toLowerCase()}`,
    },
    ...(kept.power === undefined
      ? []
      : [{ code: `PowerState/${power}`, level: "Info", displayStatus: displays[power] }]),
  ];
  return { computerName: name, osName: "ubuntu", statuses };
}
