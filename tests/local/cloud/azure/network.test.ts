import test from "ava";
import { group, idOf, location, network, nicBody, openNetwork, rule } from "./network-fixture.ts";

const net = `${network}/virtualNetworks/net`;
const nsg = `${network}/networkSecurityGroups/nsg`;
const nic = `${network}/networkInterfaces`;
const address = { location, sku: { name: "Standard" }, properties: { publicIPAllocationMethod: "Static" } };

test("an address is static when it is asked for, and else the next free one from .4 upwards", async (t) => {
  const { settle, call } = await openNetwork(t);
  await settle("PUT", `${nic}/a`, nicBody({ address: "127.0.4.4" }));
  await settle("PUT", `${nic}/b`, nicBody());
  const { body } = await call("GET", `${nic}/b`);
  t.is(body.properties.ipConfigurations[0].properties.privateIPAddress, "127.0.4.5");
  await settle("PUT", `${nic}/b`, nicBody());
  const again = await call("GET", `${nic}/b`);
  t.is(again.body.properties.ipConfigurations[0].properties.privateIPAddress, "127.0.4.5");
});

const badAddresses = [
  ["127.0.4.70", "PrivateIPAddressNotInSubnet"],
  ["127.0.4.3", "PrivateIPAddressInReservedRange"],
  ["127.0.4.63", "PrivateIPAddressInReservedRange"],
  ["127.0.4.11", "PrivateIPAddressInUse"],
] as const;

for (const [wanted, code] of badAddresses) {
  test(`the static address ${wanted} is ${code}`, async (t) => {
    const { settle, call } = await openNetwork(t);
    await settle("PUT", `${nic}/a`, nicBody({ address: "127.0.4.11" }));
    const { status, body } = await call("PUT", `${nic}/b`, nicBody({ address: wanted }));
    t.deepEqual([status, body.error.code], [400, code]);
    t.is((await call("GET", `${nic}/b`)).status, 404);
  });
}

test("a public address is the one reserved for its name, else from the pool, and stays", async (t) => {
  const { settle, call } = await openNetwork(t);
  for (const name of ["lb-ip", "x", "y"])
    await settle("PUT", `${network}/publicIPAddresses/${name}`, address);
  const { body } = await call("GET", `${network}/publicIPAddresses`);
  const shown = body.value.map((each: { properties: { ipAddress: string } }) => each.properties.ipAddress);
  t.deepEqual(shown, ["127.0.5.5", "127.0.6.1", "127.0.6.2"]);
  await settle("PUT", `${network}/publicIPAddresses/x`, { ...address, tags: { a: "b" } });
  t.is((await call("GET", `${network}/publicIPAddresses/x`)).body.properties.ipAddress, "127.0.6.1");
});

test("a public address is Standard and static, and its SKU does not change", async (t) => {
  const { call } = await openNetwork(t);
  const put = (body: object) => call("PUT", `${network}/publicIPAddresses/x`, { location, ...body });
  t.is((await put({ properties: {} })).body.error.code, "IPv4BasicSkuPublicIpCountLimitReached");
  const dynamic = await put({
    sku: { name: "Standard" },
    properties: { publicIPAllocationMethod: "Dynamic" },
  });
  t.is(dynamic.body.error.code, "StandardSkuPublicIPAllocationMethodMustBeStatic");
});

test("what a body refers to has to exist and to be in the same region", async (t) => {
  const { call, settle } = await openNetwork(t);
  const missing = await call("PUT", `${nic}/a`, nicBody({ group: "no" }));
  t.deepEqual([missing.status, missing.body.error.code], [400, "InvalidResourceReference"]);
  await settle("PUT", `${network}/networkSecurityGroups/far`, { location: "northeurope" });
  t.is(
    (await call("PUT", `${nic}/a`, nicBody({ group: "far" }))).body.error.code,
    "InvalidResourceReference",
  );
});

test("what is in use cannot be deleted, and Azure's code says what it is", async (t) => {
  const { call, settle } = await openNetwork(t);
  await settle("PUT", `${network}/publicIPAddresses/lb-ip`, address);
  await settle("PUT", `${nic}/a`, nicBody({ publicAddress: "lb-ip" }));
  const codeOf = async (path: string) => (await call("DELETE", path)).body.error.code;
  t.is(await codeOf(nsg), "InUseNetworkSecurityGroupCannotBeDeleted");
  t.is(await codeOf(`${net}/subnets/servers`), "InUseSubnetCannotBeDeleted");
  t.is(await codeOf(net), "InUseSubnetCannotBeDeleted");
  t.is(await codeOf(`${network}/publicIPAddresses/lb-ip`), "PublicIPAddressCannotBeDeleted");
  const second = await call("PUT", `${nic}/b`, nicBody({ publicAddress: "lb-ip" }));
  t.is(second.body.error.code, "PublicIPAddressInUse");
  await settle("DELETE", `${nic}/a`);
  t.is((await settle("DELETE", nsg)).status, 200);
});

test("a PUT of a network without its subnets, or of a group without its rules, removes those that stand alone", async (t) => {
  const { call, settle } = await openNetwork(t);
  await settle("PUT", `${nsg}/securityRules/a`, rule(100));
  t.is((await call("GET", nsg)).body.properties.securityRules.length, 1);
  await settle("PUT", nsg, { location });
  t.is((await call("GET", `${nsg}/securityRules/a`)).status, 404);
  const addressSpace = { addressPrefixes: ["127.0.4.0/24"] };
  await settle("PUT", net, { location, properties: { addressSpace } });
  t.is((await call("GET", `${net}/subnets/servers`)).status, 404);
});

test("a PATCH of tags leaves subnets and rules alone", async (t) => {
  const { call, settle } = await openNetwork(t);
  await settle("PUT", `${nsg}/securityRules/a`, rule(100));
  await settle("PATCH", nsg, { tags: { a: "b" } });
  t.like((await call("GET", nsg)).body, { tags: { a: "b" }, properties: { securityRules: [{ name: "a" }] } });
});

test("children sent inside their parent are resources of their own, judged as such", async (t) => {
  const { call, settle } = await openNetwork(t);
  const inside = { location, properties: { securityRules: [{ name: "in", ...rule(100) }] } };
  await settle("PUT", nsg, inside);
  t.is((await call("GET", `${nsg}/securityRules/in`)).body.properties.priority, 100);
  const twice = {
    location,
    properties: {
      securityRules: [
        { name: "in", ...rule(100) },
        { name: "on", ...rule(100) },
      ],
    },
  };
  t.is((await call("PUT", nsg, twice)).body.error.code, "SecurityRuleConflict");
  t.is((await call("GET", nsg)).body.properties.securityRules.length, 1);
});

test("a subnet in use is not removed by a PUT of its network without it", async (t) => {
  const { call, settle } = await openNetwork(t);
  await settle("PUT", `${nic}/a`, nicBody());
  const addressSpace = { addressPrefixes: ["127.0.4.0/24"] };
  const answer = await call("PUT", net, { location, properties: { addressSpace, subnets: [] } });
  t.is(answer.body.error.code, "InUseSubnetCannotBeDeleted");
  t.is((await call("GET", `${net}/subnets/servers`)).status, 200);
});

const badSubnets = [
  [{ addressPrefix: "127.0.5.0/24" }, "NetcfgInvalidSubnet"],
  [{ addressPrefix: "127.0.4.32/27" }, "NetcfgSubnetRangesOverlap"],
  [{ addressPrefix: "127.0.4.1/24" }, "InvalidCIDRNotation"],
  [{}, "InvalidRequestFormat"],
] as const;

for (const [properties, code] of badSubnets) {
  test(`a subnet with ${JSON.stringify(properties)} is ${code}`, async (t) => {
    const { call } = await openNetwork(t);
    t.is((await call("PUT", `${net}/subnets/other`, { properties })).body.error.code, code);
  });
}

const badRules = [
  [{ priority: 99 }, "SecurityRuleInvalidPriority"],
  [{ priority: 200 }, "SecurityRuleConflict"],
  [{ destinationPortRange: "70000" }, "SecurityRuleInvalidPortRange"],
  [{ sourceAddressPrefix: "300.0.0.0/8" }, "SecurityRuleInvalidAddressPrefix"],
  [{ destinationPortRanges: ["22"] }, "SecurityRuleParameterContainsInvalidValue"],
  [{ sourceAddressPrefix: undefined }, "SecurityRuleParameterNotSpecified"],
  [{ sourceAddressPrefix: "AzureFrontDoor.Backend" }, "NotServedByLocalCloud"],
  [{ access: "Maybe" }, "InvalidRequestFormat"],
] as const;

for (const [properties, code] of badRules) {
  test(`a security rule with ${JSON.stringify(properties)} is ${code}`, async (t) => {
    const { call, settle } = await openNetwork(t);
    await settle("PUT", `${nsg}/securityRules/first`, rule(200));
    t.is((await call("PUT", `${nsg}/securityRules/second`, rule(100, properties))).body.error.code, code);
  });
}

test("a NAT gateway has a public address of its own, and stays while a subnet uses it", async (t) => {
  const { call, settle } = await openNetwork(t);
  await settle("PUT", `${network}/publicIPAddresses/egress`, address);
  const publicIpAddresses = [{ id: idOf(`${network}/publicIPAddresses/egress`) }];
  const gateway = { location, sku: { name: "Standard" }, properties: { publicIpAddresses } };
  await settle("PUT", `${network}/natGateways/egress`, gateway);
  const natGateway = { id: idOf(`${network}/natGateways/egress`) };
  await settle("PUT", `${net}/subnets/servers`, {
    properties: { addressPrefix: "127.0.4.0/26", natGateway },
  });
  t.deepEqual(
    (await call("GET", `${network}/publicIPAddresses/egress`)).body.properties.natGateway,
    natGateway,
  );
  t.is((await call("DELETE", `${network}/natGateways/egress`)).status, 400);
  t.is(
    (await call("DELETE", `${network}/publicIPAddresses/egress`)).body.error.code,
    "PublicIPAddressCannotBeDeleted",
  );
  t.is((await call("PUT", `${network}/natGateways/b`, gateway)).body.error.code, "PublicIPAddressInUse");
});

test("a network takes one write at a time, its subnets included", async (t) => {
  const { azure, call } = await openNetwork(t);
  azure.cloud.durations.mode = "real";
  t.is(
    (await call("PUT", `${net}/subnets/a`, { properties: { addressPrefix: "127.0.4.64/27" } })).status,
    201,
  );
  const second = await call("PUT", `${net}/subnets/b`, { properties: { addressPrefix: "127.0.4.96/27" } });
  t.deepEqual([second.status, second.body.error.code], [409, "AnotherOperationInProgress"]);
});

test("a security group takes one write at a time, its rules included", async (t) => {
  const { azure, call } = await openNetwork(t);
  azure.cloud.durations.mode = "real";
  const put = (name: string, priority: number) => call("PUT", `${nsg}/securityRules/${name}`, rule(priority));
  t.is((await put("a", 100)).status, 201);
  const second = await put("b", 101);
  t.deepEqual([second.status, second.body.error.code], [409, "AnotherOperationInProgress"]);
});

test("a group names its default rules and who uses it", async (t) => {
  const { call, settle } = await openNetwork(t);
  await settle("PUT", `${nic}/a`, nicBody());
  const { properties } = (await call("GET", nsg)).body;
  t.is(properties.defaultSecurityRules.length, 3);
  t.deepEqual(properties.networkInterfaces, [
    { id: idOf(`${group}/providers/Microsoft.Network/networkInterfaces/a`) },
  ]);
});
