import { ArmError } from "./arm-error.ts";
import { contains, formatAddress, parseAddress, parseCidr, type Range } from "./cidr.ts";
import type { Cloud } from "./cloud.ts";
import { isObject, textAt, valuesAt } from "./document.ts";
import type { Resource } from "./resource.ts";
import type { ResourceStore } from "./resource-store.ts";

/** Azure keeps the first four addresses of a subnet and the last: learn.microsoft.com/azure/virtual-network/ip-services/private-ip-addresses. */
const reservedAtStart = 4;

/** An address someone holds in a subnet. */
export interface Lease {
  address: string;
  subnetKey: string;
  /** The NIC or the scale set. */
  holder: string;
}

export function leasesOf(resource: Resource): Lease[] {
  const leases = Array.isArray(resource.kept.leases) ? (resource.kept.leases as unknown[]) : [];
  return leases.filter((lease): lease is Lease => isObject(lease) && typeof lease.address === "string");
}

function takenIn(subnetKey: string, store: ResourceStore): Lease[] {
  return store
    .all()
    .flatMap(leasesOf)
    .filter((lease) => lease.subnetKey === subnetKey);
}

export function rangesOf(subnet: Resource): Range[] {
  const { properties } = subnet.document;
  const prefixes = [textAt(properties, "addressPrefix"), ...valuesAt(properties, "addressPrefixes[]")];
  return prefixes.flatMap((prefix) => (typeof prefix === "string" ? (parseCidr(prefix) ?? []) : []));
}

/**
 * The lowest free address, .4 upwards.
 * @param held that count as taken and are not stored yet.
 * @throws ArmError 400 SubnetIsFull.
 */
export function nextAddress(subnet: Resource, store: ResourceStore, held: readonly string[]): string {
  const taken = new Set([...takenIn(subnet.key, store).map(({ address }) => address), ...held]);
  for (const { first, last } of rangesOf(subnet)) {
    for (let at = first + reservedAtStart; at < last; at += 1) {
      const address = formatAddress(at);
      if (!taken.has(address)) return address;
    }
  }
  throw new ArmError(400, "SubnetIsFull", `Subnet ${subnet.name} with id ${subnet.id} has no free address.`);
}

/** @throws ArmError 400 when a static address is outside the subnet, reserved, or held by another. */
export function checkAddress(
  address: string,
  subnet: Resource,
  { store, holder }: { store: ResourceStore; holder: string },
): void {
  const at = parseAddress(address);
  const range = rangesOf(subnet).find((each) => at !== undefined && contains(each, { first: at, last: at }));
  const about = `${address} does not belong to the range of subnet ${subnet.id}`;
  if (at === undefined || !range)
    throw new ArmError(400, "PrivateIPAddressNotInSubnet", `Private static IP address ${about}.`);
  if (at < range.first + reservedAtStart || at === range.last) {
    throw new ArmError(
      400,
      "PrivateIPAddressInReservedRange",
      `Private static IP address ${address} falls within reserved IP range of subnet ${subnet.id}.`,
    );
  }
  const other = takenIn(subnet.key, store).find(
    (lease) => lease.address === address && lease.holder !== holder,
  );
  if (other) {
    throw new ArmError(
      400,
      "PrivateIPAddressInUse",
      `IP configuration is trying to use the address ${address} that is in use by ${other.holder}.`,
    );
  }
}

/** The public address of a name: the one reserved for it, or the pool's lowest free one. */
export function publicAddressFor(name: string, { settings, store }: Cloud): string {
  const { reserved, pool } = settings.publicAddresses;
  const own = Object.entries(reserved).find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1];
  if (own !== undefined) return own;
  const taken = new Set([...Object.values(reserved), ...store.all().flatMap(publicAddressesOf)]);
  const range = parseCidr(pool) ?? { first: 0, last: 0 };
  for (let at = range.first + 1; at < range.last; at += 1) {
    const address = formatAddress(at);
    if (!taken.has(address)) return address;
  }
  throw new ArmError(
    400,
    "PublicIPCountLimitReached",
    `Cannot create more public IP addresses: the pool ${pool} is used up.`,
  );
}

function publicAddressesOf({ kept }: Resource): string[] {
  return [kept.publicAddress, ...valuesAt(kept, "instances[].publicAddress")].filter(
    (address) => typeof address === "string",
  );
}
