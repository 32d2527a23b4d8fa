import { createServer } from "node:net";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import ssh2 from "ssh2";
import { createSshKey } from "../../../../local/plant/ssh-key.ts";
import { remote, openPlugin } from "./plugin-fixture.ts";
import { type Behaviour, clientKey, startSshServer } from "./ssh-fixture.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";

const strange = createSshKey("strange");
/** Locked with "open". Whoever is shown it does not know it. */
const locked = ssh2.utils.generateKeyPairSync("ecdsa", {
  bits: 256,
  passphrase: "open",
  cipher: "aes256-cbc",
  rounds: 4,
});

/** Runs `true` with these credentials: what the server was shown, and the error. */
async function logIn(t: ExecutionContext, credentials: object, behaviour: Behaviour = {}) {
  const [server, plugin] = await Promise.all([startSshServer(t, behaviour), openPlugin(t)]);
  const connection = {
    host: "127.0.0.1",
    port: server.port,
    user: "u",
    dialErrorLimit: 0,
    perDialTimeout: 0,
  };
  const created = plugin.create(remote, { create: "true", connection: { ...connection, ...credentials } });
  const error = await created.then(
    () => undefined,
    (failure: Error) => failure.message,
  );
  const shown = server.requests.filter((line) => /^(auth|answers)/.test(line));
  return { error, shown: shown.map((line) => line.replace("auth ", "")) };
}

const refused = (tried: string) =>
  `after 0 failed attempts: ssh: handshake failed: ssh: unable to authenticate, attempted methods [${tried}], no supported methods remain`;

const cases: [string, object, Behaviour, string[], string?][] = [
  ["a key", { privateKey: clientKey.privateKey }, {}, ["none", "publickey", "publickey"]],
  ["no credentials", {}, {}, ["none"], refused("none")],
  ["a strange key", { privateKey: strange.privateKey }, {}, ["none", "publickey"], refused("none publickey")],
  [
    "a strange key, then the password",
    { privateKey: strange.privateKey, password: "right" },
    {},
    ["none", "publickey", "password"],
  ],
  ["the password", { password: "right" }, {}, ["none", "password"]],
  [
    "the password as an answer to every prompt",
    { password: "right" },
    { methods: ["keyboard-interactive"] },
    ["none", "keyboard-interactive", "answers right right"],
  ],
  [
    "a wrong password",
    { password: "wrong" },
    {},
    ["none", "password", "keyboard-interactive", "answers wrong wrong"],
    refused("none password keyboard-interactive"),
  ],
  [
    "a key and the password that the server wants both",
    { privateKey: clientKey.privateKey, password: "right" },
    { second: "password" },
    ["none", "publickey", "publickey", "password"],
  ],
  [
    "a locked key without its password",
    { privateKey: locked.private },
    {},
    [],
    "ssh: this private key is passphrase protected",
  ],
  [
    "a locked key with a wrong password",
    { privateKey: locked.private, privateKeyPassword: "no" },
    {},
    [],
    "x509: decryption password incorrect",
  ],
  [
    "a locked key with its password",
    { privateKey: locked.private, privateKeyPassword: "open" },
    {},
    ["none", "publickey"],
    refused("none publickey"),
  ],
  ["what is no key", { privateKey: "nonsense" }, {}, [], "ssh: no key found"],
  ["a public key", { privateKey: clientKey.publicKey }, {}, [], "ssh: no key found"],
  [
    "an agent that is not there, even with a key",
    { privateKey: clientKey.privateKey, agentSocketPath: "/nope" },
    {},
    [],
    "dial unix /nope: connect: no such file or directory",
  ],
];
for (const [title, credentials, behaviour, shown, error] of cases) {
  test(`a server sees ${title} as the official plugin shows it`, async (t) => {
    t.deepEqual(await logIn(t, credentials, behaviour), { error, shown });
  });
}

test("an agent is asked for its keys where no key is given, and only there", async (t) => {
  const agentSocketPath = await startAgent(t, clientKey.privateKey);
  const agent = await logIn(t, { agentSocketPath });
  t.deepEqual(agent, { error: undefined, shown: ["none", "publickey", "publickey"] });
  const after = await logIn(t, { agentSocketPath, password: "wrong" });
  t.is(after.error, undefined);
  t.deepEqual(after.shown.slice(-2), ["publickey", "publickey"]);
  const beside = await logIn(t, { agentSocketPath, privateKey: strange.privateKey });
  t.deepEqual(beside, { error: refused("none publickey"), shown: ["none", "publickey"] });
});

/** An ssh-agent that holds one key. */
async function startAgent(t: ExecutionContext, privateKey: string): Promise<string> {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) throw key;
  const server = createServer((socket) => {
    const protocol = new ssh2.AgentProtocol(false);
    protocol.on("identities", (request) => protocol.getIdentitiesReply(request, [key]));
    protocol.on("sign", (request, _key, data) => protocol.signReply(request, key.sign(data)));
    socket.pipe(protocol).pipe(socket);
  });
  const path = join(temporaryFolder(), "socket");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => server.close());
  return path;
}
