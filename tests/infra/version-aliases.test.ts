import { SecurityRule } from "@pulumi/azure-native/network/securityRule.js";
import { type CustomResourceOptions, runtime } from "@pulumi/pulumi";
import test from "ava";
import { dropVersionAliases } from "../../infra/version-aliases.ts";

/** Parts of the SDK that its types leave out. */
interface Internals {
  getMonitor(): { registerResource(request: Request, callback: unknown): Promise<void> };
  waitForRPCs(): Promise<void>;
}

interface Request {
  getAliasesList(): { getSpec(): { getType(): string; getName(): string } }[];
}

const internals = runtime as unknown as Internals;

const inputs = {
  resourceGroupName: "plant",
  networkSecurityGroupName: "servers",
  access: "Allow",
  direction: "Inbound",
  protocol: "Tcp",
  priority: 100,
};

/** Type and name of each alias that the engine is told of. */
async function aliasesOf(options: CustomResourceOptions): Promise<string[]> {
  await runtime.setMocks({
    newResource: ({ name, inputs: state }) => ({ id: name, state }),
    call: () => ({}),
  });
  const monitor = internals.getMonitor();
  const register = monitor.registerResource.bind(monitor);
  const aliases: string[] = [];
  monitor.registerResource = (request, callback) => {
    const specs = request.getAliasesList().map((alias) => alias.getSpec());
    aliases.push(...specs.map((spec) => `${spec.getType()} ${spec.getName()}`.trim()));
    return register(request, callback);
  };
  void new SecurityRule("rule", inputs, options);
  await internals.waitForRPCs();
  return aliases;
}

test.serial("a resource of Azure brings an alias for each API version", async (t) => {
  const aliases = await aliasesOf({});
  t.true(aliases.length > 20, `${aliases.length}`);
});

test.serial("aliases for API versions are dropped, and those that the program states stay", async (t) => {
  const transformations = [dropVersionAliases];
  t.deepEqual(await aliasesOf({ transformations }), []);
  const aliases = [{ name: "as-it-was-called" }];
  t.deepEqual(await aliasesOf({ transformations, aliases }), ["as-it-was-called"]);
});
