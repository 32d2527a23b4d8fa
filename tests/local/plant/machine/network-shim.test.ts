import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import test from "ava";
import { plantAddresses } from "../../../../local/plant/addresses.ts";
import { acquireDrillBlock } from "../../../../local/plant/block.ts";
import type { Block } from "../../../../local/plant/block.ts";
import { networkShim } from "../../../../local/plant/machine/programs.ts";
import { createTlsFiles } from "../../../../local/plant/tls.ts";
import type { TlsFiles } from "../../../../local/plant/tls.ts";
import { NameServer } from "../../../infra/hosts/name-server.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";

const run = promisify(execFile);
const folder = temporaryFolder();

let block: Block;
let tls: TlsFiles;
/** Where every name leads. */
let address = "";
const nameServer = new NameServer();
let resolver: string;

test.before(async () => {
  block = await acquireDrillBlock({ clientPort: 8443, report: () => {} });
  const addresses = plantAddresses({ block: block.number, clientPort: 8443 });
  address = addresses.data.storage.primary.address;
  tls = await createTlsFiles({ folder, zoneName: "example.test", addresses });
  for (const name of ["saas-sql.database", "store1.blob.core", "store1.queue.core"])
    nameServer.names[`${name}.windows.net`] = address;
  resolver = await nameServer.start(`127.${block.number}.0.55`);
});

test.after.always(async () => {
  nameServer.stop();
  await block?.release();
});

/** Runs a program as a machine does. @returns what it wrote, as JSON */
async function onMachine(program: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, [...networkShim, "--input-type=module", "--eval", program], {
    env: { PLANT_RESOLVER: resolver, NODE_EXTRA_CA_CERTS: tls.clientsAuthority },
  });
  return JSON.parse(stdout);
}

test.serial("each kind of look-up of a name of Azure's is answered by the plant", async (t) => {
  const found = await onMachine(`
    import dns, { lookup } from "node:dns";
    import { lookup as lookupAsync } from "node:dns/promises";
    import { promisify } from "node:util";
    const name = "saas-sql.database.windows.net";
    const called = (...args) => new Promise((done) => lookup(name, ...args, (...answer) => done(answer)));
    console.log(JSON.stringify([
      await called(), await called(4), await called({ all: true }),
      await lookupAsync(name), await lookupAsync(name, { all: true }), await dns.promises.lookup(name, { family: 4 }),
      await promisify(lookup)(name),
    ]));`);
  const one = { address, family: 4 };
  t.deepEqual(found, [[null, address, 4], [null, address, 4], [null, [one]], one, [one], one, one]);
});

test.serial("a name is looked up each time anew", async (t) => {
  nameServer.asked.length = 0;
  await onMachine(`
    import { lookup } from "node:dns/promises";
    for (let n = 0; n < 3; n += 1) await lookup("saas-sql.database.windows.net");
    console.log("0");`);
  t.is(nameServer.asked.length, 3);
});

test.serial("a name that does not exist fails as getaddrinfo says it", async (t) => {
  const failed = await onMachine(`
    import dns from "node:dns";
    const why = ({ code, syscall, hostname, message }) => ({ code, syscall, hostname, message });
    const called = (...args) => new Promise((done) => dns.lookup(...args, (error) => done(why(error))));
    const promised = (...args) => dns.promises.lookup(...args).catch(why);
    console.log(JSON.stringify([
      await called("absent.database.windows.net"), await promised("absent.database.windows.net"),
      await promised("saas-sql.database.windows.net", { family: 6 }),
    ]));`);
  const error = (hostname: string) => ({
    code: "ENOTFOUND",
    syscall: "getaddrinfo",
    hostname,
    message: `getaddrinfo ENOTFOUND ${hostname}`,
  });
  const absent = error("absent.database.windows.net");
  t.deepEqual(failed, [absent, absent, error("saas-sql.database.windows.net")]);
});

test.serial("every other name and address is left to the system", async (t) => {
  nameServer.asked.length = 0;
  const found = await onMachine(`
    import { lookup } from "node:dns/promises";
    console.log(JSON.stringify([
      await lookup("localhost", { family: 4 }), await lookup("127.0.0.7"),
      await lookup("windows.net.example.invalid").catch(({ code }) => code === "ENOTFOUND" || code === "EAI_AGAIN"),
    ]));`);
  t.deepEqual(found, [{ address: "127.0.0.1", family: 4 }, { address: "127.0.0.7", family: 4 }, true]);
  t.deepEqual(nameServer.asked, []);
});

const ports = [
  ["blob", 10_000],
  ["queue", 10_001],
] as const;

for (const [service, port] of ports) {
  test.serial(`https to the ${service} service arrives at its port, under its name`, async (t) => {
    const pem = readFileSync(tls.data);
    const server = https.createServer({ cert: pem, key: pem }, (request, response) => {
      response.end(JSON.stringify([service, request.headers.host]));
    });
    server.listen(port, address);
    await once(server, "listening");
    t.teardown(() => server.close());
    const name = `store1.${service}.core.windows.net`;
    const [byRequest, bySocket, byFetch] = (await onMachine(`
      import { text } from "node:stream/consumers";
      import https from "node:https";
      import { once } from "node:events";
      import tls from "node:tls";
      const [response] = await once(https.get("https://${name}/x"), "response");
      const socket = tls.connect(443, "${name}", { servername: "${name}" });
      await once(socket, "secureConnect");
      const peer = [socket.remoteAddress, socket.remotePort, socket.authorized];
      socket.destroy();
      console.log(JSON.stringify([await text(response), peer, await (await fetch("https://${name}/x")).text()]));
      process.exit();`)) as unknown[];
    t.is(byRequest, JSON.stringify([service, name]));
    t.deepEqual(bySocket, [address, port, true]);
    t.is(byFetch, JSON.stringify([service, name]));
  });
}

test.serial("a port that a program names stays, and so does port 443 of a database", async (t) => {
  const server = https.createServer();
  server.listen(0, address);
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const found = await onMachine(`
    import { once } from "node:events";
    import net from "node:net";
    const socket = net.connect(${port}, "store1.blob.core.windows.net");
    await once(socket, "connect");
    const named = socket.remotePort;
    const [failed] = await once(net.connect({ port: 443, host: "saas-sql.database.windows.net" }), "error");
    console.log(JSON.stringify([named, failed.port]));
    process.exit();`);
  t.deepEqual(found, [port, 443]);
});
