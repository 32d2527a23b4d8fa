import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import test from "ava";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import ssh2 from "ssh2";
import { createSshKey } from "../../../../local/plant/ssh-key.ts";
import { unknownValue } from "../../../../local/plugins/rpc.ts";
import { ask, type Plugin, remote, openPlugin, spawnPlugin } from "./plugin-fixture.ts";
import { type Behaviour, closedPort, type SshServer, startSshServer } from "./ssh-fixture.ts";
import type { ExecutionContext } from "ava";

interface Stage {
  server: SshServer;
  plugin: Plugin;
  /** Inputs of a command on the server. */
  on: (create: string, more?: object) => Record<string, unknown>;
}

async function stage(t: ExecutionContext, behaviour: Behaviour = {}): Promise<Stage> {
  const [server, plugin] = await Promise.all([startSshServer(t, behaviour), openPlugin(t)]);
  return {
    server,
    plugin,
    on: (create, more = {}) => ({ create, connection: connectionTo(server), ...more }),
  };
}

function connectionTo({ port, clientKey: privateKey, hostKey }: SshServer) {
  return {
    host: "127.0.0.1",
    port,
    user: "deploy",
    privateKey,
    hostKey,
    dialErrorLimit: 0,
    perDialTimeout: 15,
  };
}

test("create is one connection, one session, one exec, and its outputs", async (t) => {
  const { server, plugin, on } = await stage(t);
  const { id, properties } = await plugin.create(
    remote,
    on(String.raw`printf 'a\n\n'; echo b >&2; cat`, { stdin: "in" }),
  );
  t.regex(id, /^install[0-9a-f]{8}$/);
  t.like(properties, { stdout: "a\n\nin", stderr: "b" });
  const auth = ["auth none", "auth publickey", "auth publickey"];
  t.deepEqual(server.requests, [...auth, String.raw`exec printf 'a\n\n'; echo b >&2; cat`, "stdin in"]);
});

test("a command without stdin sees its end at once", async (t) => {
  const { plugin, on } = await stage(t);
  t.is((await plugin.create(remote, on("cat; echo end"))).properties.stdout, "end");
});

test("stdin that is larger than SSH's window is streamed", async (t) => {
  const { plugin, on } = await stage(t);
  const stdin = "x\n".repeat(1_600_000);
  t.is((await plugin.create(remote, on("wc -c", { stdin }))).properties.stdout, String(stdin.length));
});

test("environment is asked for before the command, and a refusal is an error", async (t) => {
  const { server, plugin, on } = await stage(t, { refusedVariables: /^REFUSED$/ });
  const { properties } = await plugin.create(remote, on("echo $A", { environment: { A: "two words" } }));
  t.is(properties.stdout, "two words");
  const refused = plugin.create(remote, on("never", { environment: { REFUSED: "1" } }));
  await t.throwsAsync(refused, {
    message: 'could not set environment variable "REFUSED": ssh: setenv failed',
  });
  t.false(server.requests.includes("exec never"));
  t.regex(plugin.lines.at(-1) ?? "", /^error: Unable to set 'REFUSED'\. This only works if your SSH server/);
});

test("an update is told what was printed before; a server that refuses this is worth a warning", async (t) => {
  const recorded = { stdout: "o", stderr: "e" };
  const script = "echo $PULUMI_COMMAND_STDOUT/$PULUMI_COMMAND_STDERR";
  const told = await stage(t);
  t.is(
    (await told.plugin.update(remote, { ...told.on(script), ...recorded }, told.on(script))).stdout,
    "o/e",
  );
  const refused = await stage(t, { refusedVariables: /^PULUMI_COMMAND_/ });
  const olds = { ...refused.on(script), ...recorded };
  t.is((await refused.plugin.update(remote, olds, refused.on(script))).stdout, "/");
  t.deepEqual(
    refused.plugin.lines.map((line) => line.slice(0, 45)),
    [
      "warning: Unable to set 'PULUMI_COMMAND_STDOUT",
      "warning: Unable to set 'PULUMI_COMMAND_STDERR",
      "info: /",
    ],
  );
  refused.plugin.lines.length = 0;
  await refused.plugin.update(remote, olds, refused.on(script, { addPreviousOutputInEnv: false }));
  t.deepEqual(refused.plugin.lines, ["info: /"]);
});

test("update runs `update`, else `create` again", async (t) => {
  const { server, plugin, on } = await stage(t);
  const olds = { ...on("echo c"), stdout: "", stderr: "" };
  t.is((await plugin.update(remote, olds, on("echo c", { update: "echo u" }))).stdout, "u");
  t.is((await plugin.update(remote, olds, on("echo again"))).stdout, "again");
  t.deepEqual(
    server.requests.filter((line) => line.startsWith("exec")),
    ["exec echo u", "exec echo again"],
  );
});

const endings: [string, string, Behaviour, string][] = [
  ["an exit status", "echo o; exit 3", {}, 'Process exited with status 3: running "echo o; exit 3":\no\n'],
  ["a signal", "kill -9 $$", {}, 'Process exited with status 137 from signal KILL: running "kill -9 $$":\n'],
  [
    "a signal without a number",
    "kill -USR1 $$",
    {},
    'Process exited with status 128 from signal USR1: running "kill -USR1 $$":\n',
  ],
  [
    "no status at all",
    "echo o",
    { ends: "without-status" },
    'wait: remote command exited without exit status or exit signal: running "echo o":\no\n',
  ],
  [
    "a connection that breaks",
    "echo o",
    { ends: "by-closing" },
    'wait: remote command exited without exit status or exit signal: running "echo o":\no\n',
  ],
  [
    "a server that runs no commands",
    "id",
    { refusesCommands: true },
    'ssh: command id failed: running "id":\n',
  ],
  ["a server that opens no sessions", "id", { refusesSessions: true }, "ssh: rejected: connect failed ()"],
];
for (const [title, create, behaviour, message] of endings) {
  test(`${title} fails the resource in the official plugin's words`, async (t) => {
    const { plugin, on } = await stage(t, behaviour);
    await t.throwsAsync(plugin.create(remote, on(create)), { message });
  });
}

test("delete runs as recorded by the recorded connection, and without `delete` nobody is dialled", async (t) => {
  const { server, plugin, on } = await stage(t);
  const recorded = { stdout: "o", stderr: "" };
  await plugin.remove(remote, { ...on("id"), ...recorded });
  t.is(server.connections().made, 0);
  await plugin.remove(remote, { ...on("id"), ...recorded, delete: "true" });
  t.true(server.requests.includes("exec true"));
  const failed = plugin.remove(remote, { ...on("id"), ...recorded, delete: "exit 4" });
  await t.throwsAsync(failed, { message: /^Process exited with status 4/ });
});

test("a preview and a refresh dial nobody", async (t) => {
  const { server, plugin, on } = await stage(t);
  const { properties } = await plugin.create(remote, on("id"), { preview: true });
  t.like(properties, { stdout: unknownValue, stderr: unknownValue });
  await plugin.update(remote, { ...on("id"), stdout: "o", stderr: "" }, on("w"), true);
  await plugin.read(remote, { ...on("id"), stdout: "o", stderr: "" });
  t.is(server.connections().made, 0);
});

test("commands run side by side, and their connections stay open until the plugin ends", async (t) => {
  const { server, plugin, on } = await stage(t);
  const created = await Promise.all(["1", "2", "3"].map((text) => plugin.create(remote, on(`echo ${text}`))));
  t.deepEqual(
    created.map(({ properties }) => properties.stdout),
    ["1", "2", "3"],
  );
  t.deepEqual(server.connections(), { made: 3, open: 3 });
});

test("a host key that is not the pinned one is tried again like a dial that failed", async (t) => {
  const { server, plugin } = await stage(t);
  const { publicKey: hostKey } = createSshKey("another");
  const connection = { ...connectionTo(server), hostKey, dialErrorLimit: 2 };
  const message = "after 2 failed attempts: ssh: handshake failed: ssh: host key mismatch";
  await t.throwsAsync(plugin.create(remote, { create: "id", connection }), { message });
  t.is(server.connections().made, 3);
  t.deepEqual(plugin.lines, ["info: Dial 1/2 failed: retrying", "info: Dial 2/2 failed: retrying"]);
});

test("a pinned key of a kind that the server does not have ends the handshake", async (t) => {
  const { server, plugin } = await stage(t);
  const { public: hostKey } = ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 });
  const connection = { ...connectionTo(server), hostKey };
  const message =
    /ssh: handshake failed: ssh: no common algorithm for host key; we offered: \[ecdsa-sha2-nistp256\]$/;
  await t.throwsAsync(plugin.create(remote, { create: "id", connection }), { message });
});

test("what is no host key is an error before any dial", async (t) => {
  const { server, plugin } = await stage(t);
  const connection = { ...connectionTo(server), hostKey: "nonsense" };
  const message = "failed to parse host key: ssh: no key found";
  await t.throwsAsync(plugin.create(remote, { create: "id", connection }), { message });
  t.is(server.connections().made, 0);
});

test("a server that is not there is dialled as often as dialErrorLimit says", async (t) => {
  const { server, plugin } = await stage(t);
  const port = await closedPort();
  const connection = { ...connectionTo(server), port, dialErrorLimit: 2 };
  const message = `after 2 failed attempts: dial tcp 127.0.0.1:${port}: connect: connection refused`;
  await t.throwsAsync(plugin.create(remote, { create: "id", connection }), { message });
});

test("a server that closes at once ends the handshake", async (t) => {
  const { server, plugin } = await stage(t);
  const closing = createServer((socket) => socket.resetAndDestroy()).listen(0, "127.0.0.1");
  t.teardown(() => closing.close());
  await once(closing, "listening");
  const connection = { ...connectionTo(server), port: (closing.address() as AddressInfo).port };
  // The reset may be seen by the connect or by the first read, with the official plugin as well.
  const message =
    /^after 0 failed attempts: (ssh: handshake failed: read tcp [\d.:>-]+: read|dial tcp [\d.:]+: connect): connection reset by peer$/;
  await t.throwsAsync(plugin.create(remote, { create: "id", connection }), { message });
});

test("a recorded host outside 127.0.0.0/8 is not dialled", async (t) => {
  const { server, plugin } = await stage(t);
  const connection = { ...connectionTo(server), host: "203.0.113.7" };
  const removed = plugin.remove(remote, { connection, delete: "true", stdout: "", stderr: "" });
  await t.throwsAsync(removed, { message: /it refuses 203\.0\.113\.7/ });
});

test("Cancel ends a command under way and its connection", async (t) => {
  const { server, plugin, on } = await stage(t);
  const started = plugin.logged(/^started$/);
  const created = t.throwsAsync(plugin.create(remote, on("echo started; exec sleep 600")), {
    message: "context canceled",
  });
  await started;
  await plugin.cancel();
  await created;
  await t.notThrowsAsync(plugin.create(remote, on("true")));
  t.is(server.requests.filter((line) => line === "closed").length, 1);
});

test("Cancel ends a handshake with a server that says nothing, for which there is no time limit", async (t) => {
  const { server, plugin } = await stage(t);
  const silent = createServer((socket) => socket.resume()).listen(0, "127.0.0.1");
  t.teardown(() => silent.close());
  await once(silent, "listening");
  const dialled = once(silent, "connection");
  const connection = {
    ...connectionTo(server),
    port: (silent.address() as AddressInfo).port,
    perDialTimeout: 1,
  };
  const created = t.throwsAsync(plugin.create(remote, { create: "id", connection }), {
    message: "context canceled",
  });
  await dialled;
  await plugin.cancel();
  await created;
});

test("Cancel ends the waits between dials", async (t) => {
  const { server, plugin } = await stage(t);
  const connection = { ...connectionTo(server), port: await closedPort(), dialErrorLimit: -1 };
  const retried = plugin.logged(/^Dial 3\/inf failed: retrying$/);
  const created = t.throwsAsync(plugin.create(remote, { create: "id", connection }), {
    message: "context canceled",
  });
  await retried;
  await plugin.cancel();
  await created;
});

test("customTimeouts end the waits between dials", async (t) => {
  const { server, plugin } = await stage(t);
  const connection = { ...connectionTo(server), port: await closedPort(), dialErrorLimit: -1 };
  const created = plugin.create(remote, { create: "id", connection }, { timeoutSeconds: 1 });
  await t.throwsAsync(created, { message: "context deadline exceeded" });
});

test("other types are refused by name", async (t) => {
  const plugin = await openPlugin(t);
  const refused = plugin.check("command:remote:CopyToRemote", {});
  await t.throwsAsync(refused, { message: /^command:remote:CopyToRemote is not served by the stand-in/ });
});

test("the plugin reports the version of the SDK it serves, and ends when the engine is gone", async (t) => {
  const plugin = await spawnPlugin(t);
  const info = await ask<{ getVersion: () => string }>((done) =>
    plugin.rpc.getPluginInfo(new emptyProto.Empty(), done),
  );
  t.is(info.getVersion(), "1.2.1");
  plugin.process.stdin?.end();
  t.deepEqual(await once(plugin.process, "exit"), [0, null]);
});
