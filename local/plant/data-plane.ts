import type { PlantAddresses } from "./addresses.ts";
import { AzureNames } from "./azure-names.ts";
import type { ServedZone } from "./azure-names.ts";
import type { Side } from "./data-hosts.ts";
import { ordersOf, serveOrder } from "./data-orders.ts";
import type { DataCall, DataOrders } from "./data-orders.ts";
import type { Nic } from "./nic.ts";
import { SqlServers } from "./sql/sql-servers.ts";
import { StorageAccounts } from "./storage/storage-accounts.ts";
import type { Supervisor } from "./supervisor.ts";
import type { TlsFiles } from "./tls.ts";
import type { PlantTools } from "./tools.ts";

export interface DataPlaneOptions {
  supervisor: Supervisor;
  nic: Nic;
  tools: PlantTools;
  /** Of the plant's run. */
  folder: string;
  /** The plant's run itself. */
  run: string;
  addresses: PlantAddresses;
  /** As ARM has them. */
  regions: Record<Side, string>;
  tls: TlsFiles;
  /** What access tokens are signed with, in hex. */
  tokenKey: string;
  azureZone: ServedZone;
  ttlDivisor: number;
  report: (line: string) => void;
}

/** Databases, storage accounts and the names they are found by, in both regions. */
export class DataPlane {
  readonly sql: SqlServers;
  readonly storage: StorageAccounts;
  readonly #orders: DataOrders;

  private constructor(sql: SqlServers, storage: StorageAccounts, orders: DataOrders) {
    this.sql = sql;
    this.storage = storage;
    this.#orders = orders;
  }

  /** @throws PLANT_FAILED */
  static async start(options: DataPlaneOptions): Promise<DataPlane> {
    const { supervisor, nic, tools, folder, run, tls, tokenKey, report, addresses } = options;
    const { data } = addresses;
    const shared = { supervisor, nic, folder };
    const sql = new SqlServers({ ...shared, run, tools, data, certificate: tls.data, tokenKey, report });
    const storing = StorageAccounts.start({
      ...shared,
      node: tools.node,
      hosts: data.storage,
      tls: { certificate: tls.data, authority: tls.clientsAuthority },
    });
    const [storage] = await Promise.all([storing, sql.start()]).catch(async (error: unknown) => {
      await sql.stop();
      throw error;
    });
    const names = new AzureNames({ zone: options.azureZone, ttlDivisor: options.ttlDivisor });
    return new DataPlane(
      sql,
      storage,
      ordersOf({ sql, storage, names, hosts: data, regions: options.regions }),
    );
  }

  /** @throws AzureRefusal with a code of Azure's */
  serve(call: DataCall): Promise<unknown> {
    return serveOrder(call, this.#orders);
  }

  /** Before the supervisor ends all processes. */
  stop(): Promise<void> {
    return this.sql.stop();
  }
}
