import { type ErrorCode, FailoverError } from "./errors.ts";

/** One thing that is wrong with a stack's configuration. */
export interface Problem {
  code: ErrorCode;
  /** What is wrong, what was found, what is allowed. */
  text: string;
  /** Key without this project's namespace, or with another one's. */
  key: string;
  fix?: string;
}

/** Throws all problems as one error; its code is theirs when they agree. */
export function throwProblems(problems: readonly Problem[], stack: string): void {
  const [first] = problems;
  if (!first) return;
  const same = problems.every(({ code }) => code === first.code);
  const keys = [...new Set(problems.map(({ key }) => (key.includes(":") ? key : `failover-stacks:${key}`)))];
  // Problems with different ways out are mended in the file, all at once.
  const fix = problems.every((problem) => problem.fix === first.fix) ? first.fix : undefined;
  throw new FailoverError(same ? first.code : "INVALID_CONFIG", {
    problems: problems.map(({ text }) => text),
    where: `Pulumi.${stack}.yaml, ${keys.length === 1 ? "key" : "keys"} ${keys.join(", ")}`,
    fix: fix ?? `correct the file, then: pulumi preview -s ${stack}`,
  });
}
