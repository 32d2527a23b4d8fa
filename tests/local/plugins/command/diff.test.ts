import test from "ava";
import { diffInputs, outputsMayChange } from "../../../../local/plugins/command/diff.ts";
import { conceal } from "../../../../local/plugins/command/secrets.ts";

const connection = { host: "127.0.0.1", port: 22 };
const inputs = { create: "id", connection, environment: { A: "1", B: "2" }, triggers: [1, { "x.y": 1 }] };

/** Measured on the official plugin, 1.2.1. */
const cases: [string, object, [string, string, boolean][]][] = [
  ["nothing", {}, []],
  ["the engine's own keys", { __defaults: [], version: "2" }, []],
  ["the command", { create: "w" }, [["create", "update", false]]],
  [
    "parts of the connection",
    { connection: { host: "127.0.0.2", port: 22, hostKey: "k" } },
    [
      ["connection.host", "update", false],
      ["connection.hostKey", "add", false],
    ],
  ],
  ["a connection that is a secret", { connection: conceal(connection) }, [["connection", "update", false]]],
  [
    "the environment",
    { environment: { A: "x", C: "3" } },
    [
      ["environment.A", "update", false],
      ["environment.B", "delete", false],
      ["environment.C", "add", false],
    ],
  ],
  ["one trigger", { triggers: [2, { "x.y": 1 }] }, [["triggers[0]", "update", false]]],
  ["a part of a trigger", { triggers: [1, { "x.y": 2 }] }, [['triggers[1]["x.y"]', "update", false]]],
  ["fewer triggers", { triggers: [1] }, [["triggers[1]", "delete", false]]],
  ["no triggers", { triggers: undefined }, [["triggers", "delete", true]]],
];
for (const [title, change, expected] of cases) {
  test(`a diff of ${title} names ${expected.map(([path]) => path).join(", ") || "nothing"}`, (t) => {
    const news = Object.fromEntries(
      Object.entries({ ...inputs, ...change }).filter(([, value]) => value !== undefined),
    );
    const changes = diffInputs(inputs, news).map(({ property, kind, replaces }) => [
      property,
      kind,
      replaces,
    ]);
    t.deepEqual(changes, expected);
  });
}

test("triggers that appear replace the resource", (t) => {
  const [change] = diffInputs({ create: "id" }, { create: "id", triggers: [1] });
  t.deepEqual(change, { property: "triggers", kind: "add", replaces: true });
});

test("what an update prints is unknown once an input is another or unknown, not if one is only added", (t) => {
  const olds = { create: "id", stdout: "o", stderr: "" };
  const may = (news: object) => outputsMayChange(olds, { ...news }, (value) => value === "?");
  t.true(may({ create: "w" }));
  t.true(may({}));
  t.true(may({ create: "id", stdin: "?" }));
  t.false(may({ create: "id", stdin: "x" }));
});
