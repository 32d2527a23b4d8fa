import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import type * as messages from "@pulumi/pulumi/proto/provider_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import test, { type ExecutionContext } from "ava";
import { fromStruct, toStruct, unknownValue } from "../../../../local/plugins/rpc.ts";
import { writeLauncher } from "../../../../local/plugins/launcher.ts";
import { apiToken, openApi, zone_id } from "../../cloud/cloudflare/api-fixture.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";

const urn = "urn:pulumi:failover::failover-stacks::cloudflare:index/dnsRecord:DnsRecord::clients";
const inputs = { zoneId: zone_id, name: "www", type: "A", content: "127.21.1.11", ttl: 1, proxied: true };

interface Plugin {
  process: ChildProcess;
  rpc: ResourceProviderClient;
}

/** Starts the plugin by its launcher, as the engine does, against a cloud at `baseUrl`. */
async function startPlugin(t: ExecutionContext, baseUrl: string): Promise<Plugin> {
  const folder = temporaryFolder();
  const launcher = writeLauncher({ plugin: "cloudflare", folder, node: process.execPath });
  const env = { PATH: "/usr/bin:/bin", CLOUDFLARE_BASE_URL: baseUrl, CLOUDFLARE_API_TOKEN: apiToken };
  // By the shell: while another test's thread forks, a file that was just written cannot be executed (ETXTBSY).
  const plugin = spawn("/bin/sh", [launcher, "127.0.0.1:1"], { env, stdio: ["pipe", "pipe", "inherit"] });
  // Waited for: a cloud that closes while its client's sockets break at the same moment may keep this process.
  const exited = once(plugin, "exit");
  t.teardown(() => {
    plugin.kill("SIGKILL");
    return exited;
  });
  const [port] = (await once(createInterface({ input: plugin.stdout }), "line")) as [string];
  t.regex(port, /^\d+$/);
  const rpc = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  t.teardown(() => rpc.close());
  return { process: plugin, rpc };
}

type Done<Response> = (error: ServiceError | null, response: Response) => void;

function ask<Response>(call: (done: Done<Response>) => unknown): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) => (error ? reject(error) : resolve(response)));
  });
}

const configure = ({ rpc }: Plugin) =>
  ask<messages.ConfigureResponse>((done) => rpc.configure(new proto.ConfigureRequest(), done));

/** A cloud and a configured plugin that talks to it. */
async function connect(t: ExecutionContext) {
  const cloud = await openApi(t);
  const plugin = await startPlugin(t, `${cloud.url}/client/v4`);
  await configure(plugin);
  const requests = () =>
    cloud.listener.log
      .since(0)
      .map(
        ({ method, path }) => `${method} ${path.replace(/^.*dns_records/, "").replace(/[0-9a-f]{32}/, "ID")}`,
      );
  return { ...cloud, plugin, requests };
}

function create(plugin: Plugin, news: Record<string, unknown>, preview = false) {
  const request = new proto.CreateRequest().setUrn(urn).setProperties(toStruct(news)).setPreview(preview);
  return ask<messages.CreateResponse>((done) => plugin.rpc.create(request, done));
}

function update(plugin: Plugin, created: messages.CreateResponse, news: Record<string, unknown>) {
  const request = new proto.UpdateRequest().setUrn(urn).setId(created.getId());
  request.setOlds(created.getProperties()).setNews(toStruct(news));
  return ask<messages.UpdateResponse>((done) => plugin.rpc.update(request, done));
}

function read(plugin: Plugin, id: string, properties: Record<string, unknown>) {
  const request = new proto.ReadRequest().setUrn(urn).setId(id).setProperties(toStruct(properties));
  return ask<messages.ReadResponse>((done) => plugin.rpc.read(request, done));
}

function remove(plugin: Plugin, id: string) {
  const request = new proto.DeleteRequest().setUrn(urn).setId(id).setProperties(toStruct(inputs));
  return ask((done) => plugin.rpc.delete(request, done));
}

test("a record's life is one POST, one PUT, one GET and one DELETE", async (t) => {
  const { plugin, requests, store } = await connect(t);
  const created = await create(plugin, inputs);
  t.like(fromStruct(created.getProperties()), { ...inputs, proxiable: true });
  const updated = await update(plugin, created, { ...inputs, proxied: false, ttl: 60 });
  t.like(fromStruct(updated.getProperties()), { name: "www", proxied: false, ttl: 60 });
  t.like(store.list(), [{ name: "www.example.com", proxied: false, ttl: 60 }]);
  const found = await read(plugin, created.getId(), fromStruct(updated.getProperties()));
  t.is(fromStruct(found.getProperties()).name, "www.example.com");
  await remove(plugin, created.getId());
  t.deepEqual(requests(), ["POST ", "PUT /ID", "GET /ID", "DELETE /ID"]);
});

test("an import by zone and record asks twice and yields the inputs", async (t) => {
  const { plugin, client, requests } = await connect(t);
  const { id } = await client.dns.records.create({ ...inputs, zone_id, type: "A" });
  const found = await read(plugin, `${zone_id}/${id}`, {});
  t.is(found.getId(), id);
  t.deepEqual(fromStruct(found.getInputs()), { ...inputs, name: "www.example.com" });
  t.deepEqual(requests(), ["POST ", "GET /ID", "GET /ID"]);
});

test("a record that is gone is dropped by a refresh, and is an error to delete", async (t) => {
  const { plugin } = await connect(t);
  t.is((await read(plugin, "f".repeat(32), inputs)).getId(), "");
  await t.throwsAsync(remove(plugin, "f".repeat(32)), { message: /404 Not Found .*"code":81044/ });
});

test("a preview sends no request and leaves computed outputs unknown", async (t) => {
  const { plugin, requests } = await connect(t);
  const planned = await create(plugin, inputs, true);
  t.is(planned.getId(), "");
  t.like(fromStruct(planned.getProperties()), { name: "www", createdOn: unknownValue });
  t.deepEqual(requests(), []);
});

test("a proxied record with a TTL is refused on create without a request, and sent on update", async (t) => {
  const { plugin, requests } = await connect(t);
  const refused = create(plugin, { ...inputs, ttl: 300 });
  await t.throwsAsync(refused, { message: /ttl must be set to 1 when `proxied` is true/ });
  t.deepEqual(requests(), []);
  const created = await create(plugin, inputs);
  await update(plugin, created, { ...inputs, ttl: 300 });
  t.deepEqual(requests(), ["POST ", "PUT /ID"]);
});

test("an identical record is reported with Cloudflare's code", async (t) => {
  const { plugin } = await connect(t);
  await create(plugin, inputs);
  await t.throwsAsync(create(plugin, inputs), { message: /": 400 Bad Request {.*"code":81058/ });
});

test("the engine is told which inputs replace the record and which change in place", async (t) => {
  const { plugin } = await connect(t);
  const request = new proto.DiffRequest()
    .setUrn(urn)
    .setOlds(toStruct(inputs))
    .setOldInputs(toStruct(inputs));
  request.setNews(toStruct({ ...inputs, type: "CNAME", content: "lb.example.com" }));
  const diff = await ask<messages.DiffResponse>((done) => plugin.rpc.diff(request, done));
  t.is(diff.getChanges(), proto.DiffResponse.DiffChanges.DIFF_SOME);
  t.deepEqual(diff.getReplacesList(), ["type"]);
  t.deepEqual(diff.getDiffsList().toSorted(), ["content", "type"]);
  t.true(diff.getHasdetaileddiff());
});

test("other resource types are refused by name", async (t) => {
  const { plugin } = await connect(t);
  const zone = urn.replace("dnsRecord:DnsRecord", "zone:Zone");
  const request = new proto.CheckRequest().setUrn(zone).setNews(toStruct({}));
  const check = ask((done) => plugin.rpc.check(request, done));
  await t.throwsAsync(check, { message: /cloudflare:index\/zone:Zone is not served by the stand-in/ });
});

test("the plugin refuses an API outside 127.0.0.0/8 before any request", async (t) => {
  const plugin = await startPlugin(t, "https://api.cloudflare.com/client/v4");
  await t.throwsAsync(configure(plugin), { message: /it refuses https:/ });
});

test("Cancel ends a call to a cloud that never answers", async (t) => {
  const { plugin, listener, requests } = await connect(t);
  await listener.setFault({ mode: "hang" });
  const call = t.throwsAsync(create(plugin, inputs), { message: /context canceled/ });
  while (requests().length === 0) await new Promise((resolve) => setImmediate(resolve));
  await ask((done) => plugin.rpc.cancel(new emptyProto.Empty(), done));
  await call;
});

test("the plugin reports the version of the SDK it serves, and ends when the engine is gone", async (t) => {
  const plugin = await startPlugin(t, "http://127.0.0.1:1");
  const info = await ask<PluginInfo>((done) => plugin.rpc.getPluginInfo(new emptyProto.Empty(), done));
  t.is(info.getVersion(), "6.22.1");
  plugin.process.stdin?.end();
  t.deepEqual(await once(plugin.process, "exit"), [0, null]);
});
