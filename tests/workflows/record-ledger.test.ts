import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { execa } from "execa";
import { root } from "./workflow-files.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const script = join(root, ".github", "scripts", "record-ledger.sh");
const identity = ["-c", "user.name=t", "-c", "user.email=t@example.test"];

interface Remote {
  folder: string;
  clone: string;
  rows: string;
  /** What ledger.jsonl is on the remote. */
  ledger: () => Promise<string>;
}

/** A bare repository with a ledger of this text, and a clone of it. */
async function remote(ledger: string): Promise<Remote> {
  const folder = temporaryFolder();
  const [bare, clone] = [join(folder, "bare"), join(folder, "clone")];
  await execa("git", ["init", "--quiet", "--bare", "--initial-branch=main", bare]);
  await execa("git", ["clone", "--quiet", bare, clone], { stderr: "ignore" });
  writeFileSync(join(clone, "ledger.jsonl"), ledger);
  await execa("git", ["add", "."], { cwd: clone });
  await execa("git", [...identity, "commit", "--quiet", "-m", "Begin"], { cwd: clone });
  await execa("git", ["push", "--quiet", "origin", "HEAD:main"], { cwd: clone });
  const rows = join(folder, "rows.jsonl");
  writeFileSync(rows, '{"row":1}\n{"row":2}\n');
  const show = ["--git-dir", bare, "show", "main:ledger.jsonl"];
  return {
    folder,
    clone,
    rows,
    ledger: async () => (await execa("git", show, { stripFinalNewline: false })).stdout,
  };
}

const record = ({ clone, rows }: Remote, ...more: string[]) =>
  execa("bash", [script, rows, ...more], { cwd: clone, reject: false, all: true });

test("rows are added to the ledger of the remote's branch, and nothing else is changed", async (t) => {
  const own = await remote('{"row":0}\n');
  const { exitCode, all } = await record(own);
  t.is(exitCode, 0, all);
  t.is(await own.ledger(), '{"row":0}\n{"row":1}\n{"row":2}\n');
  const { stdout } = await execa("git", ["log", "--format=%s", "origin/main"], { cwd: own.clone });
  t.is(stdout, "Record a drill in the ledger\nBegin");
  t.regex(all, /2 lines added to ledger\.jsonl on main/);
});

test("a last line that was cut in half is not continued", async (t) => {
  const own = await remote('{"row":0}\n{"ro');
  t.is((await record(own)).exitCode, 0);
  t.is(await own.ledger(), '{"row":0}\n{"ro\n{"row":1}\n{"row":2}\n');
});

test("a checkout of a commit records to the branch that is named", async (t) => {
  const own = await remote("");
  await execa("git", ["checkout", "--quiet", "--detach"], { cwd: own.clone });
  t.is((await record(own, "main")).exitCode, 0);
  t.is(await own.ledger(), '{"row":1}\n{"row":2}\n');
});

test("a branch that does not exist yet begins at what is checked out, and is added to from then on", async (t) => {
  const own = await remote('{"row":0}\n');
  for (const round of [1, 2]) t.is((await record(own, "ledger")).exitCode, 0, String(round));
  const show = ["--git-dir", join(own.folder, "bare"), "show", "ledger:ledger.jsonl"];
  const { stdout } = await execa("git", show);
  t.is(stdout, ['{"row":0}', ...Array(2).fill('{"row":1}\n{"row":2}')].join("\n"));
  t.is(await own.ledger(), '{"row":0}\n');
});

test("a branch that refuses the push is named, and nothing is lost on it", async (t) => {
  const own = await remote('{"row":0}\n');
  const hook = join(own.folder, "bare", "hooks", "pre-receive");
  writeFileSync(hook, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  // Its five attempts would take a quarter of a minute.
  writeFileSync(join(own.folder, "sleep"), "#!/bin/sh\n", { mode: 0o755 });
  const env = { PATH: `${own.folder}:${process.env["PATH"]}` };
  const { exitCode, all } = await execa("bash", [script, own.rows], {
    cwd: own.clone,
    env,
    reject: false,
    all: true,
  });
  t.is(exitCode, 1);
  t.regex(all, /not recorded; docs\/schedule\.md says what main must allow$/);
  t.is(await own.ledger(), '{"row":0}\n');
});

test("somebody who pushed meanwhile loses nothing, and neither does the drill", async (t) => {
  const own = await remote('{"row":0}\n');
  const other = join(own.folder, "other");
  await execa("git", ["clone", "--quiet", join(own.folder, "bare"), other]);
  // Between the script's look and its push, and only once.
  const meanwhile = `#!/bin/sh
[ -f "${own.folder}/done" ] && exit 0
touch "${own.folder}/done"
cd "${other}" && unset GIT_DIR && echo '{"row":"theirs"}' >> ledger.jsonl
git ${identity.join(" ")} commit --quiet --all -m Theirs && git push --quiet origin HEAD:main
`;
  writeFileSync(join(own.clone, ".git", "hooks", "pre-push"), meanwhile, { mode: 0o755 });
  const { exitCode, all } = await record(own);
  t.is(exitCode, 0, all);
  t.is(await own.ledger(), '{"row":0}\n{"row":"theirs"}\n{"row":1}\n{"row":2}\n');
  t.regex(all, /attempt 1: main moved on/);
});

test("no rows are an error, and nothing is pushed", async (t) => {
  const own = await remote('{"row":0}\n');
  writeFileSync(own.rows, "");
  const { exitCode, all } = await record(own);
  t.is(exitCode, 1);
  t.regex(all, /there is no row to add/);
  t.is(await own.ledger(), '{"row":0}\n');
});

test("the script is the one that the ledger's own file name is in", (t) => {
  const [, name = ""] = /^ledger=(.*)$/m.exec(readFileSync(script, "utf8")) ?? [];
  t.is(name, "ledger.jsonl");
  t.true(readFileSync(join(root, "cli", "ledger.ts"), "utf8").includes(`join(project, "${name}")`));
});
