import test from "ava";
import { zoneData } from "../../bench/octodns.ts";
import { pulumiPart } from "../../bench/pulumi.ts";

for (const { commandLine, part } of [
  { commandLine: "/run/bin/pulumi up -s failover --yes --skip-preview", part: "what its parent is" },
  { commandLine: "/run/bin/pulumi-language-nodejs 127.0.0.1:4000", part: "language host" },
  { commandLine: "/run/bin/node /p/node_modules/@pulumi/pulumi/cmd/run --monitor x", part: "program" },
  { commandLine: "/bin/sh /run/bin/pulumi-resource-cloudflare 127.0.0.1:4000", part: "plugin cloudflare" },
  {
    commandLine: "/run/bin/node /p/local/plugins/azure-native/main.ts 127.0.0.1:4000",
    part: "plugin azure-native",
  },
  {
    commandLine: "/h/plugins/resource-cloudflare-v6.0.0/pulumi-resource-cloudflare",
    part: "plugin cloudflare",
  },
  { commandLine: "node -e require.resolve('x')", part: "what its parent is" },
]) {
  test(`${commandLine} counts as ${part}`, (t) => t.is(pulumiPart(commandLine, "what its parent is"), part));
}

test("octodns gets the zone as the cloud has it", (t) => {
  const zone = { id: "0", name: "saas.test" };
  const records = [
    { id: "1", type: "A", name: "api.saas.test", content: "127.0.0.1", proxied: true, ttl: 1 },
    { id: "2", type: "CNAME", name: "www.saas.test", content: "api.saas.test", proxied: false, ttl: 60 },
    { id: "3", type: "A", name: "saas.test", content: "127.0.0.2", proxied: false, ttl: 120 },
  ];
  t.deepEqual(zoneData(records, zone), {
    api: { type: "A", value: "127.0.0.1", octodns: { cloudflare: { proxied: true, "auto-ttl": true } } },
    www: { type: "CNAME", value: "api.saas.test.", ttl: 60 },
    "": { type: "A", value: "127.0.0.2", ttl: 120 },
  });
});
