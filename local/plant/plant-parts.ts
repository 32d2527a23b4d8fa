import { randomBytes } from "node:crypto";
import type { MachineCall, PlantCall } from "../cloud/azure/plant-protocol.ts";
import { plantAddresses } from "./addresses.ts";
import type { PlantAddresses } from "./addresses.ts";
import { createAzureAccess, describeCloud } from "./cloud-process.ts";
import type { AzureAccess } from "./cloud-process.ts";
import { dataNics } from "./data-hosts.ts";
import { DataPlane } from "./data-plane.ts";
import { describeDns } from "./dns-servers.ts";
import type { DnsServers } from "./dns-servers.ts";
import { describeEdge } from "./edge.ts";
import { serveCloud } from "./machine/cloud-requests.ts";
import { Machines } from "./machine/machines.ts";
import { startNic } from "./nic.ts";
import type { Nic } from "./nic.ts";
import type { PlantOptions } from "./plant-options.ts";
import { writeSecrets } from "./secrets.ts";
import { startSsh } from "./ssh/ssh.ts";
import type { Ssh } from "./ssh/ssh.ts";
import type { ProcessSpec, Supervisor } from "./supervisor.ts";
import { createTlsFiles } from "./tls.ts";
import type { TlsFiles } from "./tls.ts";

/** What is decided, and written to the run's folder, before the first process starts. */
export interface Described {
  addresses: PlantAddresses;
  tls: TlsFiles;
  secrets: string;
  dns: DnsServers;
  edge: ProcessSpec;
  cloud: ProcessSpec;
  controlToken: string;
  /** What access tokens are signed with, in hex. */
  tokenKey: string;
  azure: AzureAccess;
}

/** What runs. */
export interface Parts {
  nic: Nic;
  machines: Machines;
  data: DataPlane;
}

export async function describeParts({
  toolchain: tools,
  block,
  hosts,
  ...options
}: PlantOptions): Promise<Described> {
  const { folder } = block;
  const { zoneName, clientPort } = options;
  const addresses = plantAddresses({ block: block.number, clientPort, endpoints: hosts });
  const tls = await createTlsFiles({ folder, zoneName, addresses });
  const secrets = {
    controlToken: randomBytes(24).toString("hex"),
    tokenKey: randomBytes(32).toString("hex"),
  };
  const azure = createAzureAccess();
  const dns = describeDns({ addresses, tools, zoneName, folder });
  const shared = { ...options, addresses, folder, tools, tls, dns };
  return {
    addresses,
    tls,
    secrets: writeSecrets(folder, tls),
    dns,
    edge: describeEdge(shared),
    cloud: describeCloud({ ...shared, ...secrets, node: tools.node, azure, certificate: tls.azure }),
    ...secrets,
    azure,
  };
}

/** @throws PLANT_FAILED; what was started is the supervisor's to end */
export async function startParts(
  options: PlantOptions,
  described: Described,
  supervisor: Supervisor,
): Promise<Parts> {
  const { addresses, dns, edge, cloud } = described;
  const { node } = options.toolchain;
  const network = startNetwork(options, described, supervisor);
  const [{ nic, data }, ssh, running] = await Promise.all([
    network,
    startSsh({ supervisor, node, port: addresses.sshPort }),
    supervisor.start(cloud),
    ...[dns.nsd, dns.unbound, edge].map((spec) => supervisor.start(spec)),
  ]).catch(async (error: unknown) => {
    // What it runs beside the supervisor ends before the rest; its own failure is no news then.
    await network.then(({ data: started }) => started.stop()).catch(() => {});
    throw error;
  });
  const machines = manageMachines(options, described, { supervisor, nic, ssh });
  serveCloud(running, (call) => (isOfMachines(call) ? machines.serve(call) : data.serve(call)));
  return { nic, machines, data };
}

/** The network interfaces, and the servers of the data plane behind them. */
async function startNetwork(
  { toolchain: tools, block: { folder, run }, ...options }: PlantOptions,
  { addresses, dns, ...described }: Described,
  supervisor: Supervisor,
): Promise<{ nic: Nic; data: DataPlane }> {
  const nic = await startNic({ supervisor, node: tools.node });
  const { edge } = addresses.hosts;
  const hosts = [
    { name: "edge", addresses: edge, ports: [addresses.clientPort], rules: null },
    ...dataNics(addresses.data),
  ];
  await Promise.all(hosts.map((host) => nic.add(host)));
  const shared = { supervisor, nic, tools, folder, run, addresses, azureZone: dns.azure };
  return { nic, data: await DataPlane.start({ ...options, ...described, ...shared }) };
}

const machineCalls = ["boot", "halt", "remove", "firewall"];

function isOfMachines(call: PlantCall): call is MachineCall {
  return machineCalls.some((name) => name in call);
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
    resolver: addresses.unbound,
    trust: { bundle: tls.clientTrust, authority: tls.clientsAuthority },
    refreshSeconds,
    onFailure: onExit,
    report,
  });
}
