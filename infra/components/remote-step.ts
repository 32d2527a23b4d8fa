import { Command } from "@pulumi/command/remote/command.js";
import { type ComponentResource, type Resource, secret } from "@pulumi/pulumi";
import { adminUsername } from "../names.ts";
import type { KeyPair } from "../secrets.ts";
import type { Machine } from "./machine.ts";

export interface Access {
  sshPort: number;
  deployKey: KeyPair;
}

export interface RemoteStepArgs extends Access {
  machine: Machine;
  hostKey: KeyPair;
  /** What runs there, once for each of its own versions, of its input's, and of the machine's. */
  run: string;
  stdin?: string;
}

/**
 * One step of a deployment on a machine, over SSH.
 * A machine that answers nothing is given up after a minute and a half, not after the three that are
 * the default: the primary stack has other servers to deploy.
 */
export function remoteStep(
  name: string,
  args: RemoteStepArgs,
  { parent, after }: { parent: ComponentResource; after: Resource[] },
): Command {
  const { machine, hostKey, deployKey, sshPort, run, stdin } = args;
  return new Command(
    name,
    {
      connection: {
        host: machine.address,
        port: sshPort,
        user: adminUsername,
        privateKey: secret(deployKey.privateKey),
        hostKey: hostKey.publicKey,
        dialErrorLimit: 12,
        perDialTimeout: 5,
      },
      create: run,
      ...(stdin !== undefined && { stdin }),
      // Servers accept no variables from outside, and this is one.
      addPreviousOutputInEnv: false,
      // A new machine under the old name has had nothing done to it.
      triggers: [machine.vm.vmId],
    },
    { parent, dependsOn: [machine.vm, ...after] },
  );
}
