import * as v from "valibot";
import { didYouMean } from "./compose.ts";
import type { Problem } from "./problems.ts";
import { keysAt } from "./schema.ts";

export const project = "failover-stacks";

/** A schema's finding in the words of a person: the key, what was found, what is allowed, what to type. */
export function describeIssue(
  issue: v.BaseIssue<unknown>,
  { schema, stack }: { schema: v.GenericSchema; stack: string },
): Problem {
  const key = v.getDotPath(issue) ?? "(stack file)";
  const base = { code: "INVALID_CONFIG", key } as const;
  if (issue.type === "strict_object" && issue.expected === "never") {
    const path = (issue.path ?? []).map((item) => String(item.key));
    return {
      ...base,
      text: `${key} is not a key of this project.${didYouMean(lastOf(path), keysAt(schema, path))}`,
    };
  }
  if (issue.received === "undefined") {
    return {
      ...base,
      text: `${key} is missing.`,
      fix: key.startsWith("endpoints")
        ? "npm run failover -- sync    (copies it from the primary stack)"
        : `pulumi config set --path '${project}:${key}' <value> -s ${stack}`,
    };
  }
  const found = ["Array", "Object"].includes(issue.received) ? undefined : issue.received;
  if (found === undefined) return { ...base, text: `${key} is not ${issue.message}.` };
  return { ...base, text: `${key} is ${found}; allowed: ${issue.message}.` };
}

function lastOf(path: readonly string[]): string {
  return path.at(-1) ?? "";
}
