import { type ChildProcess, spawn } from "node:child_process";
import { stat } from "node:fs/promises";
import type { Logging, Output, Outputs } from "./output.ts";
import { quote, systemError } from "./wording.ts";

const shell = ["/bin/sh", "-c"];
/** Process groups of the commands that run now, for the end of this process. */
const running = new Set<ChildProcess>();

export interface LocalInputs {
  interpreter?: string[];
  dir?: string;
  environment?: Record<string, string>;
  stdin?: string;
  logging?: Logging;
  addPreviousOutputInEnv?: boolean;
}

export interface LocalRun {
  command: string;
  inputs: LocalInputs;
  /** PULUMI_COMMAND_STDOUT and _STDERR, where they go to the command. */
  previous: Record<string, string>;
  output: Output;
  /** Ends the command, with all it started. */
  ending: AbortSignal;
}

/**
 * Runs a command as a process of this machine.
 * @throws Error `<reason>: running "<command>":\n<all it printed>`, in Go's words
 */
export async function runLocally(run: LocalRun): Promise<Outputs> {
  const { command, output } = run;
  const failure = await describeFailure(run);
  const outputs = await output.finish();
  if (failure) throw new Error(`${failure}: running ${quote(command)}:\n${output.text}`);
  return outputs;
}

async function describeFailure({ command, inputs, previous, output, ending }: LocalRun) {
  const { interpreter, dir, environment, stdin } = inputs;
  const [program, ...args] = [...(interpreter?.length ? interpreter : shell), command];
  const noFolder = dir === undefined ? undefined : await describeFolder(dir, program);
  if (noFolder) return noFolder;
  const env = { ...process.env, ...environment, ...previous };
  const stdio = [stdin ? "pipe" : "ignore", "pipe", "pipe"] as const;
  return new Promise<string | undefined>((resolve) => {
    // A process group of its own, so that what the command started ends with it.
    const child = spawn(program, args, { cwd: dir, env, stdio: [...stdio], detached: true });
    const end = () => endGroup(child);
    running.add(child);
    if (ending.aborted) end();
    ending.addEventListener("abort", end, { once: true });
    child.stdout?.on("data", (bytes: Buffer) => output.add("stdout", bytes));
    child.stderr?.on("data", (bytes: Buffer) => output.add("stderr", bytes));
    // A command need not read its stdin; its exit status tells whether it did what it was for.
    child.stdin?.on("error", () => {}).end(stdin);
    const settle = (failure: string | undefined) => {
      running.delete(child);
      ending.removeEventListener("abort", end);
      resolve(failure);
    };
    child.once("error", (error) => settle(describeStart(error, program)));
    child.once("close", (status, signal) => settle(describeEnd(status, signal)));
  });
}

/** To be called when this process ends: no command outlives the plugin. */
export function endLocalCommands(): void {
  for (const child of running) endGroup(child);
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group has ended by itself, which is what was wanted.
  }
}

async function describeFolder(dir: string, program: string): Promise<string | undefined> {
  try {
    return (await stat(dir)).isDirectory() ? undefined : `fork/exec ${program}: not a directory`;
  } catch (error) {
    return `chdir ${dir}: ${systemError(error as Error)}`;
  }
}

function describeStart(error: Error, program: string): string {
  const isPath = program.includes("/");
  if (isPath) return `fork/exec ${program}: ${systemError(error)}`;
  return `exec: ${quote(program)}: executable file not found in $PATH`;
}

const signalTexts: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: "aborted",
  SIGHUP: "hangup",
  SIGINT: "interrupt",
  SIGKILL: "killed",
  SIGPIPE: "broken pipe",
  SIGQUIT: "quit",
  SIGSEGV: "segmentation fault",
  SIGTERM: "terminated",
};

function describeEnd(status: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (signal) return `signal: ${signalTexts[signal] ?? signal}`;
  return status === 0 ? undefined : `exit status ${status}`;
}
