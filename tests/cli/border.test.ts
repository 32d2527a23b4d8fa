import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { execa } from "execa";

const cli = join(import.meta.dirname, "../..", "cli");
const quiet = "--disable-warning=ExperimentalWarning";

/** Runs a verb of ours, written down here. */
function run(verb: string, ...args: string[]) {
  const program = `import { border } from ${JSON.stringify(join(cli, "border.ts"))};\nawait border("npm run x", ${verb});`;
  const node = [quiet, "--input-type=module", "--eval", program, "--", "in the place of a file", ...args];
  return execa(process.execPath, node, { reject: false, all: true });
}

function cliVerb([program = "", ...args]: readonly string[], env: Record<string, string>) {
  const command = [quiet, join(cli, program), ...args];
  return execa(process.execPath, command, { reject: false, all: true, timeout: 20_000, env });
}

test("what a verb comes to is the exit code", async (t) => {
  t.is((await run("async () => 1")).exitCode, 1);
  t.is((await run("async () => { throw new Error('a defect') }")).exitCode, 3);
});

test("where the next command is the same one, it is so with what it was given", async (t) => {
  const refusing = (fix: string): string => `async () => {
    const { FailoverError } = await import(${JSON.stringify(join(cli, "../infra/errors.ts"))});
    throw new FailoverError("INTERRUPTED", { problems: "stopped", fix: ${JSON.stringify(fix)} });
  }`;
  const nextOf = async (fix: string, ...args: string[]) =>
    /Next: (.*)/.exec((await run(refusing(fix), ...args)).all)?.[1];
  t.is(await nextOf("npm run x"), "npm run x");
  t.is(await nextOf("npm run x", "edge-down", "--json", "a b"), 'npm run x -- edge-down --json "a b"');
  t.is(await nextOf("npm run y", "edge-down"), "npm run y");
  t.is(await nextOf("npm run x -- <scenario>", "edge-down"), "npm run x -- <scenario>");
});

for (const [what, verb] of [
  [
    "while the verb runs, which then ends well",
    `async ({ signal }) => {
      setTimeout(() => { throw new Error("nobody waits"); });
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return 0;
    }`,
  ],
  [
    "again during the clean-up",
    `async ({ signal }) => {
      const again = setInterval(() => { throw new Error("nobody waits"); }, 5);
      await new Promise((resolve) => signal.addEventListener("abort", () => setTimeout(resolve, 100)));
      clearInterval(again);
      console.log("cleaned up");
      return 0;
    }`,
  ],
  [
    "after the verb has ended",
    `async () => {
      setTimeout(() => { throw new Error("nobody waits"); }, 50);
      return 0;
    }`,
  ],
] as const) {
  test(`what is thrown where nobody waits, ${what}, ends with 3`, async (t) => {
    const { exitCode, all } = await run(verb);
    t.is(exitCode, 3, all);
    t.regex(all, /Error: nobody waits/);
    t.is(all.includes("cleaned up"), verb.includes("cleaned up"), all);
  });
}

/** What a shell types to see a verb's usage, by the file that reads the verb's options. */
function commandOf(file: string): string[] {
  const verb = file.replace(".ts", "");
  return ["ledger", "promises", "schedule"].includes(verb) ? ["failover.ts", verb] : [file];
}

const optionsOf = new Map(
  globSync("*.ts", { cwd: cli }).map((file) => {
    const options = readFileSync(join(cli, file), "utf8").matchAll(
      /"?([\w-]+)"?: \{ type: "(string|boolean)"/g,
    );
    return [file, [...options].map(([, name = ""]) => name)];
  }),
);

test("the options that this file looks for are found", (t) => {
  t.deepEqual(optionsOf.get("drill.ts"), ["real-time", "json", "ledger"]);
  t.deepEqual(optionsOf.get("ledger.ts"), ["stale", "file", "skip"]);
});

for (const [file, options] of optionsOf) {
  if (options.length === 0) continue;
  const [program = "", ...verb] = commandOf(file);
  test.serial(
    `${[program, ...verb].join(" ")} refuses what npm took, and its usage names each option`,
    async (t) => {
      const taken = options.map((option) => [`npm_config_${option.replaceAll("-", "_")}`, "true"]);
      // Without the refusal this option would be refused: nothing that takes minutes begins.
      const args = [...verb, "--no-such-option"];
      const { exitCode, all } = await cliVerb([program, ...args], Object.fromEntries(taken));
      t.is(exitCode, 2, all);
      const [, named = "", usage = ""] =
        /^UNKNOWN_OPTION\n {2}npm took (.+) for itself; options stand behind "--"\.\n {2}Next: (npm run .*)$/m.exec(
          all,
        ) ?? [];
      const inOrder = options.map((option) => `--${option}`).toSorted();
      t.deepEqual(named.split(" and ").toSorted(), inOrder, all);
      t.deepEqual((usage.match(/--[a-z][a-z-]*/g) ?? []).toSorted(), inOrder, usage);
      if (verb.length > 0) t.true(usage.startsWith(`npm run failover -- ${verb[0]} `), usage);
    },
  );
}

test.serial("--to, which npm completes to an option of its own, is refused as well", async (t) => {
  const { exitCode, all } = await cliVerb(["report.ts", "reports/none"], {
    npm_config_token_description: "elsewhere",
  });
  t.is(exitCode, 2);
  t.true(all.includes("npm took --to for itself"), all);
});

test.serial("another verb's option that npm took is nothing to a verb without it", async (t) => {
  const schedule = ["failover.ts", "schedule", "--at", "2026-12-24T03:23:00Z"];
  const { exitCode, all } = await cliVerb(schedule, { npm_config_json: "true" });
  t.is(exitCode, 0, all);
});

test.serial("a file that a bench cannot write is found out before it begins", async (t) => {
  // A cache that is none keeps it from beginning, should it try.
  const cache = { XDG_CACHE_HOME: "/dev/null/none" };
  const { exitCode, all } = await cliVerb(["bench.ts", "--json", "/nowhere/x"], cache);
  t.is(exitCode, 3, all);
  t.true(all.startsWith("\nNOT_WRITABLE\n  /nowhere/x cannot be written: ENOENT."), all);
});
