import type { MachineFile } from "./cloud-config.ts";
import type { ProgramName } from "./program-files.ts";

interface Unit {
  name: `failover-${string}.service`;
  description: string;
  program: ProgramName;
  /** Lines of [Service] that only this unit has. */
  service: readonly string[];
  after?: string;
}

const units = {
  api: {
    name: "failover-api.service",
    description: "API server",
    program: "api-server",
    service: [
      "DynamicUser=yes",
      // The key is root's; the server gets a copy of its own in $CREDENTIALS_DIRECTORY.
      "LoadCredential=tls.pem:/etc/failover/tls.pem",
      "AmbientCapabilities=CAP_NET_BIND_SERVICE",
      "CapabilityBoundingSet=CAP_NET_BIND_SERVICE",
    ],
  },
  agent: {
    name: "failover-agent.service",
    description: "Agent that brings the settings to HAProxy",
    program: "load-balancer-agent",
    // The package's own user: the admin socket is open to its group.
    service: ["User=haproxy", "CapabilityBoundingSet="],
    after: "haproxy.service",
  },
  worker: {
    name: "failover-worker.service",
    description: "Worker",
    program: "worker",
    service: [
      "DynamicUser=yes",
      "CapabilityBoundingSet=",
      // How long a job takes.
      "Environment=WORK_MS=400",
    ],
  },
} as const satisfies Record<string, Unit>;

/** No MemoryDenyWriteExecute: V8 compiles at run time. */
const hardening = [
  "NoNewPrivileges=yes",
  "ProtectSystem=strict",
  "ProtectHome=yes",
  "PrivateTmp=yes",
  "PrivateDevices=yes",
  "ProtectClock=yes",
  "ProtectHostname=yes",
  "ProtectControlGroups=yes",
  "ProtectKernelLogs=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelTunables=yes",
  "LockPersonality=yes",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
  "SystemCallArchitectures=native",
];

export const unitNames = {
  api: units.api.name,
  agent: units.agent.name,
  worker: units.worker.name,
} as const;

/** The unit's file: restarted for ever, with /var/lib/failover for its own. */
export function unitFile(which: keyof typeof units): MachineFile {
  const { name, description, program, service, after }: Unit = units[which];
  const content = `[Unit]
Description=${description} (failover-stacks)
Wants=network-online.target
After=network-online.target${after ? ` ${after}` : ""}
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/bin/node /opt/failover/${program}.mjs /etc/failover/host.json
Environment=SETTINGS_REFRESH_SECONDS=10
Restart=always
RestartSec=1
StateDirectory=failover
${[...service, ...hardening].join("\n")}

[Install]
WantedBy=multi-user.target
`;
  return { path: `/etc/systemd/system/${name}`, content };
}
