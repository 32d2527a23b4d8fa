import type { PlantAddresses } from "./addresses.ts";
import type { AzureAccess } from "./cloud-process.ts";
import { findHost } from "./hosts.ts";
import { seesItsServers } from "./load-balancer-checks.ts";
import type { Machines } from "./machine/machines.ts";
import type { Nic, NicMode } from "./nic.ts";
import type { PlantOptions } from "./plant-options.ts";
import { describeParts, startParts } from "./plant-parts.ts";
import type { Described, Parts } from "./plant-parts.ts";
import { recordProcess, runVariable } from "./run-folder.ts";
import type { SqlServers } from "./sql/sql-servers.ts";
import type { StorageAccounts } from "./storage/storage-accounts.ts";
import { Supervisor } from "./supervisor.ts";
import type { TlsFiles } from "./tls.ts";

export type { PlantOptions } from "./plant-options.ts";

/**
 * DNS, edge, network, SSH, the clouds' APIs and their databases and storage. Servers are not part of it: they come as machines
 * when a stack is deployed. `host` is `edge` or the name of a machine (osProfile.computerName).
 */
export interface Plant {
  addresses: PlantAddresses;
  /** Logs, configuration and certificates; gone when the block is released. */
  folder: string;
  /** `clientTrust` is what SSL_CERT_FILE and NODE_EXTRA_CA_CERTS point to. */
  exports: TlsFiles;
  /** Folder for FAILOVER_SECRETS. */
  secrets: string;
  cloud: {
    apiBaseUrl: string;
    controlUrl: string;
    controlToken: string;
    /** `metadataHost` is `address:port`, for ARM_METADATA_HOSTNAME. */
    arm: AzureAccess & { metadataHost: string };
    appConfigurationUrl: string;
  };
  nic: Nic;
  /** The cloud's virtual machines. */
  machines: Machines;
  sql: SqlServers;
  storage: StorageAccounts;
  /** Resolves when both load balancers find both API servers well. @throws DeadlineError */
  serversServe(): Promise<void>;
  /** As `systemctl stop` of everything on it: gracefully, the machine itself stays. */
  stopServer(host: string): Promise<void>;
  /** As a boot. @throws PLANT_FAILED when it does not become ready */
  startServer(host: string): Promise<void>;
  /** As a crash of everything on it. Nothing is restarted. */
  killServer(host: string): Promise<void>;
  /** As a hang: it keeps its connections and answers nothing. */
  freezeServer(host: string): void;
  thawServer(host: string): void;
  setNic(host: string, mode: NicMode): Promise<void>;
  /** Makes the clients' cache forget one name. */
  flushDns(name: string): Promise<void>;
  /** Memory of all processes, in KiB. */
  pssKib(): number;
  /** Ends all processes; resolves when none is left and all ports are free. The block stays taken. */
  stop(): Promise<void>;
}

/**
 * Starts all of it but the machines.
 * @throws PLANT_FAILED naming the process and the end of its log; nothing is left running then
 */
export async function startPlant(options: PlantOptions): Promise<Plant> {
  const startedAt = performance.now();
  const described = await describeParts(options);
  const supervisor = supervise(options);
  try {
    const parts = await startParts(options, described, supervisor);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    options.report(`plant ${described.addresses.cidr} is up (${seconds} s)`);
    return assemble(described, { ...parts, supervisor, folder: options.block.folder });
  } catch (error) {
    await supervisor.stopAll();
    throw error;
  }
}

function supervise({ block, onExit }: PlantOptions): Supervisor {
  return new Supervisor({
    folder: block.folder,
    env: { [runVariable]: block.run },
    record: (started) => recordProcess(block.folder, started),
    onExit,
  });
}

interface Running extends Parts {
  supervisor: Supervisor;
  folder: string;
}

const loadBalancers = ["load-balancer-main", "load-balancer-backup"] as const;

function assemble(described: Described, { nic, machines, data, supervisor, folder }: Running): Plant {
  const { addresses, tls, secrets, dns, edge } = described;
  const find = (host: string) => findHost({ supervisor, edge, machines }, host);
  return {
    addresses,
    folder,
    exports: tls,
    secrets,
    cloud: describeAccess(described),
    nic,
    machines,
    sql: data.sql,
    storage: data.storage,
    async serversServe() {
      await Promise.all(loadBalancers.map((name) => seesItsServers(machines.get(name).place)));
    },
    stopServer: (host) => find(host).stop(),
    startServer: (host) => find(host).start(),
    killServer: (host) => find(host).kill(),
    freezeServer: (host) => find(host).freeze(),
    thawServer: (host) => find(host).thaw(),
    setNic: (host, mode) => nic.set(host, mode),
    flushDns: (name) => dns.flush(name),
    pssKib: () => supervisor.pssKib(),
    async stop() {
      await machines.close();
      await data.stop();
      await supervisor.stopAll();
    },
  };
}

function describeAccess({ addresses, azure, controlToken }: Described): Plant["cloud"] {
  const { cloud, control, resourceManager, appConfiguration } = addresses;
  return {
    apiBaseUrl: `http://${cloud.address}:${cloud.port}/client/v4`,
    controlUrl: `http://${control.address}:${control.port}`,
    controlToken,
    arm: { ...azure, metadataHost: `${resourceManager.address}:${resourceManager.port}` },
    appConfigurationUrl: `https://${appConfiguration.address}:${appConfiguration.port}`,
  };
}
