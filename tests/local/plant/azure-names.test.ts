import { readFileSync } from "node:fs";
import { promises as dns } from "node:dns";
import path from "node:path";
import test from "ava";
import { plantAddresses } from "../../../local/plant/addresses.ts";
import { AzureNames, azureZoneFile } from "../../../local/plant/azure-names.ts";
import type { ServedZone } from "../../../local/plant/azure-names.ts";
import { acquireDrillBlock } from "../../../local/plant/block.ts";
import { describeDns } from "../../../local/plant/dns-servers.ts";
import { poll } from "../../../local/plant/readiness.ts";
import { Supervisor } from "../../../local/plant/supervisor.ts";
import { prepareToolchain } from "../../../local/toolchain/prepare.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const folder = temporaryFolder();

test("a TTL is divided, and never shorter than a second", (t) => {
  const target = (ttlSeconds: number) => ({ address: "127.20.5.21", ttlSeconds });
  const text = azureZoneFile([["long.windows.net", target(300)]], { serial: 7, ttlDivisor: 30 });
  t.regex(text, /^long\.windows\.net\. 10 IN A 127\.20\.5\.21$/m);
  t.regex(text, /^windows\.net\. IN SOA \S+ \S+ 7 /m);
  const short = azureZoneFile([["short.windows.net", target(20)]], { serial: 7, ttlDivisor: 60 });
  t.regex(short, /^short\.windows\.net\. 1 IN A /m);
});

/** A name server that reads the file when it is told to, and remembers how often. */
function pretend(file: string): ServedZone & { reloads: number } {
  let served = 1;
  return {
    file: path.join(folder, file),
    reloads: 0,
    async reload() {
      await new Promise((resolve) => setTimeout(resolve, 20));
      this.reloads += 1;
      served = Number(/SOA \S+ \S+ (\d+)/.exec(readFileSync(this.file, "utf8"))?.[1]);
    },
    serial: async () => served,
  };
}

test("names that come at once are published together, and each is there when it is answered", async (t) => {
  const zone = pretend("together.zone");
  const names = new AzureNames({ zone, ttlDivisor: 1 });
  const target = { address: "127.20.5.21", ttlSeconds: 60 };
  await Promise.all(["a", "b", "c", "d"].map((name) => names.set(`${name}.database.windows.net`, target)));
  t.is(zone.reloads, 1);
  t.is(readFileSync(zone.file, "utf8").match(/ IN A /g)?.length, 4);
  await names.remove("B.database.windows.net");
  t.notRegex(readFileSync(zone.file, "utf8"), /^b\./m);
});

test("a failed reload is told to whoever asked, and stops nothing that follows", async (t) => {
  const zone = pretend("failing.zone");
  const names = new AzureNames({ zone, ttlDivisor: 1 });
  const reload = zone.reload.bind(zone);
  zone.reload = () => Promise.reject(new Error("nsd-control failed"));
  await t.throwsAsync(names.set("a.database.windows.net", { address: "127.20.5.21", ttlSeconds: 60 }), {
    message: "nsd-control failed",
  });
  zone.reload = reload;
  await names.set("b.database.windows.net", { address: "127.20.6.21", ttlSeconds: 60 });
  t.regex(readFileSync(zone.file, "utf8"), /^a\.database[^]*^b\.database/m);
});

test("the plant's name server answers a new name at once, its cache a moved one within the TTL", async (t) => {
  const tools = await prepareToolchain(() => {});
  const block = await acquireDrillBlock({ clientPort: 8443, report: () => {} });
  const supervisor = new Supervisor({
    folder: block.folder,
    env: {},
    record: () => {},
    onExit: ({ name, how }) => t.fail(`${name}: ${how}`),
  });
  t.teardown(async () => {
    await supervisor.stopAll();
    await block.release();
  });
  const addresses = plantAddresses({ block: block.number, clientPort: 8443 });
  const served = describeDns({ addresses, tools, zoneName: "example.test", folder: block.folder });
  await Promise.all([supervisor.start(served.nsd), supervisor.start(served.unbound)]);
  const names = new AzureNames({ zone: served.azure, ttlDivisor: 30 });
  const { primary, secondary } = addresses.data.sql;
  const group = "saas-sql.database.windows.net";
  await names.set(group, { address: primary.address, ttlSeconds: 30 });
  const server = () => resolverAt(addresses.nsd);
  const cache = () => resolverAt(addresses.unbound);
  t.deepEqual(await server().resolve4(group, { ttl: true }), [{ address: primary.address, ttl: 1 }]);
  t.deepEqual(await cache().resolve4(group), [primary.address]);
  await names.set(group, { address: secondary.address, ttlSeconds: 30 });
  t.deepEqual(await server().resolve4(group), [secondary.address]);
  await poll({
    deadlineMs: 3000,
    until: async () => {
      const [address] = await cache().resolve4(group);
      return address === secondary.address || `still ${address}`;
    },
  });
  await names.remove(group);
  await t.throwsAsync(server().resolve4(group), { code: "ENOTFOUND" });
  await t.throwsAsync(cache().resolve4("vault.azure.net"), { code: "EREFUSED" });
});

/** A new one each time: it remembers answers for their TTL. */
function resolverAt({ address, port }: { address: string; port: number }): dns.Resolver {
  const resolver = new dns.Resolver({ timeout: 1000, tries: 2 });
  resolver.setServers([`${address}:${port}`]);
  return resolver;
}
