import { ComponentResource, type ComponentResourceOptions, type Output, type Resource } from "@pulumi/pulumi";
import { haproxyConfig, type LoadBalancerOptions, loadBalancerCloudConfig } from "../hosts/index.ts";
import { privateAddress } from "../names.ts";
import { remoteStep } from "./remote-step.ts";
import { serverMachine, type ServersArgs } from "./servers.ts";

/** As root on a real server; a rehearsal's servers have neither another user nor sudo. */
const asRoot = "test -w /etc/haproxy || elevate='sudo -n'; timeout 1260 $elevate";
const install = `${asRoot} /usr/local/bin/failover-install-haproxy install`;
const check = `${asRoot} /usr/local/bin/failover-install-haproxy check`;

export interface LoadBalancersArgs extends ServersArgs {
  /** What they ask API servers for. */
  healthPath: string;
}

/**
 * HAProxy twice. Its configuration is rolled out over SSH, main first: the backup gets a version only after
 * the main one has served it, so that a bad one leaves the other standing. Installing and checking are two
 * steps: a version that does not serve is recorded as installed, so that going back to the last one is a
 * change. (A failed step keeps its old state, and the plugin would find nothing to do.) New configuration therefore
 * must not replace the machines, whose first boot has the one of that day.
 */
export class LoadBalancers extends ComponentResource {
  readonly addresses: { main: Output<string>; backup: Output<string> };

  constructor(name: string, args: LoadBalancersArgs, opts?: ComponentResourceOptions) {
    super("failover-stacks:servers:LoadBalancers", name, {}, opts);
    const main = this.make("main", args, []);
    const backup = this.make("backup", args, [main.served]);
    this.addresses = { main: main.machine.address, backup: backup.machine.address };
    this.registerOutputs();
  }

  private make(role: "main" | "backup", args: LoadBalancersArgs, after: Resource[]) {
    const { secrets, access, network } = args;
    const name = `load-balancer-${role}` as const;
    const options: Omit<LoadBalancerOptions, "identityClientId"> = {
      ...args.told,
      computerName: name,
      address: privateAddress(network, name),
      apiServers: {
        main: privateAddress(network, "api-main"),
        backup: privateAddress(network, "api-backup"),
      },
      trust: secrets.trust,
      healthPath: args.healthPath,
      sshHostKey: secrets.hostKeys[name],
    };
    const server = {
      zones: args.zones[role],
      cloudConfig: (identityClientId: string) => loadBalancerCloudConfig({ ...options, identityClientId }),
      replacedByContents: false,
      after,
    };
    const machine = serverMachine(this, name, { servers: args, server });
    const step = { machine, ...access, hostKey: secrets.hostKeys[name], stdin: haproxyConfig(options) };
    const parent = { parent: this };
    const installed = remoteStep(`${name}-configuration`, { ...step, run: install }, { ...parent, after });
    const checked = { ...parent, after: [installed] };
    return { machine, served: remoteStep(`${name}-serves`, { ...step, run: check }, checked) };
  }
}
