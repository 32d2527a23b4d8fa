import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { execa } from "execa";
import { topologyNames } from "../../infra/topologies.ts";
import { DrillProcess, gitStatus, listening, processesOf, project } from "./drill-process.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const stackFile = join(project, "Pulumi.failover.yaml");

/** The exports of a local plant, and nothing else: `env -i`. */
function exportsIn(file: string): Record<string, string> {
  const lines = readFileSync(file, "utf8").matchAll(/^export (\w+)='(.*)'$/gm);
  return Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
}

/** Every system at once; only what a recovery moves may show up in its preview. */
const compositionOfAll = "lb-backup-direct+api-main-only+database-secondary+storage-secondary+workers-scaled";

/** What a person sets for a topology; a restore needs its point in time as well. */
function settingsOf(topology: string): string[][] {
  const restore = ["--path", "failover-stacks:restores[0].at", "2026-11-20T10:00:00Z"];
  return [["topology", topology], ...(topology === "database-restored" ? [restore] : [])];
}

test.serial(
  "plain pulumi with nothing but the exports moves the local plant's traffic and back",
  async (t) => {
    t.timeout(600_000);
    const before = gitStatus();
    const committed = readFileSync(stackFile, "utf8");
    t.teardown(() => writeFileSync(stackFile, committed));
    const file = join(temporaryFolder(), "local.env");
    const local = new DrillProcess(["--env", file], { verb: "local" });
    t.teardown(() => local.child.kill("SIGKILL"));
    await local.printed("traffic  DNS → edge → load-balancer-main → api-main");
    t.is(statSync(file).mode & 0o777, 0o600);
    const env = exportsIn(file);
    const options = { cwd: project, env, extendEnv: false, all: true, reject: false } as const;
    const pulumi = (...args: string[]) =>
      execa(join(env["PATH"]?.split(":")[0] ?? "", "pulumi"), args, options);

    for (const stack of ["primary", "failover"]) {
      const preview = await pulumi("preview", "-s", stack, "--expect-no-changes");
      t.is(preview.exitCode, 0, preview.all);
    }
    const sync = new DrillProcess(["sync"], { verb: "failover", env });
    t.is(await sync.ended(), 0, sync.output);
    t.regex(sync.output, /Pulumi\.failover\.yaml is true/);

    for (const topology of [...topologyNames.filter((name) => name !== "normal"), compositionOfAll]) {
      for (const set of settingsOf(topology)) await pulumi("config", "set", ...set, "-s", "failover");
      const preview = await pulumi("preview", "-s", "failover");
      t.is(preview.exitCode, 0, `${topology}: ${preview.all}`);
      t.regex(preview.all, /~ \d to update/, topology);
      t.notRegex(preview.all, /to (replace|delete)/, topology);
      await pulumi("config", "rm", "restores", "-s", "failover");
    }
    await pulumi("config", "set", "topology", "normal", "-s", "failover");
    t.is(readFileSync(stackFile, "utf8"), committed);

    const second = new DrillProcess([], { verb: "local" });
    t.is(await second.ended(), 2, second.output);
    t.regex(second.output, /PLANT_IN_USE/);

    await pulumi("config", "set", "topology", "lb-direct", "-s", "failover");
    t.regex((await pulumi("up", "-s", "failover", "--yes")).all, /~ \d updated/);
    await local.printed("traffic  DNS → load-balancer-main → api-main");
    for (const topology of ["bypass-open", "normal"]) {
      await pulumi("config", "set", "topology", topology, "-s", "failover");
      t.regex((await pulumi("up", "-s", "failover", "--yes", "--skip-preview")).all, /~ \d updated/);
    }
    t.is(readFileSync(stackFile, "utf8"), committed);
    t.is(gitStatus(), before);

    local.child.kill("SIGINT");
    t.is(await local.ended(), 0, local.output);
    t.false(existsSync(file));
    t.deepEqual(listening(20), []);
    t.deepEqual(processesOf(20), []);
  },
);

const refused: Record<string, [verb: "drill" | "local", args: string[], code: number, message: RegExp]> = {
  "an unknown scenario": ["drill", ["edge-dwn"], 2, /^UNKNOWN_SCENARIO\n.*Did you mean "edge-down"\?/m],
  "an unknown option": [
    "drill",
    ["--realtime"],
    2,
    /^UNKNOWN_OPTION\n.*--realtime[^]*Next: npm run drill --/m,
  ],
  "a report in a folder that does not exist": [
    "drill",
    ["--json", "/nowhere/r.json"],
    3,
    /^NOT_WRITABLE\n.*\/nowhere/m,
  ],
  "exports over a file of somebody else": [
    "local",
    ["--env", stackFile],
    3,
    /^NOT_WRITABLE\n.*something else/m,
  ],
};

for (const [what, [verb, args, code, message]] of Object.entries(refused)) {
  test(`${what} is refused before anything starts`, async (t) => {
    const run = new DrillProcess(args, { verb });
    t.is(await run.ended(), code, run.output);
    t.regex(run.output, message);
    t.notRegex(run.output, /is up \(|\n {4}at /);
  });
}
