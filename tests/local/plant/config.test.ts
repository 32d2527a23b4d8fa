import net from "node:net";
import test from "ava";
import * as fc from "fast-check";
import { defaultEndpoints, plantAddresses } from "../../../local/plant/addresses.ts";
import type { PlantAddresses } from "../../../local/plant/addresses.ts";
import { emptyZone, nsdConfig, unboundConfig } from "../../../local/plant/dns.ts";
import { edgeConfig } from "../../../local/plant/haproxy.ts";

const folder = "/run/plant";
const zoneName = "example.test";

function configsOf(addresses: PlantAddresses): string[] {
  const { nsd, unbound, clientPort, hosts } = addresses;
  const listen = ({ shadow }: { shadow: string }) => ({ address: shadow, port: clientPort });
  return [
    nsdConfig({ listen: nsd, zones: [{ name: zoneName, file: "z" }], folder, files: { controlSocket: "s" } }),
    unboundConfig({ listen: unbound, nsd, zoneNames: [zoneName], folder, files: { controlSocket: "s" } }),
    emptyZone(zoneName),
    edgeConfig({
      addresses: hosts.edge.map(({ address }) => address),
      listen: hosts.edge.map(listen),
      originPort: clientPort,
      files: { certificate: "c", trust: "t", adminSocket: "s", originMap: "m" },
    }),
  ];
}

// 0.0.0.0 is replaced by `set-dst` for each request; 127.0.0.0/8 is who may ask the cache.
const placeholders = new Set(["0.0.0.0", "127.0.0.0"]);

function addressesIn(text: string): string[] {
  const found = text.match(/\d+\.\d+\.\d+\.\d+/g) ?? [];
  return found.filter((address) => net.isIPv4(address) && !placeholders.has(address));
}

const anyPlant = fc.record({
  block: fc.integer({ min: 20, max: 99 }),
  clientPort: fc.integer({ min: 1024, max: 65_535 }),
});

test("no configuration names an address outside of its plant's block", (t) => {
  fc.assert(
    fc.property(anyPlant, ({ block, clientPort }) => {
      const found = configsOf(plantAddresses({ block, clientPort })).flatMap(addressesIn);
      return found.length > 5 && found.every((address) => address.startsWith(`127.${block}.`));
    }),
  );
  t.pass();
});

test("the edge listens on its shadow addresses only", (t) => {
  fc.assert(
    fc.property(anyPlant, ({ block, clientPort }) => {
      const addresses = plantAddresses({ block, clientPort });
      const shadows = addresses.hosts.edge.map(({ shadow }) => shadow);
      const binds = configsOf(addresses).flatMap((text) => text.match(/(?<=^ +bind )[\d.]+/gm) ?? []);
      return binds.length === 2 && binds.every((address) => shadows.includes(address));
    }),
  );
  t.pass();
});

test("hosts have the addresses of the configuration, and endpoints of another block are refused by their keys", (t) => {
  const endpoints = defaultEndpoints(21);
  const { hosts } = plantAddresses({ block: 21, clientPort: 8443, endpoints });
  t.is(hosts["api-backup"][0]?.address, endpoints.apiServers.backup);
  const error = t.throws(() => plantAddresses({ block: 22, clientPort: 8443, endpoints }));
  t.like(error, { code: "PLANT_MISMATCH" });
  t.regex(error.message, /endpoints\.loadBalancers\.main is 127\.21\.1\.11/);
});
