import { randomBytes } from "node:crypto";
import { type Properties, unknownValue } from "../rpc.ts";
import { outputsMayChange } from "./diff.ts";
import type { EngineLog } from "./engine-log.ts";
import { localCommand } from "./inputs.ts";
import { runLocally } from "./local-command.ts";
import { Output, type Outputs } from "./output.ts";
import type { RemoteInputs } from "./remote-command.ts";
import { isMarked, reveal } from "./secrets.ts";

/** One resource in one operation. */
export interface Operation {
  urn: string;
  type: string;
  log: EngineLog;
  cancelled: AbortSignal;
  /** `customTimeouts`, in seconds; 0 is none. */
  timeoutSeconds: number;
}

const nothing: Outputs = { stdout: "", stderr: "" };

/** Runs `create`, if there is one. @throws Error in the official plugin's words; the resource is then not kept. */
export async function createCommand(operation: Operation, news: Properties): Promise<Properties> {
  const ran = await run(operation, { inputs: news, key: ["create"], previous: nothing });
  return { ...news, ...(ran ?? nothing) };
}

/** Runs `update`, else `create` again. @throws Error; the resource then stays as recorded. */
export async function updateCommand(
  operation: Operation,
  olds: Properties,
  news: Properties,
): Promise<Properties> {
  const previous = outputsOf(olds);
  const ran = await run(operation, { inputs: news, key: ["update", "create"], previous });
  return { ...news, ...(ran ?? recordedOutputs(olds)) };
}

/** Runs `delete` as recorded, by the recorded connection. Without one there is no connection at all. */
export async function deleteCommand(operation: Operation, olds: Properties): Promise<void> {
  await run(operation, { inputs: olds, key: ["delete"], previous: outputsOf(olds) });
}

/** A new command in a preview: nothing runs, and what it will print is unknown. */
export function previewCreate(news: Properties): Properties {
  return { ...news, stdout: unknownValue, stderr: unknownValue };
}

export function previewUpdate(olds: Properties, news: Properties): Properties {
  const outputs = outputsMayChange(olds, news, isUnknown) ? previewCreate({}) : recordedOutputs(olds);
  return { ...news, ...outputs };
}

/** The official plugin's form: the name and 8 hexadecimal digits. */
export function newId(urn: string): string {
  return `${urn.split("::").at(-1)}${randomBytes(4).toString("hex")}`;
}

interface Task {
  inputs: Properties;
  /** The inputs that hold the command; the first that is set. */
  key: readonly ("create" | "update" | "delete")[];
  previous: Outputs;
}

async function run(operation: Operation, { inputs, key, previous }: Task): Promise<Outputs | undefined> {
  const plain = reveal(inputs) as Partial<RemoteInputs> & Record<string, unknown>;
  const command = key.map((one) => plain[one]).find((one) => typeof one === "string");
  if (command === undefined) return undefined;
  const log = operation.log.of(operation.urn);
  const output = new Output(log, plain.logging);
  const variables = plain.addPreviousOutputInEnv === false ? {} : variablesOf(previous);
  const { cancelled } = operation;
  using deadline = startDeadline(operation.timeoutSeconds);
  const common = { command, previous: variables, output };
  if (operation.type === localCommand) {
    const ending = AbortSignal.any([cancelled, deadline.signal]);
    return await runLocally({ ...common, inputs: plain, ending });
  }
  // SSH costs 0.1 s of CPU to load, in every operation of a stack; most run nothing on a server.
  const { runRemotely } = await import("./remote-command.ts");
  const remote = plain as RemoteInputs;
  return await runRemotely({ ...common, inputs: remote, log, cancelled, deadline: deadline.signal });
}

function startDeadline(seconds: number): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const expire = () => controller.abort(new Error("context deadline exceeded"));
  const timer = seconds > 0 ? setTimeout(expire, seconds * 1000) : undefined;
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}

function outputsOf(olds: Properties): Outputs {
  const { stdout, stderr } = reveal(olds) as Partial<Outputs>;
  return { stdout: stdout ?? "", stderr: stderr ?? "" };
}

function recordedOutputs({ stdout = "", stderr = "" }: Properties): Properties {
  return { stdout, stderr };
}

/** Only what is not empty is handed on. */
function variablesOf({ stdout, stderr }: Outputs): Record<string, string> {
  return {
    ...(stdout && { PULUMI_COMMAND_STDOUT: stdout }),
    ...(stderr && { PULUMI_COMMAND_STDERR: stderr }),
  };
}

function isUnknown(value: unknown): boolean {
  if (value === unknownValue) return true;
  if (isMarked(value) && !("value" in value)) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(isUnknown);
}
