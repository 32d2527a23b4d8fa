import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import https from "node:https";
import path from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { defaultEndpoints, mainAddress } from "../../../local/plant/addresses.ts";
import type { HostName } from "../../../local/plant/addresses.ts";
import { acquireDrillBlock } from "../../../local/plant/block.ts";
import type { Block } from "../../../local/plant/block.ts";
import { boundInBlock } from "../../../local/plant/bound-ports.ts";
import type { Echo } from "../../../infra/hosts/programs/api-server.ts";
import { startPlant } from "../../../local/plant/plant.ts";
import type { Plant, PlantOptions } from "../../../local/plant/plant.ts";
import { processesWithEnvironment } from "../../../local/plant/processes.ts";
import { poll } from "../../../local/plant/readiness.ts";
import { runVariable } from "../../../local/plant/run-folder.ts";
import { createTlsFiles } from "../../../local/plant/tls.ts";
import { prepareToolchain } from "../../../local/toolchain/prepare.ts";
import type { Toolchain } from "../../../local/toolchain/prepare.ts";
import { bootServers } from "./plant-servers.ts";
import { PlantClient } from "./plant-client.ts";
import type { Answer } from "./plant-client.ts";

const zoneName = "example.test";
const apiToken = "local-plant-test-token-of-forty-characters";

let toolchain: Toolchain;
let block: Block;
let plant: Plant;
let client: PlantClient;
const exits: string[] = [];

function options(of: Block): PlantOptions {
  return {
    toolchain,
    block: of,
    hosts: defaultEndpoints(of.number),
    zoneName,
    clientPort: 8443,
    prefix: "saas",
    regions: { primary: "westeurope", secondary: "northeurope" },
    ttlDivisor: 30,
    refreshSeconds: 1,
    apiToken,
    onExit: ({ name, how, tail }) => exits.push(`${name}: ${how}\n${tail}`),
    report: () => {},
  };
}

test.before(async () => {
  toolchain = await prepareToolchain(() => {});
  block = await acquireDrillBlock({ clientPort: 8443, report: () => {} });
  plant = await startPlant(options(block));
  await bootServers(plant, zoneName);
  client = new PlantClient(plant, apiToken);
  await client.createRecord("app", addressOf("load-balancer-main"), true);
  await client.createRecord("direct", addressOf("load-balancer-main"), false);
  await client.createRecord("origin", addressOf("api-main"), true);
  await client.createRecord("api", addressOf("api-main"), false);
});

test.after.always(async () => {
  await plant?.stop();
  await block?.release();
});

function addressOf(host: HostName): string {
  return mainAddress(plant.addresses, host).address;
}

function echoOf({ body }: Answer): Omit<Echo, "settings"> {
  const { settings: _, ...echo } = JSON.parse(body) as Echo;
  return echo;
}

const app = `app.${zoneName}`;
const normal = { status: 200, servedBy: "api-main, load-balancer-main" };

/** A fault of a test must not outlive it. */
function healAfter(t: ExecutionContext, host: HostName): void {
  t.teardown(async () => {
    await plant.setNic(host, "pass");
    await eventually(app, normal);
  });
}

/** Calls until the answer has the expected parts, and resolves with it. */
async function eventually(name: string, expected: Partial<Answer>): Promise<Answer | undefined> {
  let answer: Answer | undefined;
  await poll({
    deadlineMs: 20_000,
    until: async () => {
      answer = await client.call(name);
      const now = answer;
      return Object.keys(expected).every((key) => isSame(key, now, expected)) || JSON.stringify(now);
    },
  });
  return answer;
}

function isSame(key: string, answer: Answer, expected: Partial<Answer>): boolean {
  return answer[key as keyof Answer] === expected[key as keyof Answer];
}

/** Puts another server in the place of api-main, with a certificate of the test's choice. */
async function replaceApiMain(t: ExecutionContext, certificate: string): Promise<void> {
  const pem = readFileSync(certificate);
  const server = https.createServer({ cert: pem, key: pem }, (_, response) => response.end("impostor"));
  await plant.stopServer("api-main");
  server.listen({ host: mainAddress(plant.addresses, "api-main").shadow, port: plant.addresses.clientPort });
  await once(server, "listening");
  t.teardown(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
    await plant.startServer("api-main");
    await eventually(app, normal);
  });
}

function checkConfig(file: string): string {
  const { path: haproxy, env } = toolchain.haproxy;
  const { stdout, stderr } = spawnSync(haproxy, ["-c", "-f", path.join(plant.folder, file)], { env });
  return String(stdout) + String(stderr);
}

test.serial("HAProxy finds nothing to warn about in the edge's configuration", (t) => {
  const output = checkConfig("edge.cfg");
  t.regex(output, /^Configuration file is valid$/m);
  t.notRegex(output, /WARNING|ALERT/);
});

test.serial("HAProxy takes a load balancer's configuration as it is on its machine", (t) => {
  t.regex(checkConfig("vm/load-balancer-main/etc/haproxy/haproxy.cfg"), /^Configuration file is valid$/m);
});

test.serial(
  "a proxied name leads to the edge, and through it and the load balancer to the API",
  async (t) => {
    t.deepEqual(
      await client.lookUp(app),
      plant.addresses.hosts.edge.map(({ address }) => address),
    );
    const answer = await client.call(app);
    t.is(answer.status, 200);
    t.is(answer.servedBy, "api-main, load-balancer-main");
    t.deepEqual(echoOf(answer), {
      server: "api-main",
      nonce: "n1",
      client: plant.addresses.clients,
      via: ["edge", "load-balancer-main"],
    });
  },
);

test.serial("a DNS-only name leads past the edge", async (t) => {
  t.deepEqual(await client.lookUp(`direct.${zoneName}`), [addressOf("load-balancer-main")]);
  t.deepEqual(echoOf(await client.call(`direct.${zoneName}`)).via, ["load-balancer-main"]);
  t.deepEqual(echoOf(await client.call(`api.${zoneName}`)).via, []);
});

const lies = { "cf-connecting-ip": "127.6.6.6", "x-forwarded-for": "127.7.7.7" };

for (const name of ["app", "direct", "api"]) {
  test.serial(
    `forwarded-for headers that a client makes up are not believed on the way of ${name}`,
    async (t) => {
      const answer = await client.call(`${name}.${zoneName}`, lies);
      t.is(echoOf(answer).client, plant.addresses.clients);
    },
  );
}

test.serial("the edge answers 530 for a name it does not proxy", async (t) => {
  const edge = addressOf("edge");
  t.like(await client.callAt(edge, `direct.${zoneName}`), { status: 530, body: "error code: 1016" });
});

test.serial(
  "a name outside of the zone is refused and one that does not exist in it is not found",
  async (t) => {
    await t.throwsAsync(client.lookUp("example.com"), { code: "EREFUSED" });
    await t.throwsAsync(client.lookUp(`nothing.${zoneName}`), { code: "ENOTFOUND" });
  },
);

test.serial("a black hole at the load balancer is 521 at the edge and ends with it", async (t) => {
  healAfter(t, "load-balancer-main");
  await plant.setNic("load-balancer-main", "black-hole");
  t.like(await eventually(app, { status: 521 }), { body: "error code: 521" });
  await plant.setNic("load-balancer-main", "pass");
  t.like(await eventually(app, { status: 200 }), normal);
});

test.serial("an edge that resets is seen as a reset by clients", async (t) => {
  healAfter(t, "edge");
  await plant.setNic("edge", "reset");
  await t.throwsAsync(client.call(app), { code: "ECONNRESET" });
  t.is((await client.call(`direct.${zoneName}`)).status, 200);
});

test.serial(
  "the backup API server serves while the main one is dead, and the main one takes over again",
  async (t) => {
    await plant.killServer("api-main");
    t.is((await eventually(app, { servedBy: "api-backup, load-balancer-main" }))?.status, 200);
    await plant.startServer("api-main");
    t.is((await eventually(app, { servedBy: "api-main, load-balancer-main" }))?.status, 200);
  },
);

test.serial("a hung API server is replaced by the backup", async (t) => {
  plant.freezeServer("api-main");
  t.is((await eventually(app, { servedBy: "api-backup, load-balancer-main" }))?.status, 200);
  plant.thawServer("api-main");
  t.is((await eventually(app, { servedBy: "api-main, load-balancer-main" }))?.status, 200);
});

test.serial("a killed load balancer refuses the edge and comes back", async (t) => {
  await plant.killServer("load-balancer-main");
  t.is((await client.call(app)).status, 521);
  await plant.startServer("load-balancer-main");
  t.like(await eventually(app, normal), normal);
});

test.serial(
  "a certificate for the edge only is accepted by the edge and refused by clients and load balancers",
  async (t) => {
    await replaceApiMain(t, plant.exports.edgeOnlyServer);
    t.like(await client.call(`origin.${zoneName}`), { status: 200, body: "impostor" });
    await t.throwsAsync(client.call(`api.${zoneName}`), { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
    t.is((await eventually(app, { status: 200 }))?.servedBy, "api-backup, load-balancer-main");
  },
);

test.serial("a certificate of a stranger is refused by the edge", async (t) => {
  const folder = path.join(plant.folder, "strangers");
  mkdirSync(folder);
  const strangers = await createTlsFiles({ folder, zoneName, addresses: plant.addresses });
  await replaceApiMain(t, strangers.servers);
  t.is((await client.call(`origin.${zoneName}`)).status, 521);
});

test.serial("a flushed name is asked for again", async (t) => {
  await t.throwsAsync(client.lookUp(`late.${zoneName}`), { code: "ENOTFOUND" });
  await client.createRecord("late", addressOf("api-main"), false);
  await plant.flushDns(`late.${zoneName}`);
  t.deepEqual(await client.lookUp(`late.${zoneName}`), [addressOf("api-main")]);
});

test.serial("the memory of all processes is counted", (t) => {
  t.true(plant.pssKib() > 50 * 1024);
});

test.serial("a plant that cannot start names the process and leaves nothing behind", async (t) => {
  const other = await acquireDrillBlock({ clientPort: 8443, report: () => {} });
  t.teardown(() => other.release());
  const broken = { ...toolchain, nsd: { ...toolchain.nsd, path: "/nonexistent/nsd" } };
  const error = await t.throwsAsync(startPlant({ ...options(other), toolchain: broken }));
  t.like(error, { code: "PLANT_FAILED" });
  t.regex(error.message, /nsd did not become ready/);
  t.deepEqual(processesWithEnvironment(`${runVariable}=${other.run}`), []);
});

test.serial("stop leaves no process and no bound port, and nothing ended by itself before", async (t) => {
  await plant.stop();
  t.deepEqual(processesWithEnvironment(`${runVariable}=${block.run}`), []);
  const lock = `127.${block.number}.0.1:`;
  t.deepEqual(
    boundInBlock(block.number).filter((socket) => !socket.startsWith(lock)),
    [],
  );
  t.deepEqual(exits, []);
});
