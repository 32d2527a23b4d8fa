import { once } from "node:events";
import net from "node:net";
import type { Socket } from "node:net";
import test from "ava";
import type { ExecutionContext } from "ava";
import type { FirewallRule } from "../../../local/cloud/azure/plant-protocol.ts";
import { hostNames, mainAddress, plantAddresses } from "../../../local/plant/addresses.ts";
import type { HostName, PlantAddresses } from "../../../local/plant/addresses.ts";
import { acquireDrillBlock } from "../../../local/plant/block.ts";
import { startNic } from "../../../local/plant/nic.ts";
import type { Nic, NicCounts } from "../../../local/plant/nic.ts";
import { poll } from "../../../local/plant/readiness.ts";
import { recordProcess, runVariable } from "../../../local/plant/run-folder.ts";
import { Supervisor } from "../../../local/plant/supervisor.ts";
import { listenOn } from "./listen-on.ts";

// Beside the client port, as SSH.
const otherPort = 2222;

interface Context {
  nic: Nic;
  addresses: PlantAddresses;
  supervisor: Supervisor;
  release: () => Promise<void>;
}

let context: Context;

function hostConfig(addresses: PlantAddresses, name: HostName) {
  return { name, addresses: addresses.hosts[name], ports: [addresses.clientPort, otherPort], rules: null };
}

async function countsOf(host: HostName): Promise<NicCounts> {
  const counts = (await context.nic.counts())[host];
  if (!counts) throw new Error(`${host} is not counted`);
  return counts;
}

test.before(async () => {
  const block = await acquireDrillBlock({ clientPort: 8443, report: () => {} });
  const addresses = plantAddresses({ block: block.number, clientPort: 8443 });
  const supervisor = new Supervisor({
    folder: block.folder,
    env: { [runVariable]: block.run },
    record: (started) => recordProcess(block.folder, started),
    onExit: () => {},
  });
  const nic = await startNic({ supervisor, node: process.execPath });
  await Promise.all(hostNames.map((name) => nic.add(hostConfig(addresses, name))));
  context = { nic, addresses, supervisor, release: () => block.release() };
});

test.after.always(async () => {
  await context.supervisor.stopAll();
  await context.release();
});

/** An echo server behind one host; each test has a host of its own, since modes are per host. */
async function serveEcho(t: ExecutionContext, host: HostName) {
  const { shadow } = mainAddress(context.addresses, host);
  const peers: Socket[] = [];
  const peerAddresses: (string | undefined)[] = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    peers.push(socket);
    peerAddresses.push(socket.remoteAddress);
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  await listenOn(server, { host: shadow, port: context.addresses.clientPort });
  t.teardown(async () => {
    await context.nic.set(host, "pass");
    // The next test listens here as well, and may not before this server is gone.
    const closed = once(server, "close");
    server.on("connection", (late) => late.destroy());
    server.close();
    peers.forEach((peer) => peer.destroy());
    await closed;
  });
  return { peers, peerAddresses };
}

interface Client {
  socket: Socket;
  received: () => string;
  /** `end`, or the code of the error. */
  outcome: () => string;
}

function connect(t: ExecutionContext, host: HostName, port = context.addresses.clientPort): Client {
  const { addresses } = context;
  const socket = net.connect({
    host: mainAddress(addresses, host).address,
    port,
    localAddress: addresses.clients,
    allowHalfOpen: true,
  });
  t.teardown(() => socket.destroy());
  let received = "";
  let outcome = "";
  socket.on("data", (chunk) => (received += String(chunk)));
  socket.on("end", () => (outcome ||= "end"));
  socket.on("error", (error: NodeJS.ErrnoException) => (outcome ||= error.code ?? error.message));
  return { socket, received: () => received, outcome: () => outcome };
}

const receives = ({ received }: Client, text: string) =>
  poll({ deadlineMs: 10_000, until: () => received() === text || `received ${JSON.stringify(received())}` });
const endsWith = ({ outcome }: Client, wanted: string) =>
  poll({ deadlineMs: 10_000, until: () => outcome() === wanted || `outcome ${JSON.stringify(outcome())}` });

/** A round trip through another host: what was sent before it through a silent one has had its time. */
async function otherHostAnswers(t: ExecutionContext): Promise<void> {
  const client = connect(t, "load-balancer-backup");
  client.socket.write("meanwhile");
  await receives(client, "meanwhile");
}

test.serial(
  "pass carries bytes both ways, half-close included, and the server sees the client's address",
  async (t) => {
    const { peerAddresses } = await serveEcho(t, "api-main");
    const client = connect(t, "api-main");
    client.socket.write("one ");
    await receives(client, "one ");
    client.socket.end("two");
    await receives(client, "one two");
    await endsWith(client, "end");
    t.deepEqual(peerAddresses, [context.addresses.clients]);
    await poll({
      deadlineMs: 5000,
      until: async () => (await countsOf("api-main")).open === 0 || "open",
    });
  },
);

test.serial("a megabyte arrives whole", async (t) => {
  await serveEcho(t, "api-main");
  const client = connect(t, "api-main");
  const text = "0123456789abcdef".repeat(65_536);
  client.socket.end(text);
  await poll({ deadlineMs: 20_000, until: () => client.received().length === text.length || "not yet" });
  t.true(client.received() === text);
});

test.serial(
  "a black hole freezes existing connections, keeps new ones silent, and both go on afterwards",
  async (t) => {
    const { peers } = await serveEcho(t, "api-main");
    await serveEcho(t, "load-balancer-backup");
    const existing = connect(t, "api-main");
    existing.socket.write("before");
    await receives(existing, "before");
    await context.nic.set("api-main", "black-hole");
    const fresh = connect(t, "api-main");
    fresh.socket.write("hello");
    existing.socket.write(" during");
    await otherHostAnswers(t);
    t.is(existing.received(), "before");
    t.is(fresh.received(), "");
    t.is(peers.length, 1);
    await context.nic.set("api-main", "pass");
    await receives(existing, "before during");
    await receives(fresh, "hello");
  },
);

test.serial("a client that gave up in a black hole never reaches the server", async (t) => {
  const { peers } = await serveEcho(t, "api-main");
  await context.nic.set("api-main", "black-hole");
  const counts = () => countsOf("api-main");
  const { accepted } = await counts();
  connect(t, "api-main").socket.end("too late");
  await poll({
    deadlineMs: 5000,
    until: async () => {
      const now = await counts();
      return (now.accepted === accepted + 1 && now.open === 0) || JSON.stringify(now);
    },
  });
  await context.nic.set("api-main", "pass");
  const next = connect(t, "api-main");
  next.socket.write("in time");
  await receives(next, "in time");
  t.is(peers.length, 1);
});

test.serial("reset ends existing and new connections at once", async (t) => {
  await serveEcho(t, "api-main");
  const existing = connect(t, "api-main");
  existing.socket.write("before");
  await receives(existing, "before");
  await context.nic.set("api-main", "reset");
  await endsWith(existing, "ECONNRESET");
  const fresh = connect(t, "api-main");
  await endsWith(fresh, "ECONNRESET");
  t.is(fresh.received(), "");
});

test.serial("refuse ends existing connections and lets nobody in, until it is lifted", async (t) => {
  await serveEcho(t, "api-main");
  const existing = connect(t, "api-main");
  existing.socket.write("before");
  await receives(existing, "before");
  await context.nic.set("api-main", "refuse");
  await endsWith(existing, "ECONNRESET");
  await endsWith(connect(t, "api-main"), "ECONNREFUSED");
  await context.nic.set("api-main", "pass");
  const fresh = connect(t, "api-main");
  fresh.socket.write("back");
  await receives(fresh, "back");
  t.is(fresh.outcome(), "");
});

test.serial("latency delays a round trip and keeps the order when it ends", async (t) => {
  await serveEcho(t, "api-main");
  const client = connect(t, "api-main");
  client.socket.write("a");
  await receives(client, "a");
  await context.nic.set("api-main", { latencyMs: 400 });
  const sentAt = performance.now();
  client.socket.write("b");
  await receives(client, "ab");
  // Never earlier; how much later is the machine's business.
  t.true(performance.now() - sentAt >= 400);
  client.socket.write("c");
  await context.nic.set("api-main", "pass");
  client.socket.write("d");
  await receives(client, "abcd");
});

test.serial("a host whose server is gone resets its clients and counts them", async (t) => {
  const before = await countsOf("api-backup");
  await endsWith(connect(t, "api-backup"), "ECONNRESET");
  const after = await countsOf("api-backup");
  t.is(after.unreachable - before.unreachable, 1);
});

test.serial("a server's crash reaches its clients", async (t) => {
  const { peers } = await serveEcho(t, "api-main");
  const client = connect(t, "api-main");
  client.socket.write("x");
  await receives(client, "x");
  peers[0]?.resetAndDestroy();
  await endsWith(client, "ECONNRESET");
  t.pass();
});

test.serial("an unknown mode is refused by its name", async (t) => {
  await t.throwsAsync(context.nic.set("api-main", "explode" as "pass"), {
    message: /unknown mode "explode"/,
  });
});

test.serial("an address outside of the loopback network is refused before anything listens", async (t) => {
  const stranger = { name: "stranger", addresses: [{ address: "192.0.2.1", shadow: "192.0.102.1" }] };
  const error = await t.throwsAsync(context.nic.add({ ...stranger, ports: [8443], rules: null }));
  t.regex(error.message, /192\.0\.2\.1 is outside of 127\.0\.0\.0\/8/);
});

const inbound = (
  access: "Allow" | "Deny",
  sources: string[],
  more: Partial<FirewallRule> = {},
): FirewallRule => ({
  name: `${access}-${sources.join("-")}`,
  priority: 100,
  access,
  sources,
  ports: ["8443"],
  ...more,
});

/** Counted as denied: only then a test may say that it hears nothing. */
async function isDenied(before: NicCounts): Promise<void> {
  await poll({
    deadlineMs: 5000,
    until: async () => (await countsOf("api-main")).denied === before.denied + 1 || "not denied yet",
  });
}

async function withRules(t: ExecutionContext, rules: FirewallRule[]): Promise<void> {
  await context.nic.setRules("api-main", rules);
  t.teardown(() => context.nic.setRules("api-main", null));
}

test.serial("a client that no rule admits hears nothing, and its server never hears of it", async (t) => {
  const { peers } = await serveEcho(t, "api-main");
  await serveEcho(t, "load-balancer-backup");
  await withRules(t, [inbound("Allow", ["127.0.0.80/31"])]);
  const before = await countsOf("api-main");
  const client = connect(t, "api-main");
  client.socket.write("let me in");
  await isDenied(before);
  await otherHostAnswers(t);
  t.is(client.received() + client.outcome(), "");
  t.is(peers.length, 0);
  client.socket.end();
  await poll({ deadlineMs: 5000, until: async () => (await countsOf("api-main")).open === 0 || "open" });
});

test.serial("the first matching rule decides, by priority and not by order", async (t) => {
  await serveEcho(t, "api-main");
  const { clients } = context.addresses;
  await withRules(t, [
    inbound("Deny", ["*"], { priority: 4096, ports: ["*"] }),
    inbound("Allow", [`${clients}/32`], { priority: 200, ports: ["8000-8500"] }),
  ]);
  const client = connect(t, "api-main");
  client.socket.write("hello");
  await receives(client, "hello");
  await context.nic.setRules("api-main", [
    inbound("Allow", [`${clients}/32`], { priority: 200 }),
    inbound("Deny", [clients], { priority: 150 }),
  ]);
  const before = await countsOf("api-main");
  connect(t, "api-main");
  await isDenied(before);
  t.pass();
});

test.serial("a rule for one port says nothing about another", async (t) => {
  await withRules(t, [inbound("Allow", ["*"], { ports: [String(otherPort)] })]);
  const before = await countsOf("api-main");
  connect(t, "api-main");
  await isDenied(before);
  await endsWith(connect(t, "api-main", otherPort), "ECONNRESET");
  t.is((await countsOf("api-main")).unreachable - before.unreachable, 1);
});

test.serial(
  "who is connected stays connected when the rule goes, and who waits comes in when one comes",
  async (t) => {
    await serveEcho(t, "api-main");
    const admits = [inbound("Allow", [context.addresses.clients])];
    await withRules(t, admits);
    const existing = connect(t, "api-main");
    existing.socket.write("before");
    await receives(existing, "before");
    await context.nic.setRules("api-main", []);
    const before = await countsOf("api-main");
    const waiting = connect(t, "api-main");
    waiting.socket.write("soon");
    await isDenied(before);
    existing.socket.write(" during");
    await receives(existing, "before during");
    t.is(waiting.received(), "");
    await context.nic.setRules("api-main", admits);
    await receives(waiting, "soon");
  },
);

test.serial("a rule that cannot be read is refused by its name and changes nothing", async (t) => {
  await serveEcho(t, "api-main");
  const unreadable = inbound("Allow", ["Internet"], { name: "bypass" });
  await t.throwsAsync(context.nic.setRules("api-main", [unreadable]), {
    message: /rule bypass: Internet is neither/,
  });
  const client = connect(t, "api-main");
  client.socket.write("still open");
  await receives(client, "still open");
});

test.serial(
  "a machine that is off is silent, and resets what it has forgotten when it is on again",
  async (t) => {
    await serveEcho(t, "api-main");
    await serveEcho(t, "load-balancer-backup");
    const existing = connect(t, "api-main");
    existing.socket.write("before");
    await receives(existing, "before");
    await context.nic.setPower("api-main", "off");
    const waiting = connect(t, "api-main");
    waiting.socket.write("anybody?");
    existing.socket.write("still there?");
    await otherHostAnswers(t);
    t.is(waiting.received() + waiting.outcome(), "");
    t.is(existing.received() + existing.outcome(), "before");
    await context.nic.setPower("api-main", "on");
    await endsWith(existing, "ECONNRESET");
    await receives(waiting, "anybody?");
  },
);

test.serial("hosts come and go while others serve", async (t) => {
  const { nic, addresses } = context;
  await serveEcho(t, "load-balancer-main");
  await nic.remove("load-balancer-main");
  await endsWith(connect(t, "load-balancer-main"), "ECONNREFUSED");
  await nic.add(hostConfig(addresses, "load-balancer-main"));
  const client = connect(t, "load-balancer-main");
  client.socket.write("back");
  await receives(client, "back");
  await t.throwsAsync(nic.add(hostConfig(addresses, "load-balancer-main")), { message: /is there already/ });
  await t.throwsAsync(nic.set("nobody", "pass"), { message: /unknown host nobody/ });
});
