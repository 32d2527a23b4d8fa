import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { unknownValue } from "../../../../local/plugins/rpc.ts";
import { local, openPlugin, spawnPlugin } from "./plugin-fixture.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";

test("create runs the command and keeps both streams apart, each without one newline at its end", async (t) => {
  const plugin = await openPlugin(t);
  const { id, properties } = await plugin.create(local, { create: String.raw`printf 'a\n\n'; echo b >&2` });
  t.regex(id, /^install[0-9a-f]{8}$/);
  t.like(properties, { stdout: "a\n", stderr: "b" });
});

test("a command gets the interpreter, folder, environment and stdin that it is given", async (t) => {
  const plugin = await openPlugin(t);
  const dir = temporaryFolder();
  const create =
    "console.log(process.cwd(), process.env.A, process.env.HOME, require('fs').readFileSync(0, 'utf8'))";
  const inputs = { create, dir, environment: { A: "1" }, stdin: "in", interpreter: [process.execPath, "-e"] };
  const { properties } = await plugin.create(local, inputs);
  t.is(properties.stdout, `${dir} 1 ${process.env["HOME"]} in`);
});

const failing: [string, object, string][] = [
  ["an exit status", { create: 'echo "é"; exit 3' }, 'exit status 3: running "echo \\"é\\"; exit 3":\né\n'],
  ["a signal", { create: "kill -9 $$" }, 'signal: killed: running "kill -9 $$":\n'],
  [
    "an interpreter that is not there",
    { create: "x", interpreter: ["/nope"] },
    'fork/exec /nope: no such file or directory: running "x":\n',
  ],
  [
    "an interpreter that is not on PATH",
    { create: "x", interpreter: ["nope-nope"] },
    'exec: "nope-nope": executable file not found in $PATH: running "x":\n',
  ],
  [
    "an interpreter that is no program",
    { create: "x", interpreter: ["/etc/passwd"] },
    'fork/exec /etc/passwd: permission denied: running "x":\n',
  ],
  [
    "a folder that is not there",
    { create: "x", dir: "/nope" },
    'chdir /nope: no such file or directory: running "x":\n',
  ],
  [
    "a folder that is a file",
    { create: "x", dir: "/etc/passwd" },
    'fork/exec /bin/sh: not a directory: running "x":\n',
  ],
];
for (const [title, inputs, message] of failing) {
  test(`${title} fails the resource with the command and all it printed`, async (t) => {
    const plugin = await openPlugin(t);
    await t.throwsAsync(plugin.create(local, { ...inputs }), { message });
  });
}

test("update runs `update`, else `create` again, and is told what was printed before", async (t) => {
  const plugin = await openPlugin(t);
  const olds = { create: "echo $PULUMI_COMMAND_STDOUT/$PULUMI_COMMAND_STDERR", stdout: "o", stderr: "e" };
  const news = { create: olds.create };
  t.is((await plugin.update(local, olds, news)).stdout, "o/e");
  t.is((await plugin.update(local, olds, { ...news, update: "echo u" })).stdout, "u");
  t.is((await plugin.update(local, olds, { ...news, addPreviousOutputInEnv: false })).stdout, "/");
  t.like(await plugin.update(local, olds, { delete: "true" }), { stdout: "o", stderr: "e" });
});

test("delete runs what was recorded, fails with it, and does nothing without it", async (t) => {
  const plugin = await openPlugin(t);
  const file = join(temporaryFolder(), "deleted");
  const recorded = { stdout: "o", stderr: "" };
  await plugin.remove(local, { ...recorded, create: "exit 1" });
  await plugin.remove(local, { ...recorded, delete: `echo $PULUMI_COMMAND_STDOUT > ${file}` });
  t.is(await readFile(file, "utf8"), "o\n");
  await t.throwsAsync(plugin.remove(local, { ...recorded, delete: "exit 4" }), {
    message: /^exit status 4: /,
  });
});

test("a preview runs nothing, and what would be printed is unknown", async (t) => {
  const plugin = await openPlugin(t);
  const { properties } = await plugin.create(local, { create: "exit 1" }, { preview: true });
  t.like(properties, { create: "exit 1", stdout: unknownValue, stderr: unknownValue });
  const olds = { create: "a", stdout: "o", stderr: "e" };
  t.like(await plugin.update(local, olds, { create: "exit 1" }, true), { stdout: unknownValue });
  t.like(await plugin.update(local, olds, { create: "a", stdin: "added" }, true), {
    stdout: "o",
    stderr: "e",
  });
});

test("a refresh finds a command as recorded and runs nothing", async (t) => {
  const plugin = await openPlugin(t);
  const recorded = { create: "exit 1", stdout: "o", stderr: "" };
  t.deepEqual(await plugin.read(local, recorded), { id: "install0", ...recorded });
});

const loggings: [string | undefined, string[]][] = [
  [undefined, ["info: o", "info: e"]],
  ["stdoutAndStderr", ["info: o", "info: e"]],
  ["stdout", ["info: o"]],
  ["stderr", ["info: e"]],
  ["none", []],
];
for (const [logging, expected] of loggings) {
  test(`with logging ${logging ?? "unset"} the engine is told ${expected.length} lines`, async (t) => {
    const plugin = await openPlugin(t);
    await plugin.create(local, { create: "echo o; echo e >&2", ...(logging && { logging }) });
    t.deepEqual(plugin.lines.toSorted(), expected.toSorted());
  });
}

test("output is logged while the command runs", async (t) => {
  const plugin = await openPlugin(t);
  const file = join(temporaryFolder(), "go-on");
  const logged = plugin.logged(/^first$/);
  const created = plugin.create(local, { create: `echo first; until [ -e ${file} ]; do :; done; echo last` });
  await logged;
  t.deepEqual(plugin.lines, ["info: first"]);
  await plugin.create(local, { create: `touch ${file}` });
  await created;
  t.deepEqual(plugin.lines, ["info: first", "info: last"]);
});

test("a line of output at which the official plugin would hang is an error that says so", async (t) => {
  const plugin = await openPlugin(t);
  const create = "head -c 65536 /dev/zero | tr '\\0' x";
  await t.throwsAsync(plugin.create(local, { create }), { message: /64 KiB or more.*set logging to none$/ });
  const { properties } = await plugin.create(local, { create, logging: "none" });
  t.is((properties.stdout as string).length, 65_536);
});

test("Cancel ends a command with all that it started", async (t) => {
  const plugin = await openPlugin(t);
  const started = plugin.logged(/^started$/);
  const created = plugin.create(local, { create: "echo started; sleep 600; echo never" });
  const ended = t.throwsAsync(created, { message: /^signal: killed: running "echo started.*":\nstarted\n$/ });
  await started;
  await plugin.cancel();
  await ended;
});

test("customTimeouts end a command", async (t) => {
  const plugin = await openPlugin(t);
  const created = plugin.create(local, { create: "sleep 600" }, { timeoutSeconds: 1 });
  await t.throwsAsync(created, { message: 'signal: killed: running "sleep 600":\n' });
});

test("no command outlives the plugin", async (t) => {
  const plugin = await spawnPlugin(t);
  const pipe = join(temporaryFolder(), "alive");
  const started = plugin.logged(/^started$/);
  // Opened for both ways it waits for no reader, so the command is sure to hold it when it says so.
  const create = `mkfifo ${pipe}; exec 3<>${pipe}; echo started; sleep 600`;
  const created = t.throwsAsync(plugin.create(local, { create }));
  await started;
  const held = await open(pipe);
  t.teardown(() => held.close());
  plugin.process.stdin?.end();
  // Read until nobody holds the other end.
  await Promise.all([once(plugin.process, "exit"), held.readFile(), created]);
  t.pass();
});
