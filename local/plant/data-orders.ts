import type { NameCall, SqlCall, StorageCall } from "../cloud/azure/plant-protocol.ts";
import type { AzureNames } from "./azure-names.ts";
import { AzureRefusal } from "./azure-refusal.ts";
import { sides } from "./data-hosts.ts";
import type { DataHosts, Side } from "./data-hosts.ts";
import type { SqlServers } from "./sql/sql-servers.ts";
import type { StorageAccounts } from "./storage/storage-accounts.ts";

/** What the cloud orders of databases, storage and names. */
export type DataCall = SqlCall | StorageCall | NameCall;

/** A way to carry out each call of a union, by the name of the call. */
type OrdersOf<Call> = {
  [Name in NamesOf<Call>]: (argument: Extract<Call, Record<Name, unknown>>[Name]) => Promise<unknown>;
};

type NamesOf<Call> = Call extends Call ? keyof Call : never;

export type DataOrders = OrdersOf<DataCall>;

export interface OrderedParts {
  sql: SqlServers;
  storage: StorageAccounts;
  names: AzureNames;
  hosts: DataHosts;
  regions: Record<Side, string>;
}

export function ordersOf({ sql, storage, names, hosts, regions }: OrderedParts): DataOrders {
  const sideOf = (region: string) => sideIn(regions, region);
  return {
    createDatabase: ({ region, database }) => sql.createDatabase({ side: sideOf(region), database }),
    restoreDatabase: ({ region, database, source, at }) =>
      sql.restoreDatabase({ side: sideOf(region), database, source, at }),
    replicateDatabase: ({ region, database, from }) =>
      sql.replicateDatabase({ side: sideOf(region), database, from: sideOf(from) }),
    promote: ({ databases, from, to, forced }) =>
      sql.promote({ databases, from: sideOf(from), to: sideOf(to), forced }),
    dropDatabase: ({ region, database }) => sql.dropDatabase({ side: sideOf(region), database }),
    replicationLag: ({ database }) => sql.replicationLag(database),
    createAccount: ({ account, region, keys }) =>
      storage.createAccount({ account, side: sideOf(region), keys }),
    removeAccount: ({ account }) => storage.removeAccount(account),
    createQueue: ({ account, queue }) => storage.createQueue(account, queue),
    removeQueue: ({ account, queue }) => storage.removeQueue(account, queue),
    createContainer: ({ account, container }) => storage.createContainer(account, container),
    removeContainer: ({ account, container }) => storage.removeContainer(account, container),
    setName: ({ name, region, service, ttlSeconds }) =>
      names.set(name, { address: hosts[service][sideOf(region)].address, ttlSeconds }),
    removeName: ({ name }) => names.remove(name),
  };
}

/** @throws AzureRefusal with a code of Azure's */
export async function serveOrder(call: DataCall, orders: DataOrders): Promise<unknown> {
  const [name, argument] = Object.entries(call).find(([key]) => Object.hasOwn(orders, key)) ?? [];
  const order = orders[name as keyof DataOrders] as ((of: unknown) => Promise<unknown>) | undefined;
  if (!order) throw new Error(`a local plant does not know the order ${Object.keys(call).join(", ")}`);
  return order(argument);
}

function sideIn(regions: Record<Side, string>, region: string): Side {
  const side = sides.find((candidate) => regions[candidate] === region);
  if (side) return side;
  throw new AzureRefusal(
    "LocationNotAvailableForResourceType",
    `A local plant has no servers in '${region}', only in '${regions.primary}' and '${regions.secondary}'.`,
  );
}
