import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import test from "ava";
import { execa } from "execa";
import { temporaryFolder } from "./temporary-folder.ts";

const setup = join(import.meta.dirname, "..", "setup.mjs");
const lockfile = JSON.stringify({
  lockfileVersion: 3,
  packages: { "": {}, "node_modules/a": { version: "1.0.0" } },
});

interface Clone {
  root: string;
  /** Every line that the fake npm wrote: its arguments, once per start. */
  npmCalls: () => string[];
  run: (...args: string[]) => Running;
}

/** A clone in a folder of its own, with a drill that prints its arguments and an npm that does what it is told. */
function clone(npm = installs): Clone {
  const root = temporaryFolder();
  const bin = join(root, "bin");
  mkdirSync(bin);
  mkdirSync(join(root, "cli"));
  cpSync(setup, join(root, "setup.mjs"));
  writeFileSync(join(root, "package-lock.json"), lockfile);
  writeFileSync(join(root, "cli", "drill.ts"), drill);
  cpSync(join(setup, "..", "cli", "load-failure.mjs"), join(root, "cli", "load-failure.mjs"));
  writeFileSync(join(bin, "npm"), `#!/bin/sh\ncd "${root}"\necho "$@" >> npm-calls\n${npm}\n`);
  chmodSync(join(bin, "npm"), 0o755);
  return {
    root,
    npmCalls: () => linesOf(join(root, "npm-calls")),
    run: (...args) => start(root, args),
  };
}

type Running = ReturnType<typeof start>;

function start(root: string, args: string[]) {
  return execa(process.execPath, [join(root, "setup.mjs"), ...args], {
    env: { PATH: `${join(root, "bin")}:/usr/bin:/bin` },
    extendEnv: false,
    reject: false,
    all: true,
  });
}

const drill = `
const text: string = "drill";
if (process.argv[2] === "exit") process.exit(7);
if (process.argv[2] === "hang") {
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => { console.log("got", signal); process.exit(4); });
  console.log("ready");
  setInterval(() => {}, 1000);
} else if (process.argv[2] === "die") process.kill(process.pid, "SIGKILL");
else console.log(text, ...process.argv.slice(2), process.env["PATH"]);
`;

// What npm does as far as it matters here: it empties the folder, and writes its own record last.
const record = `echo '{"packages":{"node_modules/a":{"version":"1.0.0"}}}' > node_modules/.package-lock.json`;
const installs = `rm -rf node_modules; mkdir -p node_modules/a; ${record}`;

test("an unknown verb is answered with the known ones, exit code 2, before anything is installed", async (t) => {
  const { run, root } = clone();
  const { exitCode, stderr } = await run("dril");
  t.is(exitCode, 2);
  t.is(
    stderr,
    [
      "UNKNOWN_OPTION",
      `  There is no verb "dril".`,
      "  Verbs: drill, local, failover, preview, report, test, test-browser, check, fix, bench",
      "  Next: npm run drill",
    ].join("\n"),
  );
  t.false(existsSync(join(root, "node_modules")));
});

test("a Node.js that is too old is named with the one that is needed, exit code 3", async (t) => {
  const { root } = clone();
  const disguise = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.1" } });`;
  const { exitCode, stderr } = await execa(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(disguise)}`, join(root, "setup.mjs"), "drill"],
    { reject: false },
  );
  t.is(exitCode, 3);
  t.regex(stderr, /^UNSUPPORTED_PLATFORM\n {2}Node\.js is 18\.20\.1; 20 or newer is needed/);
});

test("another system than Linux is refused, exit code 3", async (t) => {
  const { root } = clone();
  const disguise = `Object.defineProperty(process, "platform", { value: "darwin" });`;
  const { exitCode, stderr } = await execa(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(disguise)}`, join(root, "setup.mjs"), "drill"],
    { reject: false },
  );
  t.is(exitCode, 3);
  t.regex(stderr, /^UNSUPPORTED_PLATFORM\n {2}This is darwin;[^]*WSL2$/);
});

test("a verb whose modules cannot be loaded says where, exit code 2; one that throws later is a defect", async (t) => {
  const { run, root } = clone();
  const write = (text: string) => writeFileSync(join(root, "cli", "drill.ts"), text);
  write("let {");
  const broken = await run("drill");
  t.is(broken.exitCode, 2);
  t.regex(
    broken.stderr,
    /^PROGRAM_FAILED\n {2}our own code cannot be loaded: SyntaxError.*\n {2}In: .*drill\.ts:1\n {2}Next: /m,
  );
  t.notRegex(broken.stderr, /\n {4}at /);
  write('import "./nothing.ts";');
  t.regex((await run("drill")).stderr, /cannot be loaded: Error \[ERR_MODULE_NOT_FOUND\]/);
  write('import "no-such-package";');
  const missing = await run("drill");
  t.is(missing.exitCode, 3);
  t.regex(missing.stderr, /^TOOL_MISSING\n {2}the npm package no-such-package is not in node_modules/m);
  write(
    'process.on("uncaughtException", () => process.exit(7)); setTimeout(() => { throw new Error("later"); });',
  );
  t.is((await run("drill")).exitCode, 7);
});

test("the first start installs the lockfile's packages without their scripts, the second none", async (t) => {
  const { run, npmCalls } = clone();
  const first = await run("drill", "edge-down", "--real-time");
  t.is(first.exitCode, 0, first.all);
  t.regex(first.stdout, /^drill edge-down --real-time /);
  const second = await run("drill");
  t.is(second.exitCode, 0, second.all);
  t.deepEqual(npmCalls(), ["ci --ignore-scripts --include=dev --include=optional --no-audit"]);
});

test("a lockfile that has changed is installed", async (t) => {
  const { run, root, npmCalls } = clone();
  await run("drill");
  writeFileSync(join(root, "package-lock.json"), lockfile.replace("1.0.0", "1.0.1"));
  await run("drill");
  t.is(npmCalls().length, 2);
});

test("an installation that was interrupted is done again", async (t) => {
  const { run, root, npmCalls } = clone();
  mkdirSync(join(root, "node_modules", "a"), { recursive: true });
  const { exitCode, all } = await run("drill");
  t.is(exitCode, 0, all);
  t.is(npmCalls().length, 1);
});

test("packages that npm itself has installed from this lockfile are taken as they are", async (t) => {
  const { run, root, npmCalls } = clone();
  await execa("sh", ["-c", installs], { cwd: root });
  await run("drill");
  t.deepEqual(npmCalls(), []);
  t.is(
    readFileSync(join(root, "node_modules", ".failover-stacks"), "utf8"),
    createHash("sha256").update(lockfile).digest("hex"),
  );
});

test("of two first starts at once one installs, and both run", async (t) => {
  const { run, npmCalls } = clone(`rm -rf node_modules; mkdir -p node_modules; sleep 1; ${record}`);
  const results = await Promise.all([run("drill"), run("drill")]);
  t.deepEqual(
    results.map(({ exitCode }) => exitCode),
    [0, 0],
  );
  t.is(npmCalls().length, 1);
});

test("a full disk is told as such and not tried again", async (t) => {
  const { run, npmCalls } = clone("echo 'npm error ENOSPC: no space left on device, write' >&2; exit 1");
  const { exitCode, stderr } = await run("drill");
  t.is(exitCode, 3);
  t.regex(stderr, /^NO_SPACE$/m);
  t.regex(stderr, /node_modules and npm's cache need about \d+ MB/);
  t.is(npmCalls().length, 1);
});

test("a registry that does not answer is tried three times, and npm's last lines and log are shown", async (t) => {
  const { run, npmCalls } = clone("echo 'npm error network ECONNRESET' >&2; exit 1");
  const { exitCode, stderr } = await run("drill");
  t.is(exitCode, 3);
  t.regex(stderr, /^DOWNLOAD_FAILED\n {2}npm ci failed three times\.\n {2}npm error network ECONNRESET\n/m);
  const log = /In: (\S+)/.exec(stderr)?.[1] ?? "";
  t.is(readFileSync(log, "utf8"), "npm error network ECONNRESET\n");
  rmSync(dirname(log), { recursive: true });
  t.is(npmCalls().length, 3);
});

test("a missing npm is named", async (t) => {
  const { root } = clone();
  const { exitCode, stderr } = await execa(process.execPath, [join(root, "setup.mjs"), "drill"], {
    env: { PATH: "/nowhere" },
    extendEnv: false,
    reject: false,
  });
  t.is(exitCode, 3);
  t.regex(stderr, /TOOL_MISSING\n {2}npm is not on PATH/);
});

test("a Node.js older than the program needs hands over to the packaged one", async (t) => {
  const { run, root } = clone();
  await run("drill");
  const packaged = join(root, "node_modules", `node-linux-${process.arch}`, "bin");
  mkdirSync(packaged, { recursive: true });
  symlinkSync(process.execPath, join(packaged, "node"));
  const disguise = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.1.0" } });`;
  const { stdout } = await execa(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(disguise)}`, join(root, "setup.mjs"), "drill"],
    { env: { PATH: "/usr/bin:/bin" }, extendEnv: false },
  );
  t.is(stdout, `drill ${packaged}:/usr/bin:/bin`);
});

test("the exit code is the verb's own", async (t) => {
  const { run } = clone();
  t.is((await run("drill", "exit")).exitCode, 7);
});

test("a verb that was killed by a signal ends with 128 and the signal's number", async (t) => {
  const { run } = clone();
  t.is((await run("drill", "die")).exitCode, 137);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} reaches the verb once, and its exit code is waited for`, async (t) => {
    const { run } = clone();
    const running = run("drill", "hang");
    await said(running, "ready");
    running.kill(signal);
    const { exitCode, stdout } = await running;
    t.is(exitCode, 4);
    t.is(stdout, `ready\ngot ${signal}`);
  });
}

test("an interrupted installation leaves no npm behind and nothing that counts as installed", async (t) => {
  const { run, root } = clone("echo $$ > npm-pid; exec sleep 60");
  const running = run("drill");
  await until(() => existsSync(join(root, "npm-pid")) && readFileSync(join(root, "npm-pid"), "utf8") !== "");
  running.kill("SIGTERM");
  t.is((await running).exitCode, 143);
  t.false(existsSync(`/proc/${readFileSync(join(root, "npm-pid"), "utf8").trim()}`));
  t.false(existsSync(join(root, "node_modules", ".failover-stacks")));
});

test("a start that was killed keeps others out until its npm has ended", async (t) => {
  const { run, root, npmCalls } = clone(
    `touch begun; while [ ! -e go-on ]; do sleep 0.05; done; ${installs}`,
  );
  const killed = run("drill");
  await until(() => existsSync(join(root, "begun")));
  killed.kill("SIGKILL");
  const next = run("drill");
  await said(next, "waiting for another process, which is installing npm packages here");
  writeFileSync(join(root, "go-on"), "");
  t.is((await next).exitCode, 0);
  t.is(npmCalls().length, 1);
});

function said(running: Running, text: string): Promise<void> {
  let output = "";
  running.all.on("data", (chunk) => (output += String(chunk)));
  return until(() => output.includes(text));
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("the condition did not come true in 20 s");
    await wait(20);
  }
}

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
}
