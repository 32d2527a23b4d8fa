import test from "ava";
import * as fc from "fast-check";
import {
  armId,
  machineName,
  namesOf,
  privateAddress,
  restoredDatabaseName,
  serverNames,
  stableUuid,
} from "../../infra/names.ts";

/** Prefixes that configuration admits. */
const prefixes = fc.stringMatching(/^[a-z](-?[a-z0-9]){2,8}$/);

/** Azure's rules for names that the whole world shares; learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules */
const rules: [what: string, pattern: RegExp, names: (prefix: string) => string[]][] = [
  ["a storage account", /^[a-z0-9]{3,24}$/, (prefix) => Object.values(namesOf(prefix).storageAccounts)],
  [
    "a SQL server or failover group",
    /^[a-z0-9](?!.*--)[a-z0-9-]{0,61}[a-z0-9]$/,
    (prefix) => [...Object.values(namesOf(prefix).sqlServers), namesOf(prefix).failoverGroup],
  ],
  [
    "a configuration store",
    /^[a-z0-9](?!.*---)[a-z0-9-]{3,48}[a-z0-9]$/,
    (prefix) => [namesOf(prefix).settingsStore],
  ],
  [
    "a virtual machine",
    /^[a-z0-9][a-z0-9-]{0,62}[a-z0-9]$/,
    (prefix) => serverNames.map((server) => machineName(prefix, server)),
  ],
];

for (const [what, pattern, names] of rules) {
  test(`from every prefix, the name of ${what} is one that Azure takes`, (t) => {
    fc.assert(fc.property(prefixes, (prefix) => names(prefix).every((name) => pattern.test(name))));
    t.pass();
  });
}

test("the names of the local plant are those that are documented", (t) => {
  t.deepEqual(namesOf("saas").resourceGroups, { primary: "saas-primary", secondary: "saas-secondary" });
  t.deepEqual(namesOf("saas").storageAccounts, { primary: "saasstore1", secondary: "saasstore2" });
  t.is(machineName("saas", "api-backup"), "saas-api-backup");
});

test("a machine has the same place in every network", (t) => {
  t.is(privateAddress("127.20.1.0/24", "load-balancer-main"), "127.20.1.11");
  t.is(privateAddress("10.0.7.0/24", "api-backup"), "10.0.7.22");
});

test("an ARM id names each level of a type", (t) => {
  const place = { subscription: "s", group: "g", type: "Microsoft.Sql/servers/databases", names: ["a", "b"] };
  t.is(armId(place), "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/a/databases/b");
});

test("a restore point always makes the same database name", (t) => {
  t.is(restoredDatabaseName("2026-11-24T23:15:00Z"), "saas-20261124T231500Z");
});

test("a name's UUID is always the same, and another one for another name", (t) => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      const uuid = stableUuid(one);
      const formed = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid);
      return formed && (uuid === stableUuid(other)) === (one === other);
    }),
  );
  t.pass();
});
