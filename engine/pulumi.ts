import { execa } from "execa";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { FailoverError } from "../infra/errors.ts";
import { diagnostics } from "./diagnostics.ts";
import { type Changes, changesOf, parseEvents } from "./events.ts";
import { explainFailure } from "./failures.ts";

/** A folder with Pulumi.yaml, and everything a `pulumi` process needs to act on it. */
export interface Workspace {
  folder: string;
  /** The `pulumi` executable. */
  pulumi: string;
  /** The whole environment of each `pulumi` process; nothing is inherited. */
  env: Record<string, string>;
}

export interface UpOptions {
  stack: string;
  /** After this many seconds the engine is asked to stop, then made to. */
  deadlineSeconds: number;
  signal?: AbortSignal | undefined;
}

export interface UpResult {
  changes: Changes;
  output: string;
}

/**
 * Runs `pulumi up --yes --skip-preview`, the same act an engineer runs by hand.
 * @throws FailoverError ENGINE_DEADLINE, ENGINE_FAILED, or the user's mistake that the engine reported
 */
export async function up(workspace: Workspace, options: UpOptions): Promise<UpResult> {
  const folder = await mkdtemp(join(tmpdir(), "failover-events-"));
  const eventLog = join(folder, "events.jsonl");
  try {
    const act = ["up", "-s", options.stack, "--yes", "--skip-preview"];
    // The engine hides --event-log behind this switch; its own Automation API uses both.
    const env = { ...workspace.env, PULUMI_DEBUG_COMMANDS: "true" };
    const output = await pulumi({ ...workspace, env }, [...act, "--event-log", eventLog], options);
    return { changes: changesOf(parseEvents(await readFile(eventLog, "utf8"))), output };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sets one plain key of the stack file, as `pulumi config set` does. */
export async function setConfig(workspace: Workspace, stack: string, pair: [string, string]): Promise<void> {
  await pulumi(workspace, ["config", "set", ...pair, "-s", stack], { stack, deadlineSeconds: 30 });
}

/** Takes one key out of the stack file, as `pulumi config rm` does; one that is not there is no failure. */
export async function removeConfig(workspace: Workspace, stack: string, key: string): Promise<void> {
  await pulumi(workspace, ["config", "rm", key, "-s", stack], { stack, deadlineSeconds: 30 });
}

/** Sets several values inside nested keys at once: paths as `endpoints.loadBalancers.main.address`. */
export async function setConfigPaths(
  workspace: Workspace,
  stack: string,
  pairs: readonly (readonly [string, string])[],
): Promise<void> {
  const values = pairs.flatMap(([path, value]) => ["--plaintext", `${path}=${value}`]);
  await pulumi(workspace, ["config", "set-all", "--path", ...values, "-s", stack], {
    stack,
    deadlineSeconds: 30,
  });
}

/** Makes sure the stack exists in the backend. */
export async function initStack(workspace: Workspace, stack: string): Promise<void> {
  const known = await pulumi(workspace, ["stack", "ls", "--json"], { stack, deadlineSeconds: 60 });
  const names = (JSON.parse(known) as { name: string }[]).map(({ name }) => name);
  if (names.includes(stack)) return;
  await pulumi(workspace, ["stack", "init", stack, "--no-select"], { stack, deadlineSeconds: 60 });
}

export async function outputs(workspace: Workspace, stack: string): Promise<Record<string, unknown>> {
  const text = await pulumi(workspace, ["stack", "output", "--json", "-s", stack], {
    stack,
    deadlineSeconds: 60,
  });
  return JSON.parse(text) as Record<string, unknown>;
}

/** A resource as the state has it. */
export interface StateResource {
  urn: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

/** What a stack's state holds, and what an `up` that was cut off may have written: it asked, and heard no answer. */
export interface State {
  resources?: StateResource[];
  pending_operations?: { type: string; resource: StateResource }[];
}

/** The state itself, which is true after half an `up`, too; outputs are not. Secrets in it stay encrypted. */
export async function stateOf(workspace: Workspace, stack: string): Promise<State> {
  const text = await pulumi(workspace, ["stack", "export", "-s", stack], { stack, deadlineSeconds: 60 });
  return (JSON.parse(text) as { deployment?: State | null }).deployment ?? {};
}

/** Runs any `pulumi` command to its end and returns what it printed. */
export async function pulumi(workspace: Workspace, args: string[], options: UpOptions): Promise<string> {
  const child = execa(workspace.pulumi, [...args, "--non-interactive", "--color", "never"], {
    cwd: workspace.folder,
    env: workspace.env,
    extendEnv: false,
    stdin: "ignore",
    all: true,
    reject: false,
    // A group of its own: a terminal's Ctrl-C must reach the engine once, through us.
    detached: true,
  });
  const stop = new AbortController();
  const stopped = stopWhenAsked(child, options, stop.signal);
  const result = await child;
  stop.abort();
  const reason = await stopped;
  if (reason)
    throw stoppedError(
      reason,
      { ...options, act: args[0] === "up" ? "up" : args.slice(0, 2).join(" ") },
      result.all ?? "",
    );
  if (result.code === "ENOENT") throw pulumiMissing();
  if (result.failed)
    throw explainFailure({ command: args.join(" "), stack: options.stack, output: result.all ?? "" });
  const forPrograms = args.includes("--json") || args[1] === "export";
  return forPrograms ? result.stdout : (result.all ?? "");
}

function pulumiMissing(): FailoverError {
  return new FailoverError("TOOL_MISSING", {
    problems: "pulumi is not on PATH.",
    fix: "source local.env (npm run local -- --env local.env writes it), or install it: https://www.pulumi.com/docs/install/",
  });
}

type StopReason = "deadline" | "interrupted";

/** Waits for the deadline or the caller's signal, then stops the engine: asks, asks again, kills its group. */
async function stopWhenAsked(
  child: { pid?: number | undefined },
  { deadlineSeconds, signal }: UpOptions,
  finished: AbortSignal,
): Promise<StopReason | undefined> {
  const either = signal ? AbortSignal.any([finished, signal]) : finished;
  await delay(deadlineSeconds * 1000, undefined, { signal: either }).catch(ended);
  if (finished.aborted) return undefined;
  for (const kill of ["SIGINT", "SIGINT", "SIGKILL"] as const) {
    signalGroup(child.pid, kill);
    await delay(5000, undefined, { signal: finished }).catch(ended);
    if (finished.aborted) break;
  }
  return signal?.aborted ? "interrupted" : "deadline";
}

/** An aborted wait is the normal way out of it. */
function ended(): void {}

function signalGroup(pid: number | undefined, kill: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    // SIGINT to the engine alone, so that it can tell its plugins in its own order.
    process.kill(kill === "SIGKILL" ? -pid : pid, kill);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function stoppedError(
  reason: StopReason,
  { stack, deadlineSeconds, act }: UpOptions & { act: string },
  output: string,
): FailoverError {
  const resume = `pulumi up -s ${stack}    (completes what was begun; a lock that is left: pulumi cancel -s ${stack})`;
  if (reason === "interrupted") {
    return new FailoverError("INTERRUPTED", {
      problems: "pulumi was stopped before it finished.",
      fix: resume,
    });
  }
  return new FailoverError("ENGINE_DEADLINE", {
    problems: [
      `pulumi ${act} did not finish within ${deadlineSeconds} s and was stopped.`,
      ...diagnostics(output),
    ],
    fix: resume,
  });
}
