import { fileURLToPath } from "node:url";
import type { Machine } from "../machine/machine.ts";
import { openChannel } from "../request-channel.ts";
import type { Supervisor } from "../supervisor.ts";
import type { SshAnswer, SshRequest } from "./ssh-protocol.ts";

/** The SSH servers of all machines. Each call resolves when it is in force. */
export interface Ssh {
  /** In the place of one that the machine already has. */
  add(machine: Machine): Promise<void>;
  remove(host: string): Promise<void>;
}

export interface SshOptions {
  supervisor: Supervisor;
  node: string;
  port: number;
}

/** Starts the SSH process, without any server. @throws PLANT_FAILED */
export async function startSsh({ supervisor, node, port }: SshOptions): Promise<Ssh> {
  const running = await supervisor.start({
    name: "ssh",
    command: { path: node, args: [fileURLToPath(new URL("ssh-main.ts", import.meta.url))] },
    ready: { line: /"ready":true/ },
  });
  const ask = openChannel<SshRequest, SshAnswer>(running);
  return {
    async add({ spec, place, home, shellEnvironment: env, sshHostKey: hostKey }) {
      const { name, adminUsername: user, sshPublicKeys: authorizedKeys } = spec;
      await ask({ add: { name, port, place, hostKey, user, authorizedKeys, home, env } });
    },
    async remove(host) {
      await ask({ remove: { host } });
    },
  };
}
