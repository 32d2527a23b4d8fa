import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type * as messages from "@pulumi/pulumi/proto/provider_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import pluginProto from "@pulumi/pulumi/proto/plugin_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import { absentRpcs, checkResponse, diffResponse, typeOfUrn } from "../answers.ts";
import { fromStruct, toStruct, unary, unimplemented } from "../rpc.ts";
import { ApiClient } from "./api-client.ts";
import { checkRecord, diffRecord, dnsRecordType } from "./dns-record.ts";
import { checkConfig, refuseRemote, resolveConfig } from "./provider-config.ts";
import { beforeWrite } from "./record-properties.ts";
import { createRecord, deleteRecord, readRecord, updateRecord } from "./record-calls.ts";

/** The official plugin's version that this one stands in for: it must satisfy the pinned SDK. */
export const version = "6.22.1";

/** The plugin's rpcs, for one engine operation. `environment` holds CLOUDFLARE_BASE_URL and CLOUDFLARE_API_TOKEN. */
export function createProvider(environment: NodeJS.ProcessEnv): IResourceProviderServer {
  let client: ApiClient | undefined;
  const connected = (urn: string): ApiClient => {
    requireDnsRecord(urn);
    if (!client) throw new Error("the provider is not configured");
    return client;
  };
  return {
    ...lifecycle(environment, {
      connect: (fresh) => (client = fresh),
      cancel: () => client?.cancel(),
    }),
    ...planning(),
    ...requesting(connected),
    invoke: unimplemented("Invoke"),
    ...absentRpcs(),
  };
}

interface Connection {
  connect: (client: ApiClient) => void;
  cancel: () => void;
}

function lifecycle(environment: NodeJS.ProcessEnv, { connect, cancel }: Connection) {
  return {
    handshake: unary(() => new proto.ProviderHandshakeResponse()),
    getPluginInfo: unary(() => new pluginProto.PluginInfo().setVersion(version)),
    attach: unary(() => new emptyProto.Empty()),
    cancel: unary(() => {
      cancel();
      return new emptyProto.Empty();
    }),
    checkConfig: unary((request: messages.CheckRequest) => {
      const news = fromStruct(request.getNews());
      return checkResponse(request.getNews(), checkConfig(news, environment));
    }),
    diffConfig: unary((request: messages.DiffRequest) => {
      const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
      const changed = ["apiToken", "baseUrl"].filter((key) => olds[key] !== news[key]);
      return diffResponse(changed.map((property) => ({ property, kind: "update", replaces: false })));
    }),
    configure: unary((request: messages.ConfigureRequest) => {
      const config = resolveConfig(fromStruct(request.getArgs()), environment);
      refuseRemote(config);
      connect(new ApiClient(config));
      return new proto.ConfigureResponse().setSupportspreview(true);
    }),
  } satisfies Partial<IResourceProviderServer>;
}

function planning() {
  return {
    check: unary((request: messages.CheckRequest) => {
      requireDnsRecord(request.getUrn());
      return checkResponse(request.getNews(), checkRecord(fromStruct(request.getNews())));
    }),
    diff: unary((request: messages.DiffRequest) => {
      requireDnsRecord(request.getUrn());
      const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
      return diffResponse(diffRecord(olds, fromStruct(request.getOldInputs()), news));
    }),
  } satisfies Partial<IResourceProviderServer>;
}

/** The rpcs that send requests; none of them does in a preview. */
function requesting(connected: (urn: string) => ApiClient) {
  return {
    create: unary(async (request: messages.CreateRequest) => {
      const client = connected(request.getUrn());
      const news = fromStruct(request.getProperties());
      const response = new proto.CreateResponse();
      if (request.getPreview()) return response.setProperties(toStruct(beforeWrite(news)));
      const { id, properties } = await createRecord(client, news);
      return response.setId(id).setProperties(toStruct(properties));
    }),
    read: unary(async (request: messages.ReadRequest) => {
      const known = { id: request.getId(), properties: fromStruct(request.getProperties()) };
      const found = await readRecord(connected(request.getUrn()), known);
      const response = new proto.ReadResponse();
      if (!found) return response;
      const inputs = toStruct(found.inputs);
      return response.setId(found.id).setProperties(toStruct(found.properties)).setInputs(inputs);
    }),
    update: unary(async (request: messages.UpdateRequest) => {
      const client = connected(request.getUrn());
      const old = { id: request.getId(), properties: fromStruct(request.getOlds()) };
      const news = fromStruct(request.getNews());
      const properties = request.getPreview()
        ? { ...old.properties, ...beforeWrite(news) }
        : await updateRecord(client, old, news);
      return new proto.UpdateResponse().setProperties(toStruct(properties));
    }),
    delete: unary(async (request: messages.DeleteRequest) => {
      const old = { id: request.getId(), properties: fromStruct(request.getProperties()) };
      await deleteRecord(connected(request.getUrn()), old);
      return new emptyProto.Empty();
    }),
  } satisfies Partial<IResourceProviderServer>;
}

function requireDnsRecord(urn: string): void {
  const type = typeOfUrn(urn);
  if (type === dnsRecordType) return;
  throw new Error(
    `${type} is not served by the stand-in of the cloudflare provider; it knows ${dnsRecordType} only`,
  );
}
