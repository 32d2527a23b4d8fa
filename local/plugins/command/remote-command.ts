import type { ClientChannel } from "ssh2";
import { type Credentials, readCredentials } from "./authentication.ts";
import { dialWithRetry, openSocket, type Peer, refuseRemote } from "./dial.ts";
import type { ResourceLog } from "./engine-log.ts";
import { parseHostKey, shakeHands } from "./handshake.ts";
import type { Logging, Output, Outputs } from "./output.ts";
import { RemoteSession } from "./remote-session.ts";
import { quote } from "./wording.ts";

/** With its defaults: see `completeInputs`. */
export interface Connection extends Credentials, Peer {
  dialErrorLimit: number;
  hostKey?: string;
}

export interface RemoteInputs {
  connection: Connection;
  environment?: Record<string, string>;
  stdin?: string;
  logging?: Logging;
  addPreviousOutputInEnv?: boolean;
}

export interface RemoteRun {
  command: string;
  inputs: RemoteInputs;
  /** PULUMI_COMMAND_STDOUT and _STDERR, where they go to the command. A server may refuse them. */
  previous: Record<string, string>;
  output: Output;
  log: ResourceLog;
  /** Ends all of it. */
  cancelled: AbortSignal;
  /** Ends the dials; a handshake or a command under way goes on, as with the official plugin. */
  deadline: AbortSignal;
}

/**
 * Runs a command on a server: a connection, a session, environment, one `exec`; no pty, shell, or sftp.
 * @throws Error in the official plugin's words
 */
export async function runRemotely(run: RemoteRun): Promise<Outputs> {
  const client = await dial(run);
  const end = () => client.destroy();
  run.cancelled.addEventListener("abort", end, { once: true });
  try {
    const session = await RemoteSession.open(client);
    await setEnvironment(session, run);
    return await execute(session, run);
  } catch (error) {
    throw run.cancelled.aborted ? run.cancelled.reason : error;
  } finally {
    run.cancelled.removeEventListener("abort", end);
  }
}

async function dial({ inputs: { connection }, log, cancelled, deadline }: RemoteRun) {
  refuseRemote(connection.host);
  const hostKey = parseHostKey(connection.hostKey);
  const methods = await readCredentials(connection);
  const ending = AbortSignal.any([cancelled, deadline]);
  const open = async () => {
    const socket = await openSocket(connection, ending);
    return shakeHands(socket, { user: connection.user, methods, hostKey, cancelled });
  };
  return dialWithRetry(open, { limit: connection.dialErrorLimit, log, ending });
}

async function setEnvironment(session: RemoteSession, { inputs, previous, log }: RemoteRun): Promise<void> {
  for (const [key, value] of Object.entries(inputs.environment ?? {})) {
    if (await session.setVariable(key, value)) continue;
    log.write({ severity: "error", message: refusedVariable(key) });
    await log.flush();
    throw new Error(`could not set environment variable ${quote(key)}: ssh: setenv failed`);
  }
  for (const [key, value] of Object.entries(previous)) {
    if (await session.setVariable(key, value)) continue;
    log.write({ severity: "warning", message: refusedVariable(key) });
  }
}

function refusedVariable(key: string): string {
  return `Unable to set '${key}'. This only works if your SSH server is configured to accept
	these variables via AcceptEnv. Alternatively, if a Bash-like shell runs the command on the remote host, you could
	prefix the command itself with the variables in the form 'VAR=value command'`;
}

async function execute(session: RemoteSession, { command, inputs, output }: RemoteRun): Promise<Outputs> {
  const { channel } = session;
  const ended = watch(channel, output);
  const accepted = await session.execute(command);
  // A command need not read its stdin; its exit status tells whether it did what it was for.
  channel.on("error", () => {}).end(inputs.stdin ?? "");
  const failure = accepted ? await ended : `ssh: command ${command} failed`;
  const outputs = await output.finish();
  if (failure) throw new Error(`${failure}: running ${quote(command)}:\n${output.text}`);
  return outputs;
}

/** Numbers that the official plugin's ssh library (golang.org/x/crypto v0.48, session.go) adds to 128. */
const signalNumbers: Record<string, number> = {
  ABRT: 6,
  ALRM: 14,
  FPE: 8,
  HUP: 1,
  ILL: 4,
  INT: 2,
  KILL: 9,
  PIPE: 13,
  QUIT: 3,
  SEGV: 11,
  TERM: 15,
};

/** Resolves when the channel is closed and read to its end: how the command failed, or undefined. */
async function watch(channel: ClientChannel, output: Output): Promise<string | undefined> {
  let failure: string | undefined = "wait: remote command exited without exit status or exit signal";
  channel.on("exit", (...[status, signal, , message]: [number | null, string?, unknown?, string?]) => {
    failure = status === null ? describeSignal(signal ?? "", message) : describeStatus(status);
  });
  channel.on("data", (bytes: Buffer) => output.add("stdout", bytes));
  channel.stderr.on("data", (bytes: Buffer) => output.add("stderr", bytes));
  const closed = (stream: NodeJS.EventEmitter) => new Promise((resolve) => stream.once("close", resolve));
  await Promise.all([closed(channel), closed(channel.stderr)]);
  return failure;
}

function describeStatus(status: number): string | undefined {
  return status === 0 ? undefined : `Process exited with status ${status}`;
}

function describeSignal(name: string, message: string | undefined): string {
  const signal = name.replace(/^SIG/, "");
  const reason = message ? `. Reason was: ${message}` : "";
  return `Process exited with status ${128 + (signalNumbers[signal] ?? 0)} from signal ${signal}${reason}`;
}
