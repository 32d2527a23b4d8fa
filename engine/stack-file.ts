import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { parseDocument } from "yaml";
import { FailoverError } from "../infra/errors.ts";

/** A stack file as the engine hands it to the program. */
export interface StackFile {
  config: Record<string, string>;
  secretKeys: string[];
}

/**
 * Reads Pulumi.<stack>.yaml without an engine: nested values become JSON text, as they do in a program.
 * @throws FailoverError INVALID_CONFIG when it is missing or no YAML
 */
export async function readStackFile(path: string): Promise<StackFile> {
  const where = basename(path);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw invalid(where, `${where} cannot be read: ${error.code}.`);
  });
  return parseStackFile(text, where);
}

/** @param where what to name in a message: the file's name */
export function parseStackFile(text: string, where: string): StackFile {
  const document = parseDocument(text);
  const [problem] = document.errors;
  if (problem) throw invalid(where, `${where} is not YAML: ${problem.message.split("\n")[0]}`);
  const root = document.toJS() as { config?: Record<string, unknown> } | null;
  const entries = Object.entries(root?.config ?? {});
  return {
    config: Object.fromEntries(entries.map(([key, value]) => [key, asConfigText(value)])),
    secretKeys: entries.filter(([, value]) => isSecret(value)).map(([key]) => key),
  };
}

function asConfigText(value: unknown): string {
  // Nobody here may read it; that it is one is all there is to say.
  if (isSecret(value)) return "secret";
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secure" in value;
}

function invalid(where: string, problem: string): FailoverError {
  return new FailoverError("INVALID_CONFIG", { problems: problem, where, fix: `git diff ${where}` });
}
