import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { FailoverError } from "../infra/errors.ts";
import { type EventLog, isRefused, readEventLog } from "./event-log.ts";
import { pulumi, type UpOptions, type Workspace } from "./pulumi.ts";

export interface StreamOptions extends UpOptions {
  act: "preview" | "up";
  /** Instead of Pulumi.<stack>.yaml, so that several may be previewed at once. */
  configFile?: string;
}

/** One run of the engine, whatever it came to, and the stream that it told of it. */
export interface Streamed {
  /** As written, for the guard. It holds secrets in debug messages: it is not to be kept. */
  stream: string;
  /** What the engine's failure means to a person; null when it succeeded. */
  failure: FailoverError | null;
}

/**
 * Runs `pulumi preview` or `pulumi up --yes --skip-preview` and returns its events. A run that failed is returned as
 * well: what it was about to do is what a guard wants to know.
 * @throws FailoverError when the engine failed before it had anything to tell, was stopped, or is not there
 */
export async function runWithEvents(workspace: Workspace, options: StreamOptions): Promise<Streamed> {
  const folder = await mkdtemp(join(tmpdir(), "failover-events-"));
  const file = join(folder, "events.jsonl");
  try {
    // The engine hides --event-log behind this switch; its own Automation API uses both.
    const env = { ...workspace.env, PULUMI_DEBUG_COMMANDS: "true" };
    const failure = await pulumi({ ...workspace, env }, argumentsOf(options, file), options).then(
      () => null,
      (error: unknown) => error,
    );
    // An engine that did not get so far wrote none; an empty stream is refused below.
    const stream = await readFile(file, "utf8").catch(() => "");
    if (failure === null) return { stream, failure };
    if (!(failure instanceof FailoverError) || isRefused(readEventLog(stream))) throw failure;
    return { stream, failure };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function argumentsOf({ act, stack, configFile }: StreamOptions, eventLog: string): string[] {
  return [
    act,
    "-s",
    stack,
    ...(act === "up" ? ["--yes", "--skip-preview"] : []),
    ...(configFile === undefined ? [] : ["--config-file", configFile]),
    "--event-log",
    eventLog,
  ];
}

/** What the engine says of a program that ended by itself; it names no resource then. */
const endedBy = /^Running program '.*' failed with an unhandled exception:\n?/;

/**
 * The program's own last words when it threw, did not compile, or refused its configuration; null when what failed was
 * a resource. Colours and stack traces are taken out.
 */
export function programFailure({ succeeded, errors }: EventLog): string | null {
  if (succeeded) return null;
  const [own] = errors.filter(
    ({ urn, message }) => urn === null && !/^(preview|update) failed$/.test(message),
  );
  if (!own || errors.some(({ urn }) => urn !== null)) return null;
  const text = stripVTControlCharacters(own.message).replace(endedBy, "");
  const lines = text.split("\n").map((line) => line.trimEnd());
  const said = lines.filter((line) => line !== "" && !/^\s+at /.test(line));
  // Of a stack trace the first place of ours is all that helps.
  const [place] = /\binfra\/[\w./-]+:\d+/.exec(text) ?? [];
  // Node prints the place first and the error last.
  const error = (said.find((line) => /^\w*Error\b/.test(line)) ?? said.join(" ")).slice(0, 600);
  return place === undefined ? error : `${error} (${place})`;
}
