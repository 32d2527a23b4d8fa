import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import ssh2, { type AuthContext, type Connection, type ServerChannel, type Session } from "ssh2";
import type { ExecutionContext } from "ava";
import { createSshKey } from "../../../../local/plant/ssh-key.ts";

/** How a test server departs from a good one. */
export interface Behaviour {
  /** The only user methods offered. Default: publickey, password, keyboard-interactive. */
  methods?: ("publickey" | "password" | "keyboard-interactive")[];
  /** Also wanted after the key. */
  second?: "password";
  password?: string;
  /** Refuses these environment variables, as sshd does without AcceptEnv. */
  refusedVariables?: RegExp;
  refusesSessions?: boolean;
  refusesCommands?: boolean;
  /** Ends a command without saying how it ended: closes its channel, or the connection. */
  ends?: "without-status" | "by-closing";
}

export interface SshServer {
  port: number;
  hostKey: string;
  /** The key that is let in, in OpenSSH's form. */
  clientKey: string;
  /** What clients asked for, in order: "auth none", "env A=1", "exec id", "stdin abc", "closed". */
  requests: string[];
  connections: () => { made: number; open: number };
}

export const clientKey = createSshKey("deploy");
const hostKey = createSshKey("host");

/** An SSH server on a free loopback port that really runs what it is told. */
export async function startSshServer(t: ExecutionContext, behaviour: Behaviour = {}): Promise<SshServer> {
  const requests: string[] = [];
  let made = 0;
  const clients = new Set<Connection>();
  const children = new Set<ChildProcess>();
  const server = new ssh2.Server({ hostKeys: [hostKey.privateKey] }, (client) => {
    made += 1;
    clients.add(client);
    client.on("close", () => {
      clients.delete(client);
      requests.push("closed");
    });
    client.on("error", () => {}); // A client that goes away in the middle is part of the tests.
    client.on("authentication", (context) => authenticate(context, behaviour, requests));
    client.on("session", (accept, reject) => {
      if (behaviour.refusesSessions) return reject();
      return serveSession(accept(), { client, behaviour, requests, children });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    for (const child of children) child.kill("SIGKILL");
    // The plugin leaves its connections open until it ends.
    for (const client of clients) client.end();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    hostKey: hostKey.publicKey,
    clientKey: clientKey.privateKey,
    requests,
    connections: () => ({ made, open: clients.size }),
  };
}

const allMethods = ["publickey", "password", "keyboard-interactive"] as const;

function authenticate(context: AuthContext, behaviour: Behaviour, requests: string[]): void {
  const { methods = [...allMethods], second, password = "right" } = behaviour;
  requests.push(`auth ${context.method}`);
  const refuse = () => context.reject(methods);
  if (context.method === "publickey") {
    const known = ssh2.utils.parseKey(clientKey.publicKey);
    if (known instanceof Error || !context.key.data.equals(known.getPublicSSH())) return refuse();
    return second && context.signature ? context.reject([second], true) : context.accept();
  }
  if (context.method === "password") return context.password === password ? context.accept() : refuse();
  if (context.method !== "keyboard-interactive") return refuse();
  const prompts = ["Password: ", "Again: "].map((prompt) => ({ prompt, echo: false }));
  return context.prompt(prompts, (answers) => {
    requests.push(`answers ${answers.join(" ")}`);
    if (answers.every((answer) => answer === password)) context.accept();
    else refuse();
  });
}

interface Serving {
  client: Connection;
  behaviour: Behaviour;
  requests: string[];
  children: Set<ChildProcess>;
}

function serveSession(session: Session, serving: Serving): void {
  const { behaviour, requests } = serving;
  const env: Record<string, string> = { PATH: "/usr/bin:/bin" };
  session.on("env", (accept, reject, { key, val }) => {
    requests.push(`env ${key}=${val}`);
    if (behaviour.refusedVariables?.test(key)) return reject?.();
    env[key] = val;
    return accept?.();
  });
  for (const unwanted of ["pty", "shell", "sftp", "auth-agent"] as const) {
    session.on(unwanted as "pty", (_accept, reject) => {
      requests.push(unwanted);
      reject?.();
    });
  }
  session.on("exec", (accept, reject, { command }) => {
    requests.push(`exec ${command}`);
    if (behaviour.refusesCommands) return reject();
    return runCommand(accept(), { ...serving, command, env });
  });
}

function runCommand(
  channel: ServerChannel,
  serving: Serving & { command: string; env: Record<string, string> },
) {
  const { client, behaviour, requests, children, command, env } = serving;
  const child = spawn("/bin/sh", ["-c", command], { env });
  children.add(child);
  child.stdin.on("error", () => {}); // A command need not read its stdin.
  channel.on("error", () => {}); // Nor need the client wait for its output.
  const received: Buffer[] = [];
  channel.on("data", (bytes: Buffer) => {
    received.push(bytes);
    child.stdin.write(bytes);
  });
  channel.on("end", () => {
    requests.push(`stdin ${Buffer.concat(received).toString()}`);
    child.stdin.end();
  });
  child.stdout.on("data", (bytes: Buffer) => channel.write(bytes));
  child.stderr.on("data", (bytes: Buffer) => channel.stderr.write(bytes));
  child.on("close", (status, signal) => {
    children.delete(child);
    if (behaviour.ends === "by-closing") return client.end();
    if (behaviour.ends === "without-status") return channel.close();
    if (signal) channel.exit(signal.replace("SIG", ""), false, "");
    else channel.exit(status ?? 0);
    channel.end();
    return channel.close();
  });
}

/** A loopback port that nothing listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
