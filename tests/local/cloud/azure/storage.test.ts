import test, { type ExecutionContext } from "ava";
import { openAzure, type TestCloud } from "./azure-fixture.ts";
import { group, location } from "./network-fixture.ts";

const account = `${group}/providers/Microsoft.Storage/storageAccounts/saasstore1`;
const queue = `${account}/queueServices/default/queues/work`;
const container = `${account}/blobServices/default/containers/files`;
const names = ["saasstore1.blob.core.windows.net", "saasstore1.queue.core.windows.net"];

async function openStorage(t: ExecutionContext): Promise<TestCloud> {
  const cloud = await openAzure(t);
  await cloud.call("PUT", group, { location });
  const body = { location, kind: "StorageV2", sku: { name: "Standard_LRS" } };
  await cloud.settle("PUT", account, body);
  await cloud.settle("PUT", account, { ...body, tags: { a: "b" } });
  return cloud;
}

test("an account is made once, with the keys that listKeys answers, and has names for a minute", async (t) => {
  const { call, plant } = await openStorage(t);
  const keys = (await call("POST", `${account}/listKeys`)).body.keys.map(
    (key: { value: string }) => key.value,
  );
  t.deepEqual(plant.calls, [
    { createAccount: { account: "saasstore1", region: location, keys } },
    ...names.map((name) => ({
      setName: { name, region: location, service: "storage" as const, ttlSeconds: 60 },
    })),
  ]);
});

test("of an account that is being made in a region that goes down the result may be asked for again soon", async (t) => {
  const { azure, call, plant } = await openAzure(t);
  await call("PUT", group, { location });
  plant.next.createAccount = new Promise(() => {});
  const body = { location, kind: "StorageV2", sku: { name: "Standard_LRS" } };
  const accepted = await call("PUT", account, body);
  t.is(accepted.status, 202);
  azure.setRegion(location, "refused");
  const path = new URL(String(accepted.headers["location"])).pathname;
  const result = await call("GET", path);
  t.is(result.status, 500);
  t.is(result.body.error.code, "InternalServerError");
  t.is(result.headers["retry-after-ms"], "1000");
});

test("a queue's PUT is answered when the plant has the queue", async (t) => {
  const { call, plant } = await openStorage(t);
  const held = Promise.withResolvers<void>();
  plant.next.createQueue = held.promise;
  let answered = false;
  const put = call("PUT", queue, {}).then((answer) => {
    answered = true;
    return answer;
  });
  while (plant.asked("createQueue").length === 0) await new Promise((resolve) => setImmediate(resolve));
  t.is((await call("PUT", queue, {})).body.error.code, "AnotherOperationInProgress");
  t.false(answered);
  held.resolve();
  t.is((await put).status, 201);
  t.is((await call("PUT", queue, {})).status, 200);
  t.deepEqual(plant.asked("createQueue"), [{ account: "saasstore1", queue: "work" }]);
});

test("a container that the plant refuses is not there, and the same PUT again makes it", async (t) => {
  const { call, plant } = await openStorage(t);
  plant.next.createContainer = { code: "ContainerBeingDeleted", message: "no" };
  const answer = await call("PUT", container, {});
  t.deepEqual([answer.status, answer.body.error.code], [409, "ContainerBeingDeleted"]);
  t.is((await call("GET", container)).status, 404);
  t.is((await call("PUT", container, {})).status, 201);
});

test("a queue is gone from the plant before its DELETE is answered, and an account goes last", async (t) => {
  const { call, plant } = await openStorage(t);
  await call("PUT", queue, {});
  await call("PUT", container, {});
  plant.calls.length = 0;
  t.is((await call("DELETE", queue)).status, 200);
  t.deepEqual(plant.calls, [{ removeQueue: { account: "saasstore1", queue: "work" } }]);
  t.is((await call("DELETE", account)).status, 200);
  t.deepEqual(plant.kinds(), ["removeQueue", "removeContainer", "removeAccount", "removeName", "removeName"]);
  t.is((await call("GET", container)).body.error.code, "ParentResourceNotFound");
});

for (const kind of ["removeAccount", "removeName"] as const) {
  test(`an account whose DELETE failed at ${kind} is made again by a PUT, names included`, async (t) => {
    const { call, settle, plant } = await openStorage(t);
    plant.next[kind] = { code: "StorageFrozen", message: "no answer" };
    t.is((await call("DELETE", account)).body.error.code, "StorageFrozen");
    plant.calls.length = 0;
    await settle("PUT", account, { location, kind: "StorageV2", sku: { name: "Standard_LRS" } });
    t.deepEqual(plant.kinds(), ["createAccount", "setName", "setName"]);
    plant.next[kind] = { code: "StorageFrozen", message: "no answer" };
    await call("DELETE", account);
    t.is((await call("DELETE", account)).status, 200);
    t.is((await call("GET", account)).status, 404);
  });
}

test("nothing is made inside an account that is not there", async (t) => {
  const { call, plant } = await openStorage(t);
  const answer = await call("PUT", queue.replace("store1", "store2"), {});
  t.deepEqual([answer.status, answer.body.error.code], [404, "ParentResourceNotFound"]);
  t.deepEqual(plant.asked("createQueue"), []);
});
