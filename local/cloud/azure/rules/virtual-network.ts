import { leasesOf, rangesOf } from "../address-pool.ts";
import { ArmError } from "../arm-error.ts";
import { contains, overlap, parseCidr, type Range } from "../cidr.ts";
import type { Change, Rules } from "../cloud.ts";
import { valuesAt } from "../document.ts";
import { referrersOf } from "../references.ts";
import type { Resource } from "../resource.ts";

const subnetType = "Microsoft.Network/virtualNetworks/subnets";

export const virtualNetwork: Rules = {
  inline: { property: "subnets", type: subnetType },
  accept({ document, id, old, cloud }) {
    const prefixes = valuesAt(document, "properties.addressSpace.addressPrefixes[]");
    const ranges = prefixes.map((prefix) => parsed(prefix, `The address prefix ${String(prefix)} of ${id}`));
    if (ranges.length === 0) {
      throw new ArmError(400, "InvalidRequestFormat", "Cannot parse the request: addressSpace is missing.");
    }
    const subnets = old ? cloud.store.childrenOf(old.key, subnetType) : [];
    for (const subnet of subnets) checkInside(rangesOf(subnet), ranges, subnet.id);
  },
  outputs: ({ document }) => ({ enableDdosProtection: false, ...document.properties }),
  removable({ resource, cloud }) {
    const used = cloud.store
      .childrenOf(resource.key, subnetType)
      .find((subnet) => referrersOf(subnet.key, cloud.store).length > 0);
    if (used) throw inUse(used);
  },
};

export const subnet: Rules = {
  accept(change) {
    const ranges = subnetRanges(change);
    const { parent, cloud, key, id, old } = change;
    const space = valuesAt(parent?.document, "properties.addressSpace.addressPrefixes[]");
    checkInside(
      ranges,
      space.map((prefix) => parsed(prefix, id)),
      id,
    );
    const siblings = parent ? cloud.store.childrenOf(parent.key, subnetType) : [];
    const clash = siblings.find((other) => other.key !== key && meet(rangesOf(other), ranges));
    if (clash) {
      throw new ArmError(
        400,
        "NetcfgSubnetRangesOverlap",
        `Subnet '${change.name}' is not valid because its IP address range overlaps with that of an existing subnet in virtual network '${parent?.name}'.`,
      );
    }
    if (old && !sameRanges(rangesOf(old), ranges) && referrersOf(key, cloud.store).length > 0) {
      throw new ArmError(
        400,
        "InUsePrefixCannotBeDeleted",
        `IpPrefix of subnet ${id} is in use and cannot be changed.`,
      );
    }
  },
  carryOut: (_, { cloud }) => cloud.firewall.refresh(),
  outputs({ key }, { store }) {
    const leases = store
      .all()
      .flatMap(leasesOf)
      .filter((lease) => lease.subnetKey === key);
    return {
      privateEndpointNetworkPolicies: "Disabled",
      privateLinkServiceNetworkPolicies: "Enabled",
      ...store.get(key)?.document.properties,
      ...(leases.length > 0 ? { ipConfigurations: leases.map(({ holder }) => ({ id: holder })) } : {}),
    };
  },
};

function subnetRanges({ document, id }: Change): Range[] {
  const { addressPrefix, addressPrefixes } = document.properties;
  const all = [addressPrefix, ...(Array.isArray(addressPrefixes) ? (addressPrefixes as unknown[]) : [])];
  const given = all.filter((prefix) => prefix !== undefined);
  if (given.length === 0) {
    throw new ArmError(
      400,
      "InvalidRequestFormat",
      `Cannot parse the request: addressPrefix of ${id} is missing.`,
    );
  }
  return given.map((prefix) => parsed(prefix, id));
}

function parsed(prefix: unknown, about: string): Range {
  const range = typeof prefix === "string" ? parseCidr(prefix) : undefined;
  if (range) return range;
  throw new ArmError(
    400,
    "InvalidCIDRNotation",
    `${about}: the address prefix ${String(prefix)} is not in CIDR notation.`,
  );
}

function checkInside(ranges: readonly Range[], space: readonly Range[], id: string): void {
  if (ranges.every((range) => space.some((outer) => contains(outer, range)))) return;
  throw new ArmError(
    400,
    "NetcfgInvalidSubnet",
    `Subnet '${id}' is not valid because its IP address range is outside the IP address range of its virtual network.`,
  );
}

function meet(some: readonly Range[], others: readonly Range[]): boolean {
  return some.some((one) => others.some((other) => overlap(one, other)));
}

function sameRanges(some: readonly Range[], others: readonly Range[]): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}

function inUse(used: Resource): ArmError {
  return new ArmError(
    400,
    "InUseSubnetCannotBeDeleted",
    `Subnet ${used.name} is in use and cannot be deleted.`,
  );
}
