import test from "ava";
import * as fc from "fast-check";
import type { ResourceType } from "../../../../local/cloud/azure/table/row.ts";
import { resourceTypes, typeOfToken } from "../../../../local/cloud/azure/table/table.ts";
import { toBody } from "../../../../local/plugins/azure-native/body.ts";
import { inputsOfBody, inputsOfOutputs, outputsOf } from "../../../../local/plugins/azure-native/outputs.ts";
import { previewOutputs } from "../../../../local/plugins/azure-native/preview.ts";
import { carryChanges } from "../../../../local/plugins/azure-native/refresh.ts";
import { outputShapes } from "../../../../local/plugins/azure-native/shapes.ts";
import { unknownValue } from "../../../../local/plugins/rpc.ts";
import { inputsOf } from "./inputs-arbitrary.ts";

const row = (name: string): ResourceType => typeOfToken(`azure-native:${name}`)!;

for (const type of resourceTypes) {
  test(`${type.token}: inputs come back from the body they make`, (t) => {
    const comesBack = fc.property(inputsOf(type), (inputs) => {
      t.deepEqual(inputsOfBody(type, toBody(type, inputs)), inputs);
    });
    t.notThrows(() => fc.assert(comesBack, { numRuns: 60 }));
  });

  test(`${type.token}: what of its inputs the SDK shows as outputs is shown`, (t) => {
    const shown = new Set(outputShapes.ofResource(type.token).map(({ name }) => name));
    const isShown = fc.property(inputsOf(type), (inputs) => {
      const outputs = outputsOf(type, toBody(type, inputs));
      const missing = Object.keys(inputs).filter((name) => shown.has(name) && outputs[name] === undefined);
      // Of an autoscale setting the SDK shows `properties` as ARM has it.
      t.deepEqual(shown.has("properties") ? [] : missing, []);
    });
    t.notThrows(() => fc.assert(isShown, { numRuns: 40 }));
  });

  test(`${type.token}: a refresh without a change in the cloud changes no input`, (t) => {
    const isStill = fc.property(inputsOf(type), (inputs) => {
      const outputs = outputsOf(type, toBody(type, inputs));
      const projection = inputsOfOutputs(type, outputs);
      t.deepEqual(carryChanges(inputs, projection, projection), inputs);
    });
    t.notThrows(() => fc.assert(isStill, { numRuns: 20 }));
  });
}

test("a network interface's nested parts go into properties of their own", (t) => {
  const inputs = {
    resourceGroupName: "plant",
    networkInterfaceName: "nic",
    location: "westeurope",
    ipConfigurations: [
      { name: "main", privateIPAddress: "127.20.1.11", subnet: { id: "/s" }, publicIPAddress: { id: "/p" } },
    ],
    networkSecurityGroup: { id: "/n" },
  };
  t.deepEqual(toBody(row("network:NetworkInterface"), inputs), {
    location: "westeurope",
    properties: {
      ipConfigurations: [
        {
          name: "main",
          properties: {
            privateIPAddress: "127.20.1.11",
            subnet: { id: "/s" },
            publicIPAddress: { id: "/p" },
          },
        },
      ],
      networkSecurityGroup: { id: "/n" },
    },
  });
});

test("identities are a list for programs, keys for ARM, and full objects in outputs", (t) => {
  const machine = row("compute:VirtualMachine");
  const identity = { type: "UserAssigned", userAssignedIdentities: ["/a", "/b"] };
  const body = toBody(machine, { identity });
  t.deepEqual(body, { identity: { type: "UserAssigned", userAssignedIdentities: { "/a": {}, "/b": {} } } });
  const answered = {
    identity: { type: "UserAssigned", userAssignedIdentities: { "/a": { principalId: "1" } } },
  };
  t.deepEqual(outputsOf(machine, answered).identity, answered.identity);
  t.deepEqual(inputsOfBody(machine, answered), { identity: { ...identity, userAssignedIdentities: ["/a"] } });
});

test("a storage account's names differ between SDK and ARM, both ways", (t) => {
  const account = row("storage:StorageAccount");
  const networkRuleSet = { defaultAction: "Deny", ipRules: [{ iPAddressOrRange: "127.0.0.1" }] };
  const inputs = {
    kind: "StorageV2",
    sku: { name: "Standard_GRS" },
    enableHttpsTrafficOnly: true,
    networkRuleSet,
  };
  const body = toBody(account, inputs);
  t.deepEqual(body, {
    kind: "StorageV2",
    sku: { name: "Standard_GRS" },
    properties: {
      supportsHttpsTrafficOnly: true,
      networkAcls: { defaultAction: "Deny", ipRules: [{ value: "127.0.0.1" }] },
    },
  });
  t.like(outputsOf(account, body), inputs);
});

test("outputs hold what is read-only, flattened, and nothing the SDK does not declare", (t) => {
  const outputs = outputsOf(row("network:PublicIPAddress"), {
    id: "/ip",
    name: "lb",
    type: "Microsoft.Network/publicIPAddresses",
    etag: "W/1",
    properties: { provisioningState: "Succeeded", ipAddress: "127.20.1.11", secretField: 1 },
  });
  t.deepEqual(outputs, {
    name: "lb",
    type: "Microsoft.Network/publicIPAddresses",
    etag: "W/1",
    provisioningState: "Succeeded",
    ipAddress: "127.20.1.11",
    azureApiVersion: "2024-05-01",
  });
});

test("a preview knows what the program says and nothing else; an update also name and location", (t) => {
  const nic = row("network:NetworkInterface");
  const inputs = { location: "westeurope", ipConfigurations: [{ name: "main" }] };
  const created = previewOutputs(nic, inputs);
  t.like(created, { location: "westeurope", name: unknownValue, macAddress: unknownValue });
  t.like((created.ipConfigurations as object[])[0], { name: "main", privateIPAddress: unknownValue });
  const updated = previewOutputs(nic, inputs, { name: "nic", location: "northeurope", macAddress: "x" });
  t.like(updated, { name: "nic", location: "northeurope", macAddress: unknownValue });
});

test("what changed in the cloud is carried into inputs; defaults that nobody asked for are not", (t) => {
  const inputs = { priority: 100, tags: { a: "1" }, rules: [{ name: "x", access: "Allow" }] };
  const before = { ...inputs, access: "Allow", rules: [{ name: "x", access: "Allow", note: "" }] };
  const now = {
    priority: 200,
    tags: { a: "1" },
    access: "Allow",
    rules: [{ name: "x", access: "Deny", note: "" }],
  };
  const carried = carryChanges(inputs, before, now);
  t.deepEqual(carried, { priority: 200, tags: { a: "1" }, rules: [{ name: "x", access: "Deny" }] });
  t.deepEqual(carryChanges({ a: 1, b: 2 }, { a: 1, b: 2 }, { b: 2, c: 3 }), { b: 2, c: 3 });
});
