import { randomBytes } from "node:crypto";
import { plantAddresses } from "./addresses.ts";
import type { Endpoints, HostName, PlantAddresses } from "./addresses.ts";
import type { Block } from "./block.ts";
import { describeCloud } from "./cloud-process.ts";
import { describeDns } from "./dns-servers.ts";
import type { DnsServers } from "./dns-servers.ts";
import { apiServers, describeServers, loadBalancers, loadBalancersSeeServers } from "./host-servers.ts";
import { startNic } from "./nic.ts";
import type { Nic, NicMode } from "./nic.ts";
import { recordProcess, runVariable } from "./run-folder.ts";
import { Supervisor } from "./supervisor.ts";
import type { ProcessSpec, UnexpectedExit } from "./supervisor.ts";
import { createTlsFiles } from "./tls.ts";
import type { TlsFiles } from "./tls.ts";
import type { PlantTools } from "./tools.ts";

export interface PlantOptions {
  toolchain: PlantTools;
  block: Block;
  /** The servers' addresses, as the stack's configuration has them under `endpoints`. */
  hosts: Endpoints;
  zoneName: string;
  clientPort: number;
  /** The zone's TTLs are divided by it; 1 shortens nothing. */
  ttlDivisor: number;
  /** What the cloud's API accepts; 40 characters or more. */
  apiToken: string;
  /** A process of the plant ended although nobody stopped it. */
  onExit: (exit: UnexpectedExit) => void;
  /** Gets a line per step. */
  report: (line: string) => void;
}

export interface Plant {
  addresses: PlantAddresses;
  /** Logs, configuration and certificates; gone when the block is released. */
  folder: string;
  /** `clientTrust` is what SSL_CERT_FILE and NODE_EXTRA_CA_CERTS point to. */
  exports: TlsFiles;
  cloud: { apiBaseUrl: string; controlUrl: string; controlToken: string };
  nic: Nic;
  /** As `systemctl stop`: gracefully. */
  stopServer(host: HostName): Promise<void>;
  /** @throws PLANT_FAILED when it does not become ready */
  startServer(host: HostName): Promise<void>;
  /** As a crash. */
  killServer(host: HostName): Promise<void>;
  /** As a hang: it keeps its connections and answers nothing. */
  freezeServer(host: HostName): void;
  thawServer(host: HostName): void;
  setNic(host: HostName, mode: NicMode): Promise<void>;
  /** Makes the clients' cache forget one name. */
  flushDns(name: string): Promise<void>;
  /** Memory of all processes, in KiB. */
  pssKib(): number;
  /** Ends all processes; resolves when none is left and all ports are free. The block stays taken. */
  stop(): Promise<void>;
}

interface Described {
  addresses: PlantAddresses;
  tls: TlsFiles;
  dns: DnsServers;
  servers: Record<HostName, ProcessSpec>;
  cloud: ProcessSpec;
  controlToken: string;
}

/**
 * Starts DNS, edge, load balancers, API servers, their network interfaces and the cloud.
 * @throws PLANT_FAILED naming the process and the end of its log; nothing is left running then
 */
export async function startPlant(options: PlantOptions): Promise<Plant> {
  const startedAt = performance.now();
  const described = await describe(options);
  const supervisor = supervise(options);
  try {
    const nic = await startAll(options, described, supervisor);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    options.report(`plant ${described.addresses.cidr} is up (${seconds} s)`);
    return assemble(described, { nic, supervisor, folder: options.block.folder });
  } catch (error) {
    await supervisor.stopAll();
    throw error;
  }
}

async function describe({ toolchain: tools, block, hosts, ...options }: PlantOptions): Promise<Described> {
  const { folder } = block;
  const { zoneName, clientPort, ttlDivisor, apiToken } = options;
  const addresses = plantAddresses({ block: block.number, clientPort, endpoints: hosts });
  const tls = await createTlsFiles({ folder, zoneName, hosts: addresses.hosts });
  const controlToken = randomBytes(24).toString("hex");
  const dns = describeDns({ addresses, tools, zoneName, folder });
  const cloud = { addresses, node: tools.node, folder, zoneName, ttlDivisor, apiToken, controlToken, dns };
  return {
    addresses,
    tls,
    dns,
    servers: describeServers({ addresses, tools, tls, zoneName, folder }),
    cloud: describeCloud(cloud),
    controlToken,
  };
}

function supervise({ block, onExit }: PlantOptions): Supervisor {
  return new Supervisor({
    folder: block.folder,
    env: { [runVariable]: block.run },
    record: (started) => recordProcess(block.folder, started),
    onExit,
  });
}

async function startAll(options: PlantOptions, described: Described, supervisor: Supervisor): Promise<Nic> {
  const { addresses, dns, servers, cloud } = described;
  const start = (specs: ProcessSpec[]) => Promise.all(specs.map((spec) => supervisor.start(spec)));
  const nic = startNic({ supervisor, node: options.toolchain.node, addresses });
  const apis = start(apiServers.map((host) => servers[host]));
  // A load balancer that starts before its servers holds them for down and needs a second to forget it.
  const balancers = Promise.all([nic, apis]).then(() => start(loadBalancers.map((host) => servers[host])));
  const others = start([dns.nsd, dns.unbound, servers.edge, cloud]);
  await Promise.all([balancers, others]);
  await loadBalancersSeeServers(options.block.folder);
  return nic;
}

interface Parts {
  nic: Nic;
  supervisor: Supervisor;
  folder: string;
}

function assemble(described: Described, { nic, supervisor, folder }: Parts): Plant {
  const { addresses, tls, dns, servers, controlToken } = described;
  const { cloud, control } = addresses;
  return {
    addresses,
    folder,
    exports: tls,
    cloud: {
      apiBaseUrl: `http://${cloud.address}:${cloud.port}/client/v4`,
      controlUrl: `http://${control.address}:${control.port}`,
      controlToken,
    },
    nic,
    stopServer: (host) => supervisor.stop(host),
    async startServer(host) {
      await supervisor.start(servers[host]);
    },
    killServer: (host) => supervisor.stop(host, "SIGKILL"),
    freezeServer: (host) => supervisor.freeze(host),
    thawServer: (host) => supervisor.thaw(host),
    setNic: (host, mode) => nic.set(host, mode),
    flushDns: (name) => dns.flush(name),
    pssKib: () => supervisor.pssKib(),
    stop: () => supervisor.stopAll(),
  };
}
