import { once } from "node:events";
import { text } from "node:stream/consumers";
import { Client, type ClientChannel } from "ssh2";

export interface SshTarget {
  address: string;
  port: number;
  user: string;
  /** OpenSSH private key, as text. */
  privateKey: string;
  /** The host's public key as in known_hosts: `ssh-ed25519 AAAA…`. Any other is refused. */
  hostKey: string;
  localAddress: string;
}

const readyTimeoutMs = 5000;

/** Runs a command on a host to its end. @throws with what it printed, when it fails or its host is not who it should be */
export async function runOverSsh(target: SshTarget, command: string): Promise<string> {
  const { address: host, port, user: username, privateKey, hostKey, localAddress } = target;
  const expected = hostKey.split(" ")[1] ?? "";
  const client = new Client();
  try {
    const hostVerifier = (key: Buffer): boolean => key.toString("base64") === expected;
    const who = { username, privateKey, hostVerifier };
    client.connect({ host, port, localAddress, readyTimeout: readyTimeoutMs, ...who });
    await once(client, "ready");
    return await run(client, command);
  } finally {
    client.end();
  }
}

interface Ended {
  code: number | null;
  signal: string | undefined;
  output: string;
}

async function outcomeOf(channel: ClientChannel): Promise<Ended> {
  const exited = once(channel, "exit") as Promise<[number | null, string | undefined]>;
  channel.end();
  const [output, errors, [code, signal]] = await Promise.all([text(channel), text(channel.stderr), exited]);
  return { code, signal, output: output + errors };
}

async function run(client: Client, command: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<{ ended: Promise<Ended> }>();
  client.exec(command, (error, channel) => {
    if (error) reject(error);
    // Watched from here on: a short command may have ended before the caller is awake.
    else resolve({ ended: outcomeOf(channel) });
  });
  const { code, signal, output } = await (await promise).ended;
  if (code === 0) return output;
  throw new Error(`${command}: ${signal ?? `exit code ${code}`}\n${output}`);
}
