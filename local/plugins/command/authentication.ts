import { connect } from "node:net";
import { once } from "node:events";
import ssh2, { type AnyAuthMethod, type AuthHandlerMiddleware, type ParsedKey } from "ssh2";
import { systemError } from "./wording.ts";

/** What a server is shown, in this order: the key, the password (twice), else the agent's keys. */
export interface Credentials {
  user: string;
  privateKey?: string;
  privateKeyPassword?: string;
  password?: string;
  agentSocketPath?: string;
}

export interface Authentication {
  handler: AuthHandlerMiddleware;
  /** Methods that the server refused, in the order tried. */
  tried: () => readonly string[];
}

type Method = AnyAuthMethod & { type: string };

/**
 * Reads the credentials, once for all dials.
 * @throws Error for a key that cannot be read, or an agent that cannot be reached, even if a key is given
 */
export async function readCredentials(credentials: Credentials): Promise<Method[]> {
  const { user: username, privateKey, privateKeyPassword, password } = credentials;
  const methods: Method[] = [];
  if (privateKey !== undefined) {
    methods.push({ type: "publickey", username, key: parsePrivateKey(privateKey, privateKeyPassword) });
  }
  if (password !== undefined) {
    methods.push({ type: "password", username, password });
    methods.push({
      type: "keyboard-interactive",
      username,
      prompt: (...[, , , prompts, finish]) => finish(prompts.map(() => password)),
    });
  }
  const socketPath = credentials.agentSocketPath ?? (process.env.SSH_AUTH_SOCK || undefined);
  if (socketPath !== undefined) {
    await reachAgent(socketPath);
    methods.push({ type: "agent", username, agent: socketPath });
  }
  return methods;
}

/**
 * Go's client: `none` first, then each untried method that the server still allows. A key and the agent's keys are
 * one method to it, so that the agent is not asked where a key is given.
 */
export function authenticate(methods: readonly Method[], user: string): Authentication {
  const tried: string[] = [];
  let current: string | undefined;
  let allowed: readonly string[] = [];
  const handler = (
    left: string[] | null,
    partial: boolean | null,
    next: (method: Method | false) => void,
  ) => {
    if (current !== undefined && !partial && !tried.includes(current)) tried.push(current);
    if (left) allowed = left;
    const start: Method = { type: "none", username: user };
    const method =
      current === undefined ? start : methods.find((one) => isOpen(nameOf(one), { allowed, tried }));
    current = method && nameOf(method);
    next(method ?? false);
  };
  return { handler: handler as unknown as AuthHandlerMiddleware, tried: () => tried };
}

function isOpen(name: string, { allowed, tried }: { allowed: readonly string[]; tried: string[] }): boolean {
  return allowed.includes(name) && !tried.includes(name);
}

function nameOf({ type }: Method): string {
  return type === "agent" ? "publickey" : type;
}

const keyErrors: readonly [RegExp, string][] = [
  [/no passphrase/i, "ssh: this private key is passphrase protected"],
  [/integrity check failed|bad decrypt|bad passphrase/i, "x509: decryption password incorrect"],
];

function parsePrivateKey(privateKey: string, passphrase: string | undefined): ParsedKey {
  const key = ssh2.utils.parseKey(privateKey, passphrase);
  if (!(key instanceof Error) && key.isPrivateKey()) return key;
  const message = key instanceof Error ? key.message : "";
  const [, said] = keyErrors.find(([pattern]) => pattern.test(message)) ?? [];
  throw new Error(said ?? "ssh: no key found");
}

async function reachAgent(path: string): Promise<void> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
  } catch (error) {
    throw new Error(`dial unix ${path}: connect: ${systemError(error as Error)}`, { cause: error });
  } finally {
    socket.destroy();
  }
}
