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
/** None of a fault's commands takes longer than seconds. */
const limitMs = 60_000;

/**
 * Runs a command on a host to its end, at most until the signal.
 * @throws with what it printed when it fails; when its host is not who it should be, or is lost before the end
 */
export async function runOverSsh(
  target: SshTarget,
  command: string,
  signal = AbortSignal.timeout(limitMs),
): Promise<string> {
  const client = new Client();
  const lost = whenLost(client, signal);
  try {
    const output = await Promise.race([connectAndRun(client, target, command), lost]);
    client.end();
    return output;
  } catch (error) {
    // Not gently: a host that is silent would never say goodbye.
    client.destroy();
    throw new Error(`${target.address}: ${command}: ${messageOf(error)}`, { cause: error });
  }
}

/** Never resolves. Without it a command whose connection ends first would be waited for for ever. */
function whenLost(client: Client, signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  client.on("error", reject);
  client.once("close", () => reject(new Error("the connection ended before the command")));
  const stop = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  client.once("close", () => signal.removeEventListener("abort", stop));
  if (signal.aborted) stop();
  return promise;
}

async function connectAndRun(client: Client, target: SshTarget, command: string): Promise<string> {
  const { address: host, port, user: username, privateKey, hostKey, localAddress } = target;
  const expected = hostKey.split(" ")[1] ?? "";
  const hostVerifier = (key: Buffer): boolean => key.toString("base64") === expected;
  const who = { username, privateKey, hostVerifier };
  const ready = once(client, "ready");
  client.connect({ host, port, localAddress, readyTimeout: readyTimeoutMs, ...who });
  await ready;
  return run(client, command);
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
  throw new Error(`${signal ?? `exit code ${code}`}\n${output}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
