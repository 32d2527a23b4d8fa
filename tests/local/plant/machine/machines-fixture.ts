import { writeFileSync } from "node:fs";
import path from "node:path";
import { stringify } from "yaml";
import type { FirewallRule, MachineSpec } from "../../../../local/cloud/azure/plant-protocol.ts";
import { acquireDrillBlock } from "../../../../local/plant/block.ts";
import type { Block } from "../../../../local/plant/block.ts";
import { Machines } from "../../../../local/plant/machine/machines.ts";
import { startNic } from "../../../../local/plant/nic.ts";
import type { Nic } from "../../../../local/plant/nic.ts";
import { recordProcess, runVariable } from "../../../../local/plant/run-folder.ts";
import { createSshKey } from "../../../../local/plant/ssh-key.ts";
import type { SshKey } from "../../../../local/plant/ssh-key.ts";
import { startSsh } from "../../../../local/plant/ssh/ssh.ts";
import { Supervisor } from "../../../../local/plant/supervisor.ts";
import { prepareToolchain } from "../../../../local/toolchain/prepare.ts";

export const clientPort = 8443;
export const sshPort = 2222;

export const openToAll: FirewallRule[] = [
  { name: "all", priority: 100, access: "Allow", sources: ["*"], ports: ["*"] },
];

/** A block with everything that machines need, and no cloud. */
export interface MachinePark {
  block: Block;
  machines: Machines;
  nic: Nic;
  supervisor: Supervisor;
  deployKey: SshKey;
  /** What units said when they were given up. */
  failures: string[];
  reports: string[];
  /** Boots it and lets everybody in. */
  boot(spec: MachineSpec): Promise<void>;
  /** A machine's spec: `last` is the end of its address. */
  spec(name: string, last: number, customData: string): MachineSpec;
  close(): Promise<void>;
}

export async function openMachinePark(): Promise<MachinePark> {
  const tools = await prepareToolchain(() => {});
  const block = await acquireDrillBlock({ clientPort, report: () => {} });
  const { folder, run, number } = block;
  const supervisor = new Supervisor({
    folder,
    env: { [runVariable]: run },
    record: (started) => recordProcess(folder, started),
    onExit: ({ name, how }) => failures.push(`${name}: ${how}`),
  });
  const authority = path.join(folder, "authority.pem");
  writeFileSync(authority, "");
  const failures: string[] = [];
  const reports: string[] = [];
  const [nic, ssh] = await Promise.all([
    startNic({ supervisor, node: tools.node }),
    startSsh({ supervisor, node: tools.node, port: sshPort }),
  ]);
  const machines = new Machines({
    supervisor,
    tools,
    folder,
    nic,
    ssh,
    block: number,
    ports: { client: clientPort, ssh: sshPort },
    resolver: { address: `127.${number}.0.55`, port: 5300 },
    trust: { bundle: authority, authority },
    refreshSeconds: 2,
    onFailure: ({ name, how }) => failures.push(`${name}: ${how}`),
    report: (line) => reports.push(line),
  });
  const deployKey = createSshKey("deploy");
  return {
    block,
    machines,
    nic,
    supervisor,
    deployKey,
    failures,
    reports,
    async boot(spec) {
      await Promise.all([
        machines.serve({ boot: spec }),
        machines.serve({ firewall: { machine: spec.id, rules: openToAll } }),
      ]);
    },
    spec: (name, last, customData) => ({
      id: `/subscriptions/0/resourcegroups/saas-primary/providers/microsoft.compute/virtualmachines/saas-${name}`,
      name,
      region: "westeurope",
      addresses: [`127.${number}.1.${last}`, `127.${number}.1.${last}`],
      customData,
      adminUsername: "deployer",
      sshPublicKeys: [deployKey.publicKey],
      identity: { endpoint: "http://127.0.0.1:1/token", header: "secret" },
    }),
    async close() {
      await machines.close();
      await supervisor.stopAll();
      await block.release();
    },
  };
}

export function cloudConfig(document: object): string {
  return `#cloud-config\n${stringify(document)}`;
}

/** A node program that says where it listens and what it was given. */
export const echoProgram = `import { createServer } from "node:http";
const [address, port] = process.argv[2].split(":");
const { IDENTITY_ENDPOINT, SETTINGS_REFRESH_SECONDS, COLOUR, STATE_DIRECTORY } = process.env;
const server = createServer((request, response) => {
  if (request.url === "/crash") process.exit(1);
  response.setHeader("connection", "close");
  response.end(JSON.stringify({ pid: process.pid, IDENTITY_ENDPOINT, SETTINGS_REFRESH_SECONDS, COLOUR, STATE_DIRECTORY }));
});
server.listen(Number(port), address, () => console.log('{"ready":true}'));
`;

export function echoUnit(address: string, more = ""): string {
  return `[Unit]
Description=Echo
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/bin/node /opt/failover/echo.mjs ${address}:${clientPort}
Environment=SETTINGS_REFRESH_SECONDS=60 "COLOUR=dark green"
StateDirectory=failover
Restart=always
RestartSec=50ms
DynamicUser=yes
${more}
`;
}

export function echoConfig(address: string, changed: object = {}): string {
  return cloudConfig({
    packages: ["nodejs", "npm"],
    write_files: [
      { path: "/opt/failover/echo.mjs", content: echoProgram },
      { path: "/etc/systemd/system/echo.service", permissions: "0600", content: echoUnit(address) },
    ],
    runcmd: [
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", "echo.service"],
    ],
    ...changed,
  });
}
