import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import type { CloudSettings } from "../../../local/cloud/cloud-settings.ts";
import type { LoggedRequest } from "../../../local/cloud/request-log.ts";

const main = fileURLToPath(new URL("../../../local/cloud/main.ts", import.meta.url));
const controlToken = "control-token-0123456789";
const apiToken = "local-cloud-token-0123456789abcdefghijkl";
const settings: CloudSettings = {
  address: "127.0.0.1",
  controlPort: 0,
  controlToken,
  cloudflare: { port: 0, apiToken, zone: "example.com", edgeAddresses: ["127.21.0.80"], ttlDivisor: 30 },
};

interface Cloud {
  process: ChildProcess;
  api: string;
  control: string;
}

function spawnCloud(t: ExecutionContext, line: string): ChildProcess {
  const cloud = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main]);
  t.teardown(() => cloud.kill("SIGKILL"));
  cloud.stdin.write(`${line}\n`);
  return cloud;
}

async function startCloud(t: ExecutionContext): Promise<Cloud> {
  const cloud = spawnCloud(t, JSON.stringify(settings));
  const [line] = (await once(createInterface({ input: cloud.stdout! }), "line")) as [string];
  const { ready, ...urls } = JSON.parse(line) as { ready: boolean; api: string; control: string };
  t.true(ready);
  return { process: cloud, ...urls };
}

const headers = { authorization: `Bearer ${apiToken}` };

function listZones({ api }: Cloud): Promise<Response> {
  return fetch(`${api}/client/v4/zones`, { headers });
}

async function control<T>(cloud: Cloud, path: string, body?: object): Promise<T> {
  const answer = await fetch(`${cloud.control}${path}`, {
    headers: { "x-control-token": controlToken },
    ...(body ? { method: "PUT", body: JSON.stringify(body) } : {}),
  });
  return (await answer.json()) as T;
}

const setFault = (cloud: Cloud, mode: string) => control<object>(cloud, "/-/cloudflare/fault", { mode });

test("the cloud prints where it listens once it is ready, and is healthy", async (t) => {
  const cloud = await startCloud(t);
  t.is((await listZones(cloud)).status, 200);
  t.deepEqual(await control(cloud, "/-/health"), { ready: true, fault: { mode: "none" } });
});

test("the cloud ends when its stdin closes", async (t) => {
  const cloud = await startCloud(t);
  cloud.process.stdin?.end();
  t.deepEqual(await once(cloud.process, "exit"), [0, null]);
});

test("the cloud ends on SIGTERM", async (t) => {
  const cloud = await startCloud(t);
  cloud.process.kill("SIGTERM");
  t.deepEqual(await once(cloud.process, "exit"), [0, null]);
});

test("the cloud refuses to listen outside 127.0.0.0/8 and names every wrong setting", async (t) => {
  const wrong = { ...settings, address: "0.0.0.0", cloudflare: { ...settings.cloudflare, zone: "example" } };
  const cloud = spawnCloud(t, JSON.stringify(wrong));
  const [said, [code]] = await Promise.all([text(cloud.stderr!), once(cloud, "exit")]);
  t.is(code, 2);
  t.regex(said, /NOT_LOOPBACK/);
  t.regex(said, /address: not an address in 127\.0\.0\.0\/8/);
  t.regex(said, /cloudflare\.zone: a zone is a domain name/);
});

test("the control API turns away callers without its token", async (t) => {
  const cloud = await startCloud(t);
  t.is((await fetch(`${cloud.control}/-/health`)).status, 401);
  const wrong = await fetch(`${cloud.control}/-/health`, { headers: { "x-control-token": apiToken } });
  t.is(wrong.status, 401);
});

test("a fault that does not exist is refused and changes nothing", async (t) => {
  const cloud = await startCloud(t);
  t.regex(JSON.stringify(await setFault(cloud, "explode")), /error/);
  t.deepEqual(await control(cloud, "/-/cloudflare/fault"), { mode: "none" });
});

test("a refusing control plane refuses connections until the fault is lifted", async (t) => {
  const cloud = await startCloud(t);
  await listZones(cloud);
  await setFault(cloud, "refuse");
  const error = await t.throwsAsync(listZones(cloud));
  t.regex(String((error.cause as NodeJS.ErrnoException).code), /ECONNREFUSED|ECONNRESET/);
  await setFault(cloud, "none");
  t.is((await listZones(cloud)).status, 200);
});

test("429 tells how long to wait and 503 answers no JSON", async (t) => {
  const cloud = await startCloud(t);
  await control(cloud, "/-/cloudflare/fault", { mode: "429", retryAfterSeconds: 7 });
  const limited = await listZones(cloud);
  t.deepEqual([limited.status, limited.headers.get("retry-after")], [429, "7"]);
  await setFault(cloud, "503");
  const unavailable = await listZones(cloud);
  t.deepEqual([unavailable.status, unavailable.headers.get("content-type")], [503, "text/html"]);
});

test("a hanging control plane never answers, and its connections break when the fault is lifted", async (t) => {
  const cloud = await startCloud(t);
  await setFault(cloud, "hang");
  const hanging = listZones(cloud);
  const unanswered = async () => {
    const requests = await control<LoggedRequest[]>(cloud, "/-/cloudflare/requests");
    return requests.some(({ status }) => status === null);
  };
  while (!(await unanswered())) await new Promise((resolve) => setImmediate(resolve));
  await setFault(cloud, "none");
  await t.throwsAsync(hanging);
  t.is((await listZones(cloud)).status, 200);
});

test("the request log holds every call with monotonic times that compare with this process's", async (t) => {
  const cloud = await startCloud(t);
  const before = Number(process.hrtime.bigint()) / 1e6;
  await listZones(cloud);
  const between = Number(process.hrtime.bigint()) / 1e6;
  await fetch(`${cloud.api}/zones`);
  const after = Number(process.hrtime.bigint()) / 1e6;
  const all = await control<LoggedRequest[]>(cloud, `/-/cloudflare/requests?since=${before}`);
  t.like(all, [
    { method: "GET", path: "/client/v4/zones", status: 200 },
    { method: "GET", path: "/zones", status: 400 },
  ]);
  const [first, second] = all;
  t.true(before <= first!.atMs && first!.atMs <= first!.answeredAtMs! && second!.atMs <= after);
  const late = await control<LoggedRequest[]>(cloud, `/-/cloudflare/requests?since=${between}`);
  t.is(late.length, 1);
});
