import type { HostAddress, SocketAddress } from "./addresses.ts";
import type { NicHostConfig } from "./nic-protocol.ts";

/** Where a server of the data plane is. */
export type Side = "primary" | "secondary";

export const sides = ["primary", "secondary"] as const;

export const sqlPort = 1433;
export const blobPort = 10_000;
export const queuePort = 10_001;

export const dataPorts = [sqlPort, blobPort, queuePort];

/** The servers of the data plane: one of each kind in each region. */
export interface DataHosts {
  sql: Record<Side, HostAddress>;
  storage: Record<Side, HostAddress>;
  /** What a replica reaches the primary server through: the distance between the regions. */
  sqlLink: HostAddress;
}

const networks: Record<Side, number> = { primary: 5, secondary: 6 };
const betweenRegions = 7;

/** @param host makes an address of the plant out of the last two parts of one */
export function dataHosts(host: (rest: string) => HostAddress): DataHosts {
  const onBothSides = (last: number) => ({
    primary: host(`${networks.primary}.${last}`),
    secondary: host(`${networks.secondary}.${last}`),
  });
  return { sql: onBothSides(21), storage: onBothSides(31), sqlLink: host(`${betweenRegions}.21`) };
}

/** What `setNic` and the faults call them. */
export const nicOf = {
  sql: (side: Side) => `sql-${side}`,
  storage: (side: Side) => `storage-${side}`,
  sqlLink: "sql-link",
};

/** Their network interfaces, which let in everybody: no security group stands before a service of Azure's. */
export function dataNics({ sql, storage, sqlLink }: DataHosts): NicHostConfig[] {
  const nic = (
    name: string,
    { address, ports }: { address: HostAddress; ports: number[] },
  ): NicHostConfig => ({
    name,
    addresses: [address],
    ports,
    rules: null,
  });
  return [
    ...sides.map((side) => nic(nicOf.sql(side), { address: sql[side], ports: [sqlPort] })),
    ...sides.map((side) =>
      nic(nicOf.storage(side), { address: storage[side], ports: [blobPort, queuePort] }),
    ),
    nic(nicOf.sqlLink, { address: sqlLink, ports: [sqlPort] }),
  ];
}

/** Every address on which a server of the data plane is reached, by clients and past the network. */
export function dataAddresses({ sql, storage, sqlLink }: DataHosts): { address: string }[] {
  const hosts = [...sides.flatMap((side) => [sql[side], storage[side]]), sqlLink];
  return hosts.flatMap(({ address, shadow }) => [{ address }, { address: shadow }]);
}

export function socketOf({ address }: HostAddress, port: number): SocketAddress {
  return { address, port };
}
