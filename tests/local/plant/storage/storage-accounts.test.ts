import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:tls";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { BlobServiceClient } from "@azure/storage-blob";
import type { ContainerClient } from "@azure/storage-blob";
import { QueueServiceClient, StorageSharedKeyCredential } from "@azure/storage-queue";
import type { QueueClient } from "@azure/storage-queue";
import test from "ava";
import { Tokens } from "../../../../local/cloud/azure/tokens.ts";
import { plantAddresses } from "../../../../local/plant/addresses.ts";
import type { PlantAddresses } from "../../../../local/plant/addresses.ts";
import { acquireDrillBlock } from "../../../../local/plant/block.ts";
import type { Block } from "../../../../local/plant/block.ts";
import { blobPort, dataNics, queuePort } from "../../../../local/plant/data-hosts.ts";
import { startNic } from "../../../../local/plant/nic.ts";
import { recordProcess, runVariable } from "../../../../local/plant/run-folder.ts";
import { StorageAccounts } from "../../../../local/plant/storage/storage-accounts.ts";
import { Supervisor } from "../../../../local/plant/supervisor.ts";
import { createTlsFiles } from "../../../../local/plant/tls.ts";
import type { TlsFiles } from "../../../../local/plant/tls.ts";

let block: Block;
let supervisor: Supervisor;
let storage: StorageAccounts;
let addresses: PlantAddresses;
let tls: TlsFiles;
const exits: string[] = [];

test.before(async () => {
  block = await acquireDrillBlock({ clientPort: 8443, report: () => {} });
  const { folder, run } = block;
  addresses = plantAddresses({ block: block.number, clientPort: 8443 });
  tls = await createTlsFiles({ folder, zoneName: "example.test", addresses });
  supervisor = new Supervisor({
    folder,
    env: { [runVariable]: run },
    record: (started) => recordProcess(folder, started),
    onExit: ({ name, how, tail }) => exits.push(`${name}: ${how}\n${tail}`),
  });
  const node = process.execPath;
  const nic = await startNic({ supervisor, node });
  await Promise.all(dataNics(addresses.data).map((host) => nic.add(host)));
  storage = await StorageAccounts.start({
    supervisor,
    nic,
    node,
    folder,
    hosts: addresses.data.storage,
    tls: { certificate: tls.data, authority: tls.clientsAuthority },
  });
});

test.after.always(async (t) => {
  await supervisor?.stopAll();
  await block?.release();
  t.deepEqual(exits, []);
});

const keyOf = (account: string) => createHash("sha512").update(account).digest("base64");

/** An account with a queue and a container, as the two stacks make it. */
async function createAccount(account: string, side: "primary" | "secondary"): Promise<void> {
  await storage.createAccount({ account, side, keys: [keyOf(account), keyOf(`${account} 2`)] });
  await storage.createQueue(account, "work");
  await storage.createContainer(account, "files");
}

function clientOptions() {
  return { tlsOptions: { ca: readFileSync(tls.clientsAuthority) }, retryOptions: { maxTries: 1 } };
}

/** A machine's clients: through the network, with a managed identity's token. */
function clientsOf(account: string, side: "primary" | "secondary", audience = "https://storage.azure.com") {
  const { address } = addresses.data.storage[side];
  const { token, expiresOn } = new Tokens({ tenantId: "t" }).issue({ oid: "o", appid: "a" }, audience);
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: expiresOn * 1000 }) };
  const options = clientOptions();
  const url = (port: number) => `https://${address}:${port}/${account}`;
  return {
    queue: new QueueServiceClient(url(queuePort), credential, options).getQueueClient("work"),
    files: new BlobServiceClient(url(blobPort), credential, options).getContainerClient("files"),
  };
}

const soon = (ms = 1000) => ({ abortSignal: AbortSignal.timeout(ms) });

async function upload(files: ContainerClient, name: string, content: Buffer): Promise<void> {
  await files.getBlockBlobClient(name).uploadData(content);
}

/** Takes one message, and says what it said. */
async function take(queue: QueueClient, visibilityTimeout: number): Promise<string | undefined> {
  const { receivedMessageItems } = await queue.receiveMessages({ visibilityTimeout, ...soon() });
  return receivedMessageItems[0]?.messageText;
}

test("a machine uses queue and container with its token, and both are looked at past the network", async (t) => {
  await createAccount("used", "primary");
  const { queue, files } = clientsOf("used", "primary");
  for (const text of ["one", "two", "three"]) await queue.sendMessage(text);
  t.is(await take(queue, 30), "one");
  t.is(await storage.messageCount("used", "work"), 3);
  const contents = Array.from({ length: 70 }, () => randomBytes(100));
  for (const [n, content] of contents.entries()) await upload(files, `results/${n}`, content);
  const found = await storage.blobs("used", "files");
  t.is(found.length, 70);
  const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");
  t.deepEqual(
    Object.fromEntries(found.map(({ name, hash }) => [name, hash])),
    Object.fromEntries(contents.map((content, n) => [`results/${n}`, sha256(content)])),
  );
});

test("what a worker took and never deleted comes back", async (t) => {
  await createAccount("returned", "primary");
  const { queue } = clientsOf("returned", "primary");
  await queue.sendMessage("job");
  t.is(await take(queue, 3), "job");
  t.is(await take(queue, 3), undefined);
  await pause(3200);
  t.is(await take(queue, 3), "job");
});

test("a token for something else is refused, and so is a wrong key", async (t) => {
  await createAccount("guarded", "secondary");
  const other = clientsOf("guarded", "secondary", "https://management.azure.com");
  await t.throwsAsync(other.queue.sendMessage("x", soon()), { code: "AuthenticationFailed" });
  const { address } = addresses.data.storage.secondary;
  const stranger = new QueueServiceClient(
    `https://${address}:${queuePort}/guarded`,
    new StorageSharedKeyCredential("guarded", keyOf("stranger")),
    clientOptions(),
  );
  await t.throwsAsync(stranger.getQueueClient("work").sendMessage("x", soon()), {
    code: "InvalidAuthenticationInfo",
  });
});

test("the emulator's own account, whose key everybody knows, is not there", async (t) => {
  const { queue } = clientsOf("devstoreaccount1", "primary");
  await t.throwsAsync(queue.sendMessage("x", soon()), { code: "ResourceNotFound" });
});

test("accounts are their region's, and what a region does not have is refused", async (t) => {
  await createAccount("here", "primary");
  await t.throwsAsync(clientsOf("here", "secondary").queue.sendMessage("x", soon()), {
    code: "ResourceNotFound",
  });
  await t.throwsAsync(storage.createQueue("nowhere", "work"), { code: "ResourceNotFound" });
});

test("an account goes with everything in it, and its name can be had again", async (t) => {
  await createAccount("reborn", "secondary");
  const { queue, files } = clientsOf("reborn", "secondary");
  await queue.sendMessage("x");
  await upload(files, "a", Buffer.from("a"));
  await storage.removeAccount("reborn");
  await t.throwsAsync(queue.sendMessage("x", soon()), { code: "ResourceNotFound" });
  await storage.removeAccount("reborn");
  await createAccount("reborn", "secondary");
  t.is(await storage.messageCount("reborn", "work"), 0);
  t.deepEqual(await storage.blobs("reborn", "files"), []);
  await storage.removeQueue("reborn", "work");
  await storage.removeQueue("reborn", "work");
  await storage.removeContainer("reborn", "files");
  await t.throwsAsync(storage.messageCount("reborn", "work"), { code: "QueueNotFound" });
});

/** Whether the region's network carries a handshake to somebody who answers it. */
async function answers(side: "primary" | "secondary"): Promise<boolean> {
  const { address, port } = storage.addressOf(side);
  const socket = connect({ host: address, port, ca: readFileSync(tls.clientsAuthority) });
  socket.on("error", () => {});
  return Promise.race([once(socket, "secureConnect").then(() => true), pause(500).then(() => false)]).finally(
    () => socket.destroy(),
  );
}

test.serial(
  "a region that is cut off is silent, can still be counted, and has lost nothing afterwards",
  async (t) => {
    t.teardown(() => storage.setRegion("secondary", "served"));
    await createAccount("cut", "secondary");
    const { queue } = clientsOf("cut", "secondary");
    await queue.sendMessage("kept");
    await storage.setRegion("secondary", "cut");
    t.false(await answers("secondary"));
    t.true(await answers("primary"));
    await t.throwsAsync(queue.sendMessage("lost", soon(300)), { name: "AbortError" });
    t.is(await storage.messageCount("cut", "work"), 1);
    await storage.setRegion("secondary", "served");
    t.is(await take(queue, 30), "kept");
  },
);

test.serial("a frozen region is silent for everybody, and goes on where it was", async (t) => {
  t.teardown(() => storage.setRegion("secondary", "served"));
  await createAccount("frozen", "secondary");
  const { queue } = clientsOf("frozen", "secondary");
  await queue.sendMessage("kept");
  await storage.setRegion("secondary", "frozen");
  await storage.setRegion("secondary", "frozen");
  t.false(await answers("secondary"));
  await t.throwsAsync(storage.messageCount("frozen", "work"), { name: "AbortError" });
  await storage.setRegion("secondary", "served");
  // A client of its own: the server may just be ending a connection that was idle meanwhile.
  t.is(await take(clientsOf("frozen", "secondary").queue, 30), "kept");
});
