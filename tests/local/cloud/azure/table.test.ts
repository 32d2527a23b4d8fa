import { readFileSync } from "node:fs";
import test from "ava";
import * as fc from "fast-check";
import { parsePath } from "../../../../local/cloud/azure/table/path.ts";
import { pathOf, resourceTypes, typeOfPath, typeOfToken } from "../../../../local/cloud/azure/table/table.ts";

const sdk = (token: string) => {
  const [, module = "", name = ""] = token.split(":");
  const file = `${module}/${name[0]?.toLowerCase()}${name.slice(1)}`;
  return readFileSync(
    new URL(`../../../../node_modules/@pulumi/azure-native/${file}.d.ts`, import.meta.url),
    "utf8",
  );
};

/** Names of the inputs in the SDK's own declaration. */
function inputsOf(token: string): string[] {
  const declaration = /export interface \w+Args \{([\s\S]*?)\n\}/.exec(sdk(token))?.[1] ?? "";
  return [...declaration.matchAll(/^ {4}(\w+)\??:/gm)].map(([, name]) => name!);
}

test("every token's API version is the one the installed azure-native sends", (t) => {
  for (const { token, apiVersion } of resourceTypes) {
    t.is(/Uses Azure REST API version (\S+?)\.(\s|$)/.exec(sdk(token))?.[1], apiVersion, token);
  }
});

test("every input the table names is an input of the installed SDK", (t) => {
  for (const row of resourceTypes) {
    const inputs = inputsOf(row.token);
    const named = [...row.names, ...row.required, ...row.createOnly, ...(row.maintained ?? [])];
    const renamed = Object.keys(row.renamed ?? {}).map((path) => path.split(".")[0]!);
    for (const name of [...named, ...renamed, ...row.envelope])
      t.true(inputs.includes(name), `${row.token}: ${name}`);
  }
});

test("every input the SDK insists on is required by the table", (t) => {
  for (const { token, required } of resourceTypes) {
    const declaration = /export interface \w+Args \{([\s\S]*?)\n\}/.exec(sdk(token))?.[1] ?? "";
    for (const [, name] of declaration.matchAll(/^ {4}(\w+):/gm))
      t.true(required.includes(name!), `${token}: ${name}`);
  }
});

test("the path of any resource leads back to its row and names, in any case", (t) => {
  const name = fc.stringMatching(/^[a-z][a-z0-9]{2,10}$/);
  const row = fc.constantFrom(...resourceTypes);
  fc.assert(
    fc.property(row, fc.array(name, { minLength: 4, maxLength: 4 }), (type, names) => {
      const inputs: Record<string, string> = { resourceGroupName: "group", scope: "/subscriptions/s" };
      for (const [at, key] of type.names.entries()) inputs[key] = names[at]!;
      if (type.singleton) inputs[type.names.at(-1)!] = type.singleton;
      const path = pathOf(type, "s", inputs)!;
      const found = typeOfPath(path.toUpperCase());
      t.is(found?.row, type);
      t.is(found?.names.at(-1), inputs[type.names.at(-1)!]?.toUpperCase());
    }),
  );
});

test("a role assignment on a resource keeps the resource as its scope", (t) => {
  const scope = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a";
  const path = parsePath(`${scope}/providers/Microsoft.Authorization/roleAssignments/r`);
  t.like(path, {
    scope,
    resourceGroupName: "g",
    type: "Microsoft.Authorization/roleAssignments",
    names: ["r"],
  });
});

test("a singleton's name may be left out, and the fixed names inside a path always are", (t) => {
  const inputs = {
    resourceGroupName: "g",
    serverName: "s",
    databaseName: "d",
    accountName: "a",
    queueName: "q",
  };
  const policy = typeOfToken("azure-native:sql:BackupShortTermRetentionPolicy")!;
  t.regex(pathOf(policy, "x", inputs)!, /\/backupShortTermRetentionPolicies\/default$/);
  const queue = typeOfToken("azure-native:storage:Queue")!;
  t.regex(pathOf(queue, "x", inputs)!, /\/storageAccounts\/a\/queueServices\/default\/queues\/q$/);
});
