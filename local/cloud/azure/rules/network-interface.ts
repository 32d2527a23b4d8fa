import { checkAddress, leasesOf, nextAddress, publicAddressFor, type Lease } from "../address-pool.ts";
import { ArmError, armError } from "../arm-error.ts";
import type { Change, Rules } from "../cloud.ts";
import { listAt, objectAt, textAt, type Json } from "../document.ts";
import { referrersOf } from "../references.ts";
import type { Resource } from "../resource.ts";

export const publicAddress: Rules = {
  accept(change) {
    const { document, old, kept, name, cloud } = change;
    document.sku = { tier: "Regional", name: "Basic", ...objectAt(document, "sku") };
    if (textAt(document, "sku", "name") === "Basic") {
      // Retired on 2025-09-30: learn.microsoft.com/azure/virtual-network/ip-services/public-ip-basic-upgrade-guidance.
      throw new ArmError(
        400,
        "IPv4BasicSkuPublicIpCountLimitReached",
        "Cannot create more than 0 IPv4 Basic SKU public IP addresses for this subscription in this region.",
      );
    }
    if (textAt(document, "properties", "publicIPAllocationMethod") !== "Static") {
      throw new ArmError(
        400,
        "StandardSkuPublicIPAllocationMethodMustBeStatic",
        `Standard sku publicIp ${change.id} must have AllocationMethod set to Static.`,
      );
    }
    document.properties.publicIPAddressVersion ??= "IPv4";
    document.properties.idleTimeoutInMinutes ??= 4;
    kept.publicAddress = old?.kept.publicAddress ?? publicAddressFor(name, cloud);
  },
  outputs({ key, kept }, { store }) {
    const [user] = referrersOf(key, store);
    return { ipAddress: kept.publicAddress, ipTags: [], ...(user ? usedBy(user, key) : {}) };
  },
};

function usedBy(user: Resource, key: string): Json {
  if (user.row.type !== "Microsoft.Network/networkInterfaces") return { natGateway: { id: user.id } };
  const attached = configurationsOf(user).find(
    (each) => textAt(each, "properties", "publicIPAddress", "id")?.toLowerCase() === key,
  );
  return { ipConfiguration: { id: `${user.id}/ipConfigurations/${String(attached?.name)}` } };
}

function configurationsOf({ document }: { document: Json }): Json[] {
  return listAt(document, "properties", "ipConfigurations");
}

export const networkInterface: Rules = {
  accept(change) {
    const configurations = configurationsOf(change);
    if (configurations.length === 0) {
      throw new ArmError(
        400,
        "NetworkInterfaceMustHaveAtLeastOneIpConfiguration",
        `Network interface ${change.id} must have at least one IP configuration.`,
      );
    }
    const leases: Lease[] = [];
    for (const configuration of configurations) leases.push(leaseFor(configuration, change, leases));
    change.kept.leases = leases;
    for (const configuration of configurations) {
      checkPublicAddress(textAt(configuration, "properties", "publicIPAddress", "id"), change);
    }
  },
  carryOut: (_, { cloud }) => cloud.firewall.refresh(),
  outputs(resource, { store }) {
    const leases = leasesOf(resource);
    const machine = referrersOf(resource.key, store).find(
      ({ row }) => row.type === "Microsoft.Compute/virtualMachines",
    );
    return {
      ipConfigurations: configurationsOf(resource).map((configuration, at) => ({
        id: `${resource.id}/ipConfigurations/${String(configuration.name)}`,
        type: "Microsoft.Network/networkInterfaces/ipConfigurations",
        ...configuration,
        properties: {
          privateIPAllocationMethod: "Dynamic",
          privateIPAddressVersion: "IPv4",
          primary: at === 0,
          ...objectAt(configuration, "properties"),
          privateIPAddress: leases[at]?.address,
          provisioningState: "Succeeded",
        },
      })),
      primary: true,
      enableIPForwarding: resource.document.properties.enableIPForwarding ?? false,
      ...(machine ? { virtualMachine: { id: machine.id } } : {}),
    };
  },
};

function leaseFor(configuration: Json, change: Change, before: readonly Lease[]): Lease {
  const { cloud, old, id } = change;
  const name = textAt(configuration, "name") ?? "";
  const subnet = cloud.store.get(textAt(configuration, "properties", "subnet", "id") ?? "");
  if (!subnet) throw armError("missingProperty", { property: `ipConfigurations['${name}'].subnet` });
  const holder = `${id}/ipConfigurations/${name}`;
  const lease = (address: string): Lease => ({ address, subnetKey: subnet.key, holder });
  const wanted = textAt(configuration, "properties", "privateIPAddress");
  if (textAt(configuration, "properties", "privateIPAllocationMethod") === "Static") {
    if (wanted === undefined) {
      throw new ArmError(
        400,
        "PrivateIPAddressNotSpecified",
        `Private static IP address of ${holder} is not specified.`,
      );
    }
    checkAddress(wanted, subnet, { store: cloud.store, holder });
    return lease(wanted);
  }
  const kept =
    old &&
    leasesOf(old).find(
      (each) => each.holder.toLowerCase() === holder.toLowerCase() && each.subnetKey === subnet.key,
    );
  return lease(
    kept?.address ??
      nextAddress(
        subnet,
        cloud.store,
        before.map(({ address }) => address),
      ),
  );
}

/** @throws ArmError 400 when the public address is another resource's already. */
export function checkPublicAddress(id: unknown, change: Change): void {
  const { store } = change.cloud;
  const attached = typeof id === "string" ? store.get(id) : undefined;
  const other = attached && referrersOf(attached.key, store).find(({ key }) => key !== change.key);
  if (!attached || !other) return;
  throw new ArmError(
    400,
    "PublicIPAddressInUse",
    `Resource ${change.id} is referencing public IP address ${attached.id} that is already allocated to resource ${other.id}.`,
  );
}
