import { ComponentResource, type ComponentResourceOptions, type Output, type Resource } from "@pulumi/pulumi";
import { haproxyConfig, type LoadBalancerOptions, loadBalancerCloudConfig } from "../hosts/index.ts";
import { privateAddress } from "../names.ts";
import { Machine } from "./machine.ts";
import { remoteStep } from "./remote-step.ts";
import type { ServersArgs } from "./servers.ts";

/** As root on a real server; a rehearsal's servers have neither another user nor sudo. */
const install =
  "test -w /etc/haproxy || elevate='sudo -n'; timeout 1260 $elevate /usr/local/bin/failover-install-haproxy";

/**
 * HAProxy twice. Its configuration is rolled out over SSH, main first: the backup gets a version only after
 * the main one has served it, so that a bad one leaves the other standing. New configuration therefore
 * must not replace the machines, whose first boot has the one of that day.
 */
export class LoadBalancers extends ComponentResource {
  readonly addresses: { main: Output<string>; backup: Output<string> };

  constructor(name: string, args: ServersArgs, opts?: ComponentResourceOptions) {
    super("failover-stacks:servers:LoadBalancers", name, {}, opts);
    const main = this.make("main", args, []);
    const backup = this.make("backup", args, [main.served]);
    this.addresses = { main: main.machine.address, backup: backup.machine.address };
    this.registerOutputs();
  }

  private make(role: "main" | "backup", args: ServersArgs, after: Resource[]) {
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
      sshHostKey: secrets.hostKeys[name],
    };
    const machine = new Machine(
      name,
      {
        ...args.machine,
        network,
        computerName: name,
        zones: args.zones[role],
        identityId: args.identity.id,
        cloudConfig: args.identity.clientId.apply((identityClientId) =>
          loadBalancerCloudConfig({ ...options, identityClientId }),
        ),
        replacedByContents: false,
        after,
      },
      { parent: this },
    );
    const served = remoteStep(
      `${name}-configuration`,
      { machine, ...access, hostKey: secrets.hostKeys[name], run: install, stdin: haproxyConfig(options) },
      { parent: this, after },
    );
    return { machine, served };
  }
}
