import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import test from "ava";
import type { ExecutionContext } from "ava";
import ssh2 from "ssh2";
import type { Client, ClientChannel, ConnectConfig } from "ssh2";
import { processesWithEnvironment } from "../../../../local/plant/processes.ts";
import { poll } from "../../../../local/plant/readiness.ts";
import { createSshKey } from "../../../../local/plant/ssh-key.ts";
import { cloudConfig, openMachinePark, sshPort } from "../machine/machines-fixture.ts";
import type { MachinePark } from "../machine/machines-fixture.ts";
import { runCommand } from "./ssh-run.ts";

let park: MachinePark;
let address: string;
let root: string;
const hostKey = createSshKey("machine");

test.before(async () => {
  park = await openMachinePark();
  address = `127.${park.block.number}.1.11`;
  root = path.join(park.block.folder, "vm/shell");
  const script = "#!/bin/sh\ncat > /etc/greeting\n";
  const files = [{ path: "/usr/local/bin/greet", permissions: "0755", content: script }];
  const keys = { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey };
  await park.boot(park.spec("shell", 11, cloudConfig({ ssh_keys: keys, write_files: files })));
});

test.after.always(() => park?.close());

function connect(t: ExecutionContext, changed: ConnectConfig = {}): Promise<Client> {
  const client = new ssh2.Client();
  t.teardown(() => client.end());
  return new Promise((resolve, reject) => {
    client.once("ready", () => resolve(client)).on("error", reject);
    client.connect({
      host: address,
      port: sshPort,
      username: "deployer",
      privateKey: park.deployKey.privateKey,
      hostVerifier: (key: Buffer) => key.toString("base64") === hostKey.publicKey.split(" ")[1],
      ...changed,
    });
  });
}

test("a command runs in the machine's own tree, with its own programs first", async (t) => {
  const client = await connect(t);
  const { output } = await runCommand(
    client,
    "echo /etc/haproxy; command -v greet; command -v systemctl; pwd",
  );
  t.deepEqual(output.trim().split("\n"), [
    `${root}/etc/haproxy`,
    `${root}/usr/local/bin/greet`,
    `${root}/usr/bin/systemctl`,
    `${root}/home/deployer`,
  ]);
});

test("its output, its errors and its exit status come back", async (t) => {
  const ran = await runCommand(await connect(t), "echo out; echo err >&2; exit 7");
  t.deepEqual(ran, { output: "out\n", errors: "err\n", code: 7, signal: undefined });
});

test("a command that a signal ended is told by that signal", async (t) => {
  const ran = await runCommand(await connect(t), "kill -KILL $$");
  t.like(ran, { code: null, signal: "SIGKILL" });
});

test("input that is text is localised, and input that is not arrives as it is", async (t) => {
  const client = await connect(t);
  const config = `bind ${address}:8443\n  source ${address}\n  crt /etc/haproxy/tls.pem\n`;
  t.is((await runCommand(client, "sudo -n greet", config)).code, 0);
  const shadow = `127.${park.block.number}.101.11`;
  t.is(
    readFileSync(path.join(root, "etc/greeting"), "utf8"),
    `bind ${shadow}:8443\n  source ${address}\n  crt ${root}/etc/haproxy/tls.pem\n`,
  );
  const binary = Buffer.concat([Buffer.from([0xff]), Buffer.from(" /etc/")]);
  t.is((await runCommand(client, "od -An -c", binary)).output.replaceAll(/\s+/g, " "), " 377 / e t c / ");
});

test("a command that ends without reading its input succeeds", async (t) => {
  const ran = await runCommand(await connect(t), "true", "x".repeat(1_000_000));
  t.is(ran.code, 0);
});

test("many commands run on many connections that stay open", async (t) => {
  const clients = await Promise.all(Array.from({ length: 8 }, () => connect(t)));
  const ran = await Promise.all(clients.map((client, index) => runCommand(client, `echo ${index}`)));
  t.deepEqual(
    ran.map(({ output }) => output.trim()),
    ["0", "1", "2", "3", "4", "5", "6", "7"],
  );
});

test("a variable that Ubuntu's sshd does not accept is refused", async (t) => {
  const client = await connect(t);
  const env = { PULUMI_COMMAND_STDOUT: "x" };
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.exec("echo [$PULUMI_COMMAND_STDOUT]", { env }, (error, opened) =>
      error ? reject(error) : resolve(opened),
    );
  });
  t.is((await text(channel)).trim(), "[]");
});

const strangers: [string, () => ConnectConfig][] = [
  ["another key", () => ({ privateKey: createSshKey("stranger").privateKey })],
  ["another user", () => ({ username: "root" })],
  ["a password", () => ({ privateKey: "", password: "deployer" })],
];

for (const [who, changed] of strangers) {
  test(`${who} is not let in`, async (t) => {
    await t.throwsAsync(connect(t, changed()), { message: /All configured authentication methods failed/ });
  });
}

test("a client that expects another host key goes away", async (t) => {
  await t.throwsAsync(connect(t, { hostVerifier: () => false }), { message: /Host denied/ });
});

test("OpenSSH's own client runs a command, checks the host key and reports the exit status", async (t) => {
  const folder = path.join(park.block.folder, "openssh");
  const keyFile = `${folder}-key`;
  const knownHosts = `${folder}-known`;
  writeFileSync(keyFile, park.deployKey.privateKey, { mode: 0o600 });
  writeFileSync(knownHosts, `[${address}]:${sshPort} ${hostKey.publicKey}\n`);
  const options = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    `UserKnownHostsFile=${knownHosts}`,
    "IdentitiesOnly=yes",
  ];
  const args = [
    "-F",
    "none",
    "-i",
    keyFile,
    "-p",
    String(sshPort),
    ...options.flatMap((option) => ["-o", option]),
  ];
  const ssh = (command: string) => promisify(execFile)("ssh", [...args, `deployer@${address}`, command]);
  const { stdout } = await ssh("echo /etc/hello");
  t.is(stdout, `${root}/etc/hello\n`);
  await t.throwsAsync(ssh("exit 9"), { code: 9 });
});

test("a machine that is off has no SSH server, and the same host key when it is back", async (t) => {
  const keys = { write_files: [] };
  const spec = park.spec("sleeper", 12, cloudConfig(keys));
  await park.boot(spec);
  const at = `127.${park.block.number}.1.12`;
  const seen: string[] = [];
  const hostVerifier = (key: Buffer) => seen.push(key.toString("base64")) > 0;
  await connect(t, { host: at, hostVerifier });
  await park.machines.serve({ halt: { machine: spec.id } });
  await t.throwsAsync(connect(t, { host: at, readyTimeout: 300 }), { message: /Timed out/ });
  await park.machines.serve({ boot: spec });
  await connect(t, { host: at, hostVerifier });
  t.is(seen.length, 2);
  t.is(seen[0], seen[1]);
  t.true(existsSync(path.join(park.block.folder, "vm/sleeper/home/deployer")));
});

test("a command goes on when its client is gone, and ends with its machine, also in a process group of its own", async (t) => {
  const spec = park.spec("worker", 13, cloudConfig({ write_files: [] }));
  await park.boot(spec);
  const mark = `STEP=${park.block.run}`;
  const client = await connect(t, {
    host: `127.${park.block.number}.1.13`,
    hostVerifier: () => true,
  });
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    const command = `timeout 600 env ${mark} sleep 600`;
    client.exec(command, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  channel.resume();
  const running = () => processesWithEnvironment(mark).length;
  await poll({ deadlineMs: 10_000, until: () => running() > 0 || "not started" });
  client.end();
  await once(client, "close");
  t.is(running(), 1);
  await park.machines.serve({ halt: { machine: spec.id } });
  t.is(running(), 0);
});
