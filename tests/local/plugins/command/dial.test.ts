import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import test, { type ExecutionContext } from "ava";
import { dialWithRetry, openSocket, type Peer } from "../../../../local/plugins/command/dial.ts";
import { closedPort } from "./ssh-fixture.ts";

const never = new AbortController().signal;

/** Dials that fail `failures` times, with a clock that does not run. */
async function dial(limit: number, failures: number) {
  const delaysMs: number[] = [];
  const lines: string[] = [];
  let dials = 0;
  const one = async () => {
    dials += 1;
    if (dials <= failures) throw new Error("refused");
    return "connected";
  };
  const log = {
    write: ({ message }: { message: string }) => void lines.push(message),
    flush: async () => {},
  };
  const wait = async (delayMs: number) => void delaysMs.push(Math.round(delayMs));
  const outcome = await dialWithRetry(one, { limit, log, ending: never, wait }).catch(
    (error: Error) => error.message,
  );
  return { outcome, dials, delaysMs, lines };
}

test("the default of 10 is eleven dials with growing waits of 11.4 s in all", async (t) => {
  const { outcome, dials, delaysMs, lines } = await dial(10, Infinity);
  t.is(outcome, "after 10 failed attempts: refused");
  t.is(dials, 11);
  t.deepEqual(delaysMs, [100, 150, 225, 338, 506, 759, 1139, 1709, 2563, 3844]);
  t.is(lines[0], "Dial 1/10 failed: retrying");
  t.is(lines.length, 10);
});

test("no wait is longer than 5 s", async (t) => {
  const { delaysMs } = await dial(14, Infinity);
  t.deepEqual(delaysMs.slice(-4), [5000, 5000, 5000, 5000]);
});

test("a limit of 0 is one dial", async (t) => {
  const { outcome, dials } = await dial(0, Infinity);
  t.is(outcome, "after 0 failed attempts: refused");
  t.is(dials, 1);
});

test("a limit of -1 is none", async (t) => {
  const { outcome, dials, lines } = await dial(-1, 40);
  t.is(outcome, "connected");
  t.is(dials, 41);
  t.is(lines.at(-1), "Dial 40/inf failed: retrying");
});

test("a deadline ends the waits with its own reason", async (t) => {
  const ending = AbortSignal.abort(new Error("context deadline exceeded"));
  const fail = async () => {
    throw new Error("refused");
  };
  const log = { write: () => {}, flush: async () => {} };
  const dialled = dialWithRetry(fail, { limit: -1, log, ending });
  await t.throwsAsync(dialled, { message: "context deadline exceeded" });
});

const peer = (port: number, more: Partial<Peer> = {}): Peer => ({
  host: "127.0.0.1",
  port,
  perDialTimeout: 0,
  ...more,
});

test("a closed port is refused in Go's words", async (t) => {
  const port = await closedPort();
  const opened = openSocket(peer(port), never);
  await t.throwsAsync(opened, { message: `dial tcp 127.0.0.1:${port}: connect: connection refused` });
});

test("a host outside 127.0.0.0/8 is not dialled", async (t) => {
  const dialled = async () => openSocket(peer(22, { host: "203.0.113.7" }), never);
  await t.throwsAsync(dialled, { message: /it refuses 203\.0\.113\.7/ });
});

test("perDialTimeout ends a dial that nobody answers", async (t) => {
  const port = await blackHole(t);
  const opened = openSocket(peer(port, { perDialTimeout: 1 }), never);
  await t.throwsAsync(opened, { message: `dial tcp 127.0.0.1:${port}: i/o timeout` });
});

test("without perDialTimeout, Cancel ends it", async (t) => {
  const port = await blackHole(t);
  const cancellation = new AbortController();
  const opened = t.throwsAsync(openSocket(peer(port), cancellation.signal), {
    message: /operation was canceled$/,
  });
  cancellation.abort();
  await opened;
});

const listener = `require("node:net").createServer().listen(
  { port: 0, host: "127.0.0.1", backlog: 1 }, function () { console.log(this.address().port); })`;

/** A port whose listener is stopped and its queue full, so that the kernel drops what comes: a SYN without answer. */
async function blackHole(t: ExecutionContext): Promise<number> {
  const child = spawn(process.execPath, ["-e", listener], { stdio: ["ignore", "pipe", "inherit"] });
  t.teardown(() => child.kill("SIGKILL"));
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  child.kill("SIGSTOP");
  const port = Number(line);
  while (await isQueued(t, port));
  return port;
}

/** The kernel answers at once or, with the queue full, not at all; the first repetition of a SYN is after 1 s. */
function isQueued(t: ExecutionContext, port: number): Promise<boolean> {
  const socket: Socket = connect(port, "127.0.0.1");
  t.teardown(() => socket.destroy());
  socket.on("error", () => {}); // The listener's end resets what is queued.
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(true));
    setTimeout(() => resolve(false), 500).unref();
  });
}
