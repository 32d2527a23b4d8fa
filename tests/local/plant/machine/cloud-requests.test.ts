import { PassThrough } from "node:stream";
import test from "ava";
import { FailoverError } from "../../../../infra/errors.ts";
import type { PlantAnswer, PlantCall, PlantRequest } from "../../../../local/cloud/azure/plant-protocol.ts";
import { AzureRefusal } from "../../../../local/plant/azure-refusal.ts";
import { LineReader } from "../../../../local/plant/line-reader.ts";
import { serveCloud } from "../../../../local/plant/machine/cloud-requests.ts";
import { ProvisioningFailure } from "../../../../local/plant/machine/provisioning-failure.ts";

const halt = (machine: string) => ({ halt: { machine } });
const boot = {
  boot: {
    id: "vm",
    name: "api-main",
    region: "westeurope",
    addresses: ["127.20.1.21"],
    customData: "",
    adminUsername: "failover",
    sshPublicKeys: [],
    identity: null,
  },
};

/** Sends requests as a cloud process would, and collects as many answers. */
async function converse(
  requests: PlantRequest[],
  serve: (call: PlantCall) => Promise<unknown>,
): Promise<PlantAnswer[]> {
  const [stdout, stdin] = [new PassThrough(), new PassThrough()];
  serveCloud({ name: "cloud", pid: 0, stdin, lines: new LineReader(stdout, "/dev/null") }, serve);
  stdout.write('{"ready":true,"api":"http://127.0.0.1"}\n');
  for (const request of requests) stdout.write(`${JSON.stringify(request)}\n`);
  const answers: PlantAnswer[] = [];
  let text = "";
  for await (const chunk of stdin) {
    text += String(chunk);
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    answers.push(...lines.map((line) => JSON.parse(line) as PlantAnswer));
    if (answers.length === requests.length) break;
  }
  return answers;
}

test("requests are answered as they are done, not as they came", async (t) => {
  const slow = Promise.withResolvers<void>();
  const answers = await converse(
    [
      { id: 1, ...halt("slow") },
      { id: 2, ...halt("quick") },
    ],
    async (call) => {
      if ("halt" in call && call.halt.machine === "slow") await slow.promise;
      else setImmediate(slow.resolve);
    },
  );
  t.deepEqual(answers, [
    { id: 2, done: true },
    { id: 1, done: true },
  ]);
});

test("what a call is answered with reaches the cloud", async (t) => {
  const lag = { seconds: 0.5, asOf: "2026-11-24T10:00:00.000Z" };
  const asked = { id: 3, replicationLag: { database: "saas" } };
  t.deepEqual(await converse([asked], async () => lag), [{ id: 3, done: true, value: lag }]);
});

const failures: [string, Error, object][] = [
  [
    "a machine that cannot provision itself",
    new ProvisioningFailure("customData is empty"),
    {
      code: "OSProvisioningClientError",
      message: "OS Provisioning for VM 'api-main' failed. Error details: customData is empty",
    },
  ],
  [
    "a unit that does not become ready",
    new FailoverError("PLANT_FAILED", { problems: "api-main.api did not become ready." }),
    { code: "OSProvisioningClientError" },
  ],
  ["a refusal", new AzureRefusal("ResourceNotFound", "gone"), { code: "ResourceNotFound", message: "gone" }],
  ["a defect of the plant", new TypeError("x is undefined"), { code: "OSProvisioningInternalError" }],
];

for (const [what, thrown, error] of failures) {
  test(`${what} is told with Azure's code`, async (t) => {
    const [answer] = await converse([{ id: 7, ...boot }], () => Promise.reject(thrown));
    t.like(answer, { id: 7, error });
  });
}
