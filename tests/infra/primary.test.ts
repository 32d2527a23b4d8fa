import { rmSync } from "node:fs";
import test from "ava";
import { serverNames } from "../../infra/names.ts";
import { type Declared, keyOf, secretsFolder } from "./declared.ts";
import { primaryResources } from "./programs.ts";

const folder = secretsFolder();
test.after.always(() => rmSync(folder, { recursive: true }));

function typed(resources: readonly Declared[], type: string): Declared[] {
  return resources.filter((resource) => keyOf(resource).startsWith(`${type} `));
}

function textOf({ inputs }: Declared): string {
  return JSON.stringify(inputs);
}

// One program at a time: the mocks are the process's.
test.serial("every server has a fixed private address and a public one of its own", async (t) => {
  const resources = await primaryResources(folder);
  const addresses = typed(resources, "NetworkInterface").map(({ inputs }) => {
    const [first] = inputs["ipConfigurations"] as Record<string, unknown>[];
    t.is(first?.["privateIPAllocationMethod"], "Static");
    return String(first?.["privateIPAddress"]);
  });
  t.deepEqual(
    addresses.toSorted((a, b) => a.localeCompare(b)),
    ["127.20.1.11", "127.20.1.12", "127.20.1.21", "127.20.1.22"],
  );
  for (const { inputs } of typed(resources, "PublicIPAddress")) {
    t.like(inputs, { sku: { name: "Standard" }, publicIPAllocationMethod: "Static" });
  }
});

test.serial(
  "servers are reached by the edge on the clients' port and by administrators by SSH, by nobody else",
  async (t) => {
    const resources = await primaryResources(folder);
    const rules = typed(resources, "SecurityRule").map(({ inputs }) => [
      inputs["priority"],
      inputs["access"],
      inputs["sourceAddressPrefixes"],
      inputs["destinationPortRange"],
    ]);
    t.deepEqual(
      rules.toSorted((a, b) => Number(a[0]) - Number(b[0])),
      [
        [100, "Allow", ["127.20.0.80/31"], "8443"],
        [110, "Allow", ["127.0.0.1/32"], "2222"],
      ],
    );
    for (const { inputs } of typed(resources, "NetworkSecurityGroup")) t.false("securityRules" in inputs);
  },
);

test.serial("no password exists: machines take keys, SQL servers Entra ID, storage identities", async (t) => {
  const resources = await primaryResources(folder);
  for (const machine of typed(resources, "VirtualMachine")) {
    t.true(textOf(machine).includes('"disablePasswordAuthentication":true'));
  }
  t.like(typed(resources, "Server")[0]?.inputs, { administrators: { azureADOnlyAuthentication: true } });
  t.like(typed(resources, "StorageAccount")[0]?.inputs, { allowSharedKeyAccess: false });
  for (const resource of resources) t.notRegex(textOf(resource), /[Pp]assword"/, keyOf(resource));
});

test.serial("machines start trusted, with contents of their own", async (t) => {
  const machines = typed(await primaryResources(folder), "VirtualMachine");
  t.deepEqual(machines.map(({ name }) => name).toSorted(), serverNames.toSorted());
  for (const { inputs, name } of machines) {
    t.like(inputs, { securityProfile: { securityType: "TrustedLaunch" } }, name);
    const { value } = inputs["osProfile"] as { value: { customData: string; computerName: string } };
    t.is(value.computerName, name);
    const cloudConfig = Buffer.from(value.customData, "base64").toString();
    t.true(cloudConfig.startsWith("#cloud-config\n"), name);
  }
});

test.serial("every key and certificate is a secret of the state", async (t) => {
  const secretMark = "1b47061264138c4ac30d75fd1eb44270";
  for (const resource of await primaryResources(folder)) {
    const holds = /"(customData|privateKey)":/.test(textOf(resource));
    t.is(textOf(resource).includes(secretMark), holds, keyOf(resource));
  }
});

test.serial("each command knows the host key of the one server it may talk to", async (t) => {
  const commands = typed(await primaryResources(folder), "Command");
  t.is(commands.length, 6);
  for (const { inputs, name } of commands) {
    const server = serverNames.find((each) => name.startsWith(each));
    const { value } = inputs["connection"] as { value: { hostKey: string } };
    t.is(value.hostKey, `ssh-ed25519 AAAA${server}.pub`);
  }
});

test.serial(
  "new edge ranges reach the rule, the load balancers over SSH, and the contents of later machines",
  async (t) => {
    const before = await primaryResources(folder);
    const after = await primaryResources(folder, { edgeRanges: ["127.20.0.82/32"] });
    const old = new Map(before.map((resource) => [keyOf(resource), textOf(resource)]));
    const changed = after.filter((resource) => old.get(keyOf(resource)) !== textOf(resource)).map(keyOf);
    t.deepEqual(
      changed.toSorted(),
      [
        "Command load-balancer-backup-configuration",
        "Command load-balancer-backup-serves",
        "Command load-balancer-main-configuration",
        "Command load-balancer-main-serves",
        "SecurityRule edge",
        ...serverNames.map((server) => `VirtualMachine ${server}`),
      ].toSorted(),
    );
  },
);
