import { leasesOf } from "./address-pool.ts";
import { listAt, textAt } from "./document.ts";
import type { Resource } from "./resource.ts";
import type { ResourceStore } from "./resource-store.ts";
import { instancesOf } from "./scale-set-instances.ts";

/** Where a machine meets its network. */
export interface Door {
  /** As in the plant's protocol. */
  machine: string;
  address: string;
  publicAddress: string | undefined;
  subnet: Resource;
  /** Security groups: the subnet's, then the NIC's. */
  groupIds: string[];
}

/** Of every machine that has been brought up. */
export function doorsOf(store: ResourceStore): Door[] {
  const single = store
    .ofType("Microsoft.Compute/virtualMachines")
    .filter(({ kept }) => kept.brought === true)
    .flatMap((machine) => doorOf(machine, store) ?? []);
  return [
    ...single,
    ...store.ofType("Microsoft.Compute/virtualMachineScaleSets").flatMap((set) => doorsOfSet(set, store)),
  ];
}

export function nicOf(machine: Resource, store: ResourceStore): Resource | undefined {
  const list = listAt(machine.document, "properties", "networkProfile", "networkInterfaces");
  const first =
    list.find((each) => listAt({ all: [each.properties] }, "all")[0]?.primary === true) ?? list[0];
  return store.get(textAt(first, "id") ?? "");
}

export function doorOf(machine: Resource, store: ResourceStore): Door | undefined {
  const nic = nicOf(machine, store);
  const [lease] = nic ? leasesOf(nic) : [];
  const subnet = lease && store.get(lease.subnetKey);
  if (!nic || !lease || !subnet) return undefined;
  const [configuration] = listAt(nic.document, "properties", "ipConfigurations");
  const attached = store.get(textAt(configuration, "properties", "publicIPAddress", "id") ?? "");
  const publicAddress =
    attached && typeof attached.kept.publicAddress === "string" ? attached.kept.publicAddress : undefined;
  const own = textAt(nic.document, "properties", "networkSecurityGroup", "id");
  return {
    machine: machine.key,
    address: lease.address,
    publicAddress,
    subnet,
    groupIds: groupsOf(subnet, own),
  };
}

function doorsOfSet(set: Resource, store: ResourceStore): Door[] {
  const [nic] = listAt(
    set.document,
    "properties",
    "virtualMachineProfile",
    "networkProfile",
    "networkInterfaceConfigurations",
  );
  const own = textAt(nic, "properties", "networkSecurityGroup", "id");
  return instancesOf(set)
    .filter(({ brought }) => brought)
    .flatMap(({ machine, address, publicAddress, subnetKey }) => {
      const subnet = store.get(subnetKey);
      return subnet ? [{ machine, address, publicAddress, subnet, groupIds: groupsOf(subnet, own) }] : [];
    });
}

function groupsOf(subnet: Resource, own: string | undefined): string[] {
  const ofSubnet = textAt(subnet.document, "properties", "networkSecurityGroup", "id");
  return [ofSubnet, own].filter((id) => id !== undefined);
}
