import { ComponentResource, type ComponentResourceOptions, type Output, type Resource } from "@pulumi/pulumi";
import { type ApiServerOptions, apiServerCloudConfig } from "../hosts/index.ts";
import { privateAddress } from "../names.ts";
import { remoteStep } from "./remote-step.ts";
import { serverMachine, type ServersArgs } from "./servers.ts";

/**
 * Two API servers, whose contents come with their machines: a new version replaces the main one, waits
 * until it serves (Azure calls a machine ready before it has executed its customData), then the backup.
 */
export class ApiServers extends ComponentResource {
  readonly addresses: { main: Output<string>; backup: Output<string> };

  constructor(name: string, args: ServersArgs, opts?: ComponentResourceOptions) {
    super("failover-stacks:servers:ApiServers", name, {}, opts);
    const main = this.make("main", args, []);
    const backup = this.make("backup", args, [main.serves]);
    this.addresses = { main: main.machine.address, backup: backup.machine.address };
    this.registerOutputs();
  }

  private make(role: "main" | "backup", args: ServersArgs, after: Resource[]) {
    const { secrets, access, told } = args;
    const name = `api-${role}` as const;
    const options = optionsOf(name, args);
    const server = {
      zones: args.zones[role],
      cloudConfig: (identityClientId: string) => apiServerCloudConfig({ ...options, identityClientId }),
      replacedByContents: true,
      after,
    };
    const machine = serverMachine(this, name, { servers: args, server });
    const serves = remoteStep(
      `${name}-serves`,
      {
        machine,
        ...access,
        hostKey: secrets.hostKeys[name],
        run: waitUntilServing(`${options.address}:${told.clientPort}`),
      },
      { parent: this, after },
    );
    return { machine, serves };
  }
}

function optionsOf(
  name: "api-main" | "api-backup",
  { told, network, secrets }: ServersArgs,
): Omit<ApiServerOptions, "identityClientId"> {
  return {
    ...told,
    computerName: name,
    address: privateAddress(network, name),
    loadBalancers: {
      main: privateAddress(network, "load-balancer-main"),
      backup: privateAddress(network, "load-balancer-backup"),
    },
    sshHostKey: secrets.hostKeys[name],
  };
}

/** Its certificate is not looked at here: it is for the clients' name, and this asks by address. */
function waitUntilServing(place: string): string {
  const ask = `curl --silent --fail --insecure --max-time 2 --noproxy "*" --output /dev/null https://${place}/healthz`;
  return `timeout 900 sh -c 'until ${ask}; do sleep 1; done'`;
}
