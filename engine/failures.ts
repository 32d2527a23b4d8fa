import { type ErrorCode, errorCodes, FailoverError } from "../infra/errors.ts";
import { diagnostics, resourceFailures } from "./diagnostics.ts";
import { nextStep } from "./next-step.ts";

export interface Failure {
  /** Arguments of the pulumi command that failed. */
  command: string;
  stack: string;
  output: string;
}

interface Known {
  pattern: RegExp;
  code: ErrorCode;
  problem: string;
  fix: (failure: Failure) => string;
}

/** What the engine prints for a mistake or a state that a person can mend. Wording of pulumi 3.274. */
const known: readonly Known[] = [
  {
    pattern: /incorrect passphrase/,
    code: "WRONG_PASSPHRASE",
    problem: "PULUMI_CONFIG_PASSPHRASE does not open the stack.",
    fix: ({ stack }) =>
      `export PULUMI_CONFIG_PASSPHRASE=<the stack's passphrase>, then: pulumi up -s ${stack}`,
  },
  {
    pattern: /the stack is currently locked by/,
    code: "STACK_LOCKED",
    problem: "another pulumi holds the stack, or one that was killed left its lock.",
    fix: ({ stack }) => `if no other pulumi runs: pulumi cancel -s ${stack}, then: pulumi up -s ${stack}`,
  },
  {
    pattern: /no stack named '.*' found|unknown stack/,
    code: "STACK_NOT_DEPLOYED",
    problem: "the stack is not in this backend; it was never deployed here.",
    fix: ({ stack }) => `pulumi stack init ${stack}, then: pulumi up -s ${stack}`,
  },
  {
    pattern: /no space left on device/,
    code: "NO_SPACE",
    problem: "a disk is full; pulumi could not write.",
    fix: ({ stack }) => `free some space, then: pulumi up -s ${stack}`,
  },
];

/** The one message for a failed pulumi command: the program's own error, a known state, or what a cloud refused. */
export function explainFailure(failure: Failure): FailoverError {
  const { command, stack, output } = failure;
  const own = programError(output);
  if (own) return own;
  const where = `pulumi ${command.split(" ").slice(0, 3).join(" ")}`;
  const match = known.find(({ pattern }) => pattern.test(output));
  if (match) {
    return new FailoverError(match.code, {
      problems: [match.problem, ...diagnostics(output)],
      where,
      fix: match.fix(failure),
    });
  }
  const said = diagnostics(output);
  return new FailoverError("ENGINE_FAILED", {
    problems: said.length > 0 ? said : "it printed nothing.",
    where,
    fix: nextStep(resourceFailures(output), stack),
  });
}

/** The engine indents the program's message below "error: CODE"; take it out again. */
function programError(output: string): FailoverError | undefined {
  const lines = output.split("\n").map((line) => line.trim());
  const start = lines.findIndex((line) => codeOf(line) !== undefined);
  const code = codeOf(lines[start] ?? "");
  if (!code) return undefined;
  const body = lines.slice(start + 1);
  const where = body.find((line) => line.startsWith("In: "))?.slice(4);
  const fixAt = body.findIndex((line) => line.startsWith("Next: "));
  const fix = fixAt < 0 ? undefined : body[fixAt]?.slice(6);
  const problems = body
    .slice(0, fixAt < 0 ? 1 : fixAt)
    .filter((line) => line !== "" && !line.startsWith("In: "));
  return new FailoverError(code, { problems, ...(where ? { where } : {}), ...(fix ? { fix } : {}) });
}

function codeOf(line: string): ErrorCode | undefined {
  const word = line.replace(/^error: /, "");
  return word in errorCodes ? (word as ErrorCode) : undefined;
}

/**
 * The same failure with another next command, where the stack it happened to is gone with its plant and what an
 * engineer would do with a stack of theirs does not help. Errors that name their own way out stay as they are.
 */
export function withNext(error: unknown, command: string): unknown {
  if (!(error instanceof FailoverError) || !ofTheEngine.includes(error.code)) return error;
  const fix = error.code === "NO_SPACE" ? `free some space, then: ${command}` : command;
  // Nobody else can hold a stack that is gone: its lock is the engine's failure.
  const code = error.code === "STACK_LOCKED" ? "ENGINE_FAILED" : error.code;
  return new FailoverError(code, { problems: error.problems, fix, cause: error });
}

const ofTheEngine: readonly ErrorCode[] = [
  "ENGINE_FAILED",
  "ENGINE_DEADLINE",
  "INTERRUPTED",
  "STACK_LOCKED",
  "NO_SPACE",
];
