import { execa } from "execa";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { border, type Invocation } from "./border.ts";

const project = join(import.meta.dirname, "..");

/** Everything that is checked without running the product. */
export const checks: readonly { name: string; command: string[] }[] = [
  { name: "types", command: ["tsc", "--noEmit", "-p", "tsconfig.json"] },
  { name: "lint", command: ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "format", command: ["oxfmt", "--check"] },
  { name: "architecture", command: ["ava", "tests/architecture.test.ts"] },
  { name: "docs", command: ["ava", "tests/docs/*.test.ts"] },
];

/** Runs the checks one after another; all of them, whatever fails. @returns how many passed and failed */
export async function runChecks(signal: AbortSignal): Promise<{ passed: number; failed: number }> {
  let failed = 0;
  for (const { name, command } of checks) {
    const [tool = "", ...args] = command;
    const result = await execa(tool, args, {
      cwd: project,
      preferLocal: true,
      all: true,
      reject: false,
      cancelSignal: signal,
    });
    console.log(`${result.failed ? "✘" : "✔"} ${name}`);
    if (!result.failed) continue;
    failed += 1;
    console.log(result.all);
  }
  return { passed: checks.length - failed, failed };
}

async function checkVerb({ args, signal }: Invocation): Promise<number> {
  parseArgs({ args });
  const { passed, failed } = await runChecks(signal);
  console.log(
    `\n${passed} passed, ${failed} failed${failed > 0 ? " · npm run fix mends format, simple lint and the topology tables" : ""}`,
  );
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) await border("npm run check", checkVerb);
