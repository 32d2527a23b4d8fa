import { isUtf8 } from "node:buffer";
import { spawn } from "node:child_process";
import type { Writable } from "node:stream";
import type { ServerChannel } from "ssh2";
import { processesWithEnvironment } from "../processes.ts";
import type { ProcessStat } from "../processes.ts";
import { localise } from "../machine/place.ts";
import type { Place } from "../machine/place.ts";
import type { SshHostConfig } from "./ssh-protocol.ts";

export interface CommandOptions {
  config: SshHostConfig;
  command: string;
  /** What the client set. */
  env: Record<string, string>;
}

/** In the environment of every command that came by SSH, with the folder of its machine. */
const commandVariable = "FAILOVER_SSH_MACHINE";

/** Commands of a machine with all that they started, also what left their process group or outlived its parent. */
export function commandsOf({ root }: Place): ProcessStat[] {
  return processesWithEnvironment(`${commandVariable}=${root}`);
}

/**
 * Runs a command as the machine's user would, and closes the channel with its exit status or signal. It goes on when
 * its client is gone, as under OpenSSH.
 */
export function executeCommand(channel: ServerChannel, { config, command, env }: CommandOptions): void {
  const { place, home } = config;
  const child = spawn("/bin/sh", ["-c", localise(command, place)], {
    cwd: home,
    env: { ...process.env, ...env, ...config.env, [commandVariable]: place.root },
  });
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  // A command may end without having read its input (EPIPE), and a client without having read the output.
  child.stdin.on("error", () => {});
  channel.on("error", () => {});
  // A client that is gone sends no end of input; its command must not wait for one.
  channel.once("close", () => child.stdin.end());
  feed(channel, child.stdin, place);
  child.once("error", (error) => finish(channel, { code: 127, problem: error.message }));
  child.once("close", (code, signal) => finish(channel, { code, signal }));
}

/**
 * The whole of it at once: a path may be cut anywhere in a stream. By events, because reading a channel
 * to its end in any other way destroys it, and the command's output with it.
 */
function feed(channel: ServerChannel, stdin: Writable, place: Place): void {
  const chunks: Buffer[] = [];
  channel.on("data", (chunk: Buffer) => chunks.push(chunk));
  channel.once("end", () => {
    const input = Buffer.concat(chunks);
    stdin.end(isUtf8(input) ? localise(input.toString(), place) : input);
  });
}

interface Ending {
  code: number | null;
  signal?: NodeJS.Signals | null;
  problem?: string;
}

/** Without a status before the end, a client takes the command for lost. */
function finish(channel: ServerChannel, { code, signal, problem }: Ending): void {
  if (problem) channel.stderr.write(`${problem}\n`);
  if (signal) channel.exit(signal.replace("SIG", ""));
  else channel.exit(code ?? 1);
  channel.end();
}
