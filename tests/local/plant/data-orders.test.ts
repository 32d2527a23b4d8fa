import test from "ava";
import { plantAddresses } from "../../../local/plant/addresses.ts";
import { ordersOf, serveOrder } from "../../../local/plant/data-orders.ts";
import type { DataCall, OrderedParts } from "../../../local/plant/data-orders.ts";

const { data: hosts } = plantAddresses({ block: 20, clientPort: 8443 });
const regions = { primary: "westeurope", secondary: "northeurope" };

/** Parts of a plant that do nothing but say what they were called with. */
function recorder() {
  const calls: unknown[][] = [];
  const part = (title: string) =>
    new Proxy(
      {},
      {
        get:
          (_, method) =>
          async (...args: unknown[]) => {
            calls.push([`${title}.${String(method)}`, ...args]);
            return "answered";
          },
      },
    );
  const parts = { sql: part("sql"), storage: part("storage"), names: part("names") } as unknown;
  const orders = ordersOf({ ...(parts as OrderedParts), hosts, regions });
  return { calls, serve: (call: object) => serveOrder(call as DataCall, orders) };
}

const server = "saas-sql-secondary";
const there = { server, region: "northeurope", database: "saas" };
const at = "2026-11-24T23:15:00Z";

const cases: [call: object, done: unknown[]][] = [
  [{ createDatabase: there }, ["sql.createDatabase", { side: "secondary", database: "saas" }]],
  [
    { restoreDatabase: { ...there, source: "saas", at } },
    ["sql.restoreDatabase", { side: "secondary", database: "saas", source: "saas", at }],
  ],
  [
    { replicateDatabase: { ...there, from: "westeurope" } },
    ["sql.replicateDatabase", { side: "secondary", database: "saas", from: "primary" }],
  ],
  [
    { promote: { databases: ["saas"], from: "westeurope", to: "northeurope", forced: true } },
    ["sql.promote", { databases: ["saas"], from: "primary", to: "secondary", forced: true }],
  ],
  [{ dropDatabase: there }, ["sql.dropDatabase", { side: "secondary", database: "saas" }]],
  [{ replicationLag: { database: "saas" } }, ["sql.replicationLag", "saas"]],
  [
    { createAccount: { account: "store1", region: "westeurope", keys: ["a", "b"] } },
    ["storage.createAccount", { account: "store1", side: "primary", keys: ["a", "b"] }],
  ],
  [{ removeAccount: { account: "store1" } }, ["storage.removeAccount", "store1"]],
  [{ createQueue: { account: "store1", queue: "work" } }, ["storage.createQueue", "store1", "work"]],
  [{ removeQueue: { account: "store1", queue: "work" } }, ["storage.removeQueue", "store1", "work"]],
  [
    { createContainer: { account: "store1", container: "files" } },
    ["storage.createContainer", "store1", "files"],
  ],
  [
    { removeContainer: { account: "store1", container: "files" } },
    ["storage.removeContainer", "store1", "files"],
  ],
  [
    { setName: { name: "g.database.windows.net", region: "northeurope", service: "sql", ttlSeconds: 30 } },
    ["names.set", "g.database.windows.net", { address: "127.20.6.21", ttlSeconds: 30 }],
  ],
  [
    {
      setName: { name: "s.blob.core.windows.net", region: "westeurope", service: "storage", ttlSeconds: 60 },
    },
    ["names.set", "s.blob.core.windows.net", { address: "127.20.5.31", ttlSeconds: 60 }],
  ],
  [{ removeName: { name: "g.database.windows.net" } }, ["names.remove", "g.database.windows.net"]],
];

test("each order goes to the part that carries it out, with sides for regions, and its answer comes back", async (t) => {
  for (const [call, done] of cases) {
    const { calls, serve } = recorder();
    t.is(await serve({ id: 1, ...call }), "answered");
    t.deepEqual(calls, [done]);
  }
});

test("a region without servers is refused as Azure refuses one that lacks a service", async (t) => {
  const { calls, serve } = recorder();
  const error = await t.throwsAsync(serve({ createDatabase: { ...there, region: "germanynorth" } }));
  t.like(error, { code: "LocationNotAvailableForResourceType" });
  t.regex(error?.message ?? "", /'germanynorth'.*'westeurope' and 'northeurope'/);
  t.deepEqual(calls, []);
});

test("an order that nobody knows is a defect, not a success", async (t) => {
  await t.throwsAsync(recorder().serve({ id: 1, createVault: {} }), { message: /createVault/ });
});
