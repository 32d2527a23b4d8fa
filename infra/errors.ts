/**
 * Every error a person can meet, by code. The kind decides the exit code:
 * `user` and `refused` are 2, `environment` and `defect` are 3.
 * docs/errors.md explains each one; a test compares the two lists.
 */
export const errorCodes = {
  INVALID_CONFIG: "user",
  UNKNOWN_TOPOLOGY: "user",
  CONFLICTING_TOPOLOGIES: "user",
  NOT_YET_SERVED: "user",
  SECRET_MISSING: "user",
  PLANT_MISMATCH: "refused",
  SECRET_IN_STACK_FILE: "refused",
  UNKNOWN_SCENARIO: "user",
  UNKNOWN_OPTION: "user",
  BASE_UNUSABLE: "user",
  PROGRAM_FAILED: "user",
  REPORT_UNREADABLE: "user",
  WRONG_PASSPHRASE: "user",
  STACK_NOT_DEPLOYED: "user",
  STACK_LOCKED: "refused",
  BYPASS_STILL_IN_USE: "refused",
  PROMOTION_REFUSED: "refused",
  NOTHING_TO_ADOPT: "refused",
  STORAGE_MISSING: "refused",
  PLANT_IN_USE: "refused",
  NOT_LOOPBACK: "refused",
  UNSUPPORTED_PLATFORM: "environment",
  TOOL_MISSING: "environment",
  DOWNLOAD_FAILED: "environment",
  BUILD_FAILED: "environment",
  NO_SPACE: "environment",
  NOT_WRITABLE: "environment",
  NO_FREE_BLOCK: "environment",
  PLANT_FAILED: "environment",
  ENGINE_FAILED: "environment",
  ENGINE_DEADLINE: "environment",
  MACHINE_UNFIT: "environment",
  INTERRUPTED: "environment",
} as const satisfies Record<string, "user" | "refused" | "environment">;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorDetails {
  /** One line per problem: what is wrong, what was found, what is allowed. */
  problems: string | string[];
  /** File and key, tool, or address the problem is in. */
  where?: string;
  /** The next command, or the next sentence when no command helps. */
  fix?: string;
  cause?: unknown;
}

/** The only error meant for people. Anything else that is thrown is a defect and keeps its stack. */
export class FailoverError extends Error {
  readonly code: ErrorCode;
  readonly problems: string[];

  constructor(code: ErrorCode, { problems, where, fix, cause }: ErrorDetails) {
    const lines = Array.isArray(problems) ? problems : [problems];
    const parts = [code, ...lines.map(indent)];
    if (where) parts.push(indent(`In: ${where}`));
    if (fix) parts.push(indent(`Next: ${fix}`));
    super(parts.join("\n"), { cause });
    this.name = "FailoverError";
    this.code = code;
    this.problems = lines;
  }

  get exitCode(): 2 | 3 {
    return errorCodes[this.code] === "environment" ? 3 : 2;
  }
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
