import { once } from "node:events";
import type { AddressInfo } from "node:net";
import test from "ava";
import type { ExecutionContext } from "ava";
import ssh2 from "ssh2";
import type { Connection, ServerChannel } from "ssh2";
import { runOverSsh, type SshTarget } from "../../drill/ssh.ts";
import { createSshKey } from "../../local/plant/ssh-key.ts";

const key = createSshKey("host");

/** A host that lets everybody in and does this with each command. */
async function openHost(
  t: ExecutionContext,
  execute: (channel: ServerChannel, connection: Connection) => void,
): Promise<SshTarget> {
  const server = new ssh2.Server({ hostKeys: [key.privateKey] }, (connection) => {
    connection.on("error", () => {});
    connection.on("authentication", (context) => context.accept());
    connection.on("session", (accept) =>
      accept().on("exec", (acceptCommand) => execute(acceptCommand(), connection)),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const { address, port } = server.address() as AddressInfo;
  const hostKey = key.publicKey;
  return { address, port, user: "x", privateKey: key.privateKey, hostKey, localAddress: address };
}

test("a command's output is returned", async (t) => {
  const host = await openHost(t, (channel) => {
    channel.write("hello");
    channel.exit(0);
    channel.end();
  });
  t.is(await runOverSsh(host, "greet"), "hello");
});

test("a command that fails is told with its exit code and what it printed", async (t) => {
  const host = await openHost(t, (channel) => {
    channel.stderr.write("no such file");
    channel.exit(2);
    channel.end();
  });
  await t.throwsAsync(runOverSsh(host, "greet"), { message: /greet: exit code 2\nno such file/ });
});

test("a command whose connection ends before it is not waited for", async (t) => {
  const host = await openHost(t, (_, connection) => connection.end());
  await t.throwsAsync(runOverSsh(host, "greet"), { message: /the connection ended before the command/ });
});

test("a command that does not end is left when its time is over", async (t) => {
  const stop = new AbortController();
  const host = await openHost(t, () => stop.abort(new Error("60 s are over")));
  await t.throwsAsync(runOverSsh(host, "greet", stop.signal), { message: /greet: 60 s are over/ });
});

test("a host with another key is refused", async (t) => {
  const host = await openHost(t, () => {});
  const other = { ...host, hostKey: createSshKey("other").publicKey };
  await t.throwsAsync(runOverSsh(other, "greet"), { message: /Host denied/ });
});
