import { join } from "node:path";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { prepareToolchain } from "../local/toolchain/prepare.ts";
import { border, type Invocation } from "./border.ts";
import { runChecks } from "./check.ts";

const project = join(import.meta.dirname, "..");

/** One after another: what is measured in the last must not share the machine with the others. */
const suites = [
  ["tests/**/*.test.ts", "!tests/rehearsal/**", "!tests/architecture.test.ts", "!tests/docs/**"],
  ["tests/rehearsal/**", "--concurrency=1"],
];

/** Against a suite that never ends: AVA's own time-out cannot end a process of which a thread waits in the kernel. */
const suiteMilliseconds = 40 * 60_000;

/** `npm test`: checks, then every test. Tools are set up first, so that no test's time-out pays for a download. */
async function testVerb({ args, signal }: Invocation): Promise<number> {
  const { positionals: chosen } = parseArgs({ args, allowPositionals: true });
  await prepareToolchain((line) => console.log(line), { signal });
  let { passed, failed } = await runChecks(signal);
  for (const patterns of chosen.length > 0 ? [chosen] : suites) {
    const counts = await runSuite(patterns, signal);
    passed += counts.passed;
    failed += counts.failed;
  }
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && !signal.aborted ? 0 : 1;
}

async function runSuite(
  patterns: readonly string[],
  signal: AbortSignal,
): Promise<{ passed: number; failed: number }> {
  const result = await execa("ava", patterns, {
    cwd: project,
    preferLocal: true,
    reject: false,
    cancelSignal: signal,
    timeout: suiteMilliseconds,
    stdin: "ignore",
    stdout: ["pipe", "inherit"],
    stderr: "inherit",
  });
  // AVA's summary leaves them out as soon as one test has failed.
  const passed = (result.stdout.match(/^\s+✔ /gm) ?? []).length;
  const failed = counted(result.stdout, "failed") + counted(result.stdout, "skipped");
  // A runner that failed without counting a failure (a crash, a time-out, no test at all) is one.
  return { passed, failed: result.failed && failed === 0 ? 1 : failed };
}

/** AVA closes with lines such as "1 test failed". */
function counted(output: string, outcome: "failed" | "skipped"): number {
  const lines = output.matchAll(new RegExp(String.raw`^\s+(\d+) (?:tests?|hooks?) ${outcome}$`, "gm"));
  return [...lines].reduce((sum, [, n]) => sum + Number(n), 0);
}

await border("npm test -- [test file …]", testVerb);
