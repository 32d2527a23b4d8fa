import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, dirname } from "node:path";
import test from "ava";
import {
  checkInputs,
  commandTypes,
  completeInputs,
  connectionForms,
  notServed,
} from "../../../../local/plugins/command/inputs.ts";
import { reveal } from "../../../../local/plugins/command/secrets.ts";
import { unknownValue } from "../../../../local/plugins/rpc.ts";
import { local, remote } from "./plugin-fixture.ts";

const sdk = dirname(createRequire(import.meta.url).resolve("@pulumi/command/package.json"));
const connection = { host: "127.0.0.1" };

/** Names of the inputs that an interface of the SDK declares. */
function declared(file: string, name: string): string[] {
  const text = readFileSync(join(sdk, file), "utf8");
  const [, body = ""] = new RegExp(`interface ${name} \\{([^]*?)\\n\\s*\\}\\n`).exec(text) ?? [];
  return [...body.matchAll(/^\s+(\w+)\??: pulumi\.Input/gm)].map(([, key = ""]) => key).toSorted();
}

const known = (forms: object) => Object.keys(forms);

test("every input that the SDK offers is served, or refused by name", (t) => {
  const remoteInputs = declared("remote/command.d.ts", "CommandArgs");
  t.deepEqual(remoteInputs, known(commandTypes[remote]?.forms ?? {}).toSorted());
  const localInputs = declared("local/command.d.ts", "CommandArgs");
  const refused = notServed.filter((key) => key !== "proxy");
  t.deepEqual(localInputs, [...known(commandTypes[local]?.forms ?? {}), ...refused].toSorted());
  t.deepEqual(
    declared("types/input.d.ts", "ConnectionArgs"),
    [...known(connectionForms), "proxy"].toSorted(),
  );
});

test("inputs that the stand-in lacks are refused, not ignored", (t) => {
  t.deepEqual(checkInputs(local, { assetPaths: ["*"], archivePaths: [] }), [
    { property: "assetPaths", reason: "assetPaths is not served by the stand-in" },
    { property: "archivePaths", reason: "archivePaths is not served by the stand-in" },
  ]);
  const [proxied] = checkInputs(remote, { connection: { ...connection, proxy: { host: "127.0.0.1" } } });
  t.regex(proxied?.reason ?? "", /proxy: proxy is not served by the stand-in/);
});

const decoding = "An error occurred decoding 'CommandInputs.connection': 1 failures decoding:\n\t";
const wrong: [string, object, string, string][] = [
  [remote, {}, "connection", "Missing required field 'connection' on 'remote.CommandInputs'"],
  [
    remote,
    { connection: {} },
    "connection",
    `${decoding}host: Missing required field 'host' on 'remote.Connection'`,
  ],
  [
    remote,
    { connection: "x" },
    "connection",
    "Field 'connection' on 'remote.CommandInputs' must be a 'remote.Connection'; got 'string' instead",
  ],
  [
    remote,
    { connection: { ...connection, port: "22" } },
    "connection",
    `${decoding}port: Field 'port' on 'remote.Connection' must be a 'float64'; got 'string' instead`,
  ],
  [remote, { connection, foo: 1 }, "foo", "Unrecognized field 'foo' on 'remote.CommandInputs'"],
  [
    local,
    { create: 5 },
    "create",
    "Field 'create' on 'local.CommandInputs' must be a 'string'; got 'float64' instead",
  ],
  [
    local,
    { environment: { A: 1 } },
    "environment[A] value",
    "Field 'environment[A] value' on 'local.CommandInputs' must be a 'string'; got 'float64' instead",
  ],
  [
    local,
    { interpreter: "sh" },
    "interpreter",
    "Field 'interpreter' on 'local.CommandInputs' must be a '[]string'; got 'string' instead",
  ],
  [local, { connection }, "connection", "Unrecognized field 'connection' on 'local.CommandInputs'"],
];
for (const [type, inputs, property, reason] of wrong) {
  test(`${type} with ${JSON.stringify(inputs)} is refused in the official plugin's words`, (t) => {
    t.deepEqual(checkInputs(type, { ...inputs }), [{ property, reason }]);
  });
}

test("what is not known yet is not refused", (t) => {
  t.deepEqual(checkInputs(remote, { connection: unknownValue, create: unknownValue }), []);
  t.deepEqual(
    checkInputs(remote, { connection: { host: unknownValue }, environment: { A: unknownValue } }),
    [],
  );
});

test("a host outside 127.0.0.0/8 is refused before anything runs", (t) => {
  for (const host of ["203.0.113.7", "localhost", "example.com", "::1"]) {
    const [failure] = checkInputs(remote, { connection: { host } });
    t.regex(failure?.reason ?? "", /it refuses .*127\.0\.0\.0\/8 only/, host);
  }
});

test("a connection is kept as a secret, with its defaults and whole numbers", (t) => {
  const { connection: kept, ...rest } = completeInputs({
    connection: { ...connection, password: "p", dialErrorLimit: 1.5 },
    create: "id",
    stdin: null,
  });
  t.deepEqual(rest, { create: "id" });
  t.false("host" in (kept as object), "the connection is in plain");
  t.deepEqual(reveal(kept), {
    ...connection,
    password: "p",
    dialErrorLimit: 1,
    perDialTimeout: 15,
    port: 22,
    user: "root",
  });
  t.notRegex(JSON.stringify(kept), /"password":"p"/);
});
