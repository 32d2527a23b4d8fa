import { randomBytes } from "node:crypto";
import { plantAddresses } from "./addresses.ts";
import type { Endpoints, PlantAddresses } from "./addresses.ts";
import type { Block } from "./block.ts";
import { createAzureAccess, describeCloud } from "./cloud-process.ts";
import type { AzureAccess } from "./cloud-process.ts";
import { describeDns } from "./dns-servers.ts";
import type { DnsServers } from "./dns-servers.ts";
import { describeEdge } from "./edge.ts";
import { findHost } from "./hosts.ts";
import { seesItsServers } from "./load-balancer-checks.ts";
import { serveCloud } from "./machine/cloud-requests.ts";
import { Machines } from "./machine/machines.ts";
import { startNic } from "./nic.ts";
import type { Nic, NicMode } from "./nic.ts";
import { recordProcess, runVariable } from "./run-folder.ts";
import { writeSecrets } from "./secrets.ts";
import { startSsh } from "./ssh/ssh.ts";
import type { Ssh } from "./ssh/ssh.ts";
import { Supervisor } from "./supervisor.ts";
import type { ProcessSpec, UnexpectedExit } from "./supervisor.ts";
import { createTlsFiles } from "./tls.ts";
import type { TlsFiles } from "./tls.ts";
import type { PlantTools } from "./tools.ts";

export interface PlantOptions {
  toolchain: PlantTools;
  block: Block;
  /** Public addresses of the servers, as the stack's configuration has them under `endpoints`. */
  hosts: Endpoints;
  zoneName: string;
  clientPort: number;
  /** Of all names in Azure. */
  prefix: string;
  /** The zone's TTLs are divided by it; 1 shortens nothing. */
  ttlDivisor: number;
  /** How often hosts ask for their settings; 10 shortens nothing. */
  refreshSeconds: number;
  /** What Cloudflare's API accepts; 40 characters or more. */
  apiToken: string;
  /** A process of the plant ended although nobody stopped it. */
  onExit: (exit: UnexpectedExit) => void;
  /** Gets a line per step. */
  report: (line: string) => void;
}

/**
 * DNS, edge, network, SSH and the clouds' APIs. Servers are not part of it: they come as machines
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

interface Described {
  addresses: PlantAddresses;
  tls: TlsFiles;
  secrets: string;
  dns: DnsServers;
  edge: ProcessSpec;
  cloud: ProcessSpec;
  controlToken: string;
  azure: AzureAccess;
}

interface Parts {
  nic: Nic;
  machines: Machines;
}

/**
 * Starts DNS, edge, network, SSH and the cloud.
 * @throws PLANT_FAILED naming the process and the end of its log; nothing is left running then
 */
export async function startPlant(options: PlantOptions): Promise<Plant> {
  const startedAt = performance.now();
  const described = await describe(options);
  const supervisor = supervise(options);
  try {
    const parts = await startAll(options, described, supervisor);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    options.report(`plant ${described.addresses.cidr} is up (${seconds} s)`);
    return assemble(described, { ...parts, supervisor, folder: options.block.folder });
  } catch (error) {
    await supervisor.stopAll();
    throw error;
  }
}

async function describe({ toolchain: tools, block, hosts, ...options }: PlantOptions): Promise<Described> {
  const { folder } = block;
  const { zoneName, clientPort } = options;
  const addresses = plantAddresses({ block: block.number, clientPort, endpoints: hosts });
  const tls = await createTlsFiles({ folder, zoneName, addresses });
  const controlToken = randomBytes(24).toString("hex");
  const azure = createAzureAccess();
  const dns = describeDns({ addresses, tools, zoneName, folder });
  const shared = { ...options, addresses, folder, tools, tls, dns };
  return {
    addresses,
    tls,
    secrets: writeSecrets(folder, tls),
    dns,
    edge: describeEdge(shared),
    cloud: describeCloud({ ...shared, node: tools.node, controlToken, azure, certificate: tls.azure }),
    controlToken,
    azure,
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

async function startAll(options: PlantOptions, described: Described, supervisor: Supervisor): Promise<Parts> {
  const { addresses, dns, edge, cloud } = described;
  const { node } = options.toolchain;
  const [nic, ssh, running] = await Promise.all([
    startNic({ supervisor, node }),
    startSsh({ supervisor, node, port: addresses.sshPort }),
    supervisor.start(cloud),
    ...[dns.nsd, dns.unbound, edge].map((spec) => supervisor.start(spec)),
  ]);
  await nic.add({
    name: "edge",
    addresses: addresses.hosts.edge,
    ports: [addresses.clientPort],
    rules: null,
  });
  const machines = manageMachines(options, described, { supervisor, nic, ssh });
  serveCloud(running, (call) => machines.serve(call));
  return { nic, machines };
}

function manageMachines(
  { block, toolchain, refreshSeconds, onExit, report }: PlantOptions,
  { addresses, tls }: Described,
  running: { supervisor: Supervisor; nic: Nic; ssh: Ssh },
): Machines {
  return new Machines({
    ...running,
    tools: toolchain,
    folder: block.folder,
    block: block.number,
    ports: { client: addresses.clientPort, ssh: addresses.sshPort },
    trust: { bundle: tls.clientTrust, authority: tls.clientsAuthority },
    refreshSeconds,
    onFailure: onExit,
    report,
  });
}

interface Running extends Parts {
  supervisor: Supervisor;
  folder: string;
}

const loadBalancers = ["load-balancer-main", "load-balancer-backup"] as const;

function assemble(described: Described, { nic, machines, supervisor, folder }: Running): Plant {
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
