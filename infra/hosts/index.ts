import { cloudConfig, type MachineFile } from "./cloud-config.ts";
import {
  defaultHealthPath,
  haproxyConfig,
  haproxyFiles,
  machineConfig,
  serviceDefaults,
  trustFileOf,
} from "./haproxy-config.ts";
import { nagiosObjects } from "./nagios-config.ts";
import type {
  ApiServerOptions,
  LoadBalancerOptions,
  MonitorOptions,
  SettingsSource,
  WorkerOptions,
} from "./options.ts";
import { programFiles, readScript } from "./program-files.ts";
import { unitFile, unitNames } from "./units.ts";

export { haproxyConfig } from "./haproxy-config.ts";
export type * from "./options.ts";

const stateFolder = "/var/lib/failover";
const keyFile = "/etc/failover/tls.pem";

/** An Ubuntu machine that is a HAProxy with the agent that brings the settings to it. */
export function loadBalancerCloudConfig(options: LoadBalancerOptions): string {
  const { tls, trust, sshHostKey } = options;
  const host = { adminSocket: haproxyFiles.adminSocket, serverState: haproxyFiles.serverState };
  return cloudConfig({
    packages: ["haproxy", "curl", "nodejs", "npm"],
    npm: true,
    sshHostKey,
    units: ["haproxy.service", unitNames.agent],
    files: [
      { path: haproxyFiles.config, content: haproxyConfig(options) },
      { path: haproxyFiles.machine, content: machineConfig },
      { path: haproxyFiles.defaults, content: serviceDefaults },
      { path: haproxyFiles.certificate, content: tls, permissions: "0600" },
      ...(trust === null ? [] : [{ path: haproxyFiles.trust, content: trust }]),
      installScript(options),
      hostFile({ ...host, ...followerOf(options) }),
      unitFile("agent"),
      ...programFiles("load-balancer-agent"),
    ],
  });
}

/** An Ubuntu machine that is an API server. */
export function apiServerCloudConfig(options: ApiServerOptions): string {
  const { computerName, address, clientPort, edgeRanges, loadBalancers, tls, sshHostKey } = options;
  return cloudConfig({
    packages: ["nodejs", "npm", "curl"],
    npm: true,
    sshHostKey,
    units: [unitNames.api],
    files: [
      { path: keyFile, content: tls, permissions: "0600" },
      hostFile({
        name: computerName,
        listen: `${address}:${clientPort}`,
        certificate: keyFile,
        edgeRanges,
        loadBalancers: [loadBalancers.main, loadBalancers.backup],
        ...followerOf(options),
      }),
      unitFile("api"),
      ...programFiles("api-server"),
    ],
  });
}

/** Every instance of a worker scale set. */
export function workerCloudConfig(options: WorkerOptions): string {
  return cloudConfig({
    packages: ["nodejs", "npm"],
    npm: true,
    units: [unitNames.worker],
    files: [
      hostFile({ region: options.region, ...followerOf(options) }),
      unitFile("worker"),
      ...programFiles("worker"),
    ],
  });
}

/** An Ubuntu machine that watches the plant with Nagios. */
export function monitorCloudConfig(options: MonitorOptions): string {
  return cloudConfig({
    packages: ["nagios4", "monitoring-plugins", "curl"],
    units: ["nagios4.service"],
    files: [{ path: "/etc/nagios4/conf.d/failover.cfg", content: nagiosObjects(options) }],
  });
}

function followerOf({ settingsEndpoint, identityClientId }: SettingsSource) {
  return { stateFolder, settings: { endpoint: settingsEndpoint, clientId: identityClientId } };
}

function hostFile(content: object): MachineFile {
  return { path: "/etc/failover/host.json", content: `${JSON.stringify(content, null, 2)}\n` };
}

/** Its variables stand at its top, one a line, so that they can be replaced as text. */
function installScript(options: LoadBalancerOptions): MachineFile {
  const { address, clientPort, zoneName, healthPath = defaultHealthPath } = options;
  const variables = {
    CONFIG: haproxyFiles.config,
    TRUST: trustFileOf(options),
    LISTEN: `${address}:${clientPort}`,
    URL: `https://${zoneName}:${clientPort}${healthPath}`,
  };
  const content = Object.entries(variables).reduce(
    (script, [name, value]) => script.replace(new RegExp(`^${name}=.*$`, "m"), `${name}=${value}`),
    readScript("failover-install-haproxy"),
  );
  return { path: "/usr/local/bin/failover-install-haproxy", content, permissions: "0755" };
}
