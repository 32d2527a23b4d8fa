import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type * as plugins from "@pulumi/pulumi/proto/plugin_pb.js";
import type * as messages from "@pulumi/pulumi/proto/provider_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import pluginProto from "@pulumi/pulumi/proto/plugin_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import { absentRpcs, checkResponse, diffResponse, typeOfUrn } from "../answers.ts";
import { fromStruct, toStruct, unary, unimplemented } from "../rpc.ts";
import { diffInputs } from "./diff.ts";
import { EngineLog } from "./engine-log.ts";
import { checkInputs, commandTypes, completeInputs, concealConnection } from "./inputs.ts";
import {
  createCommand,
  deleteCommand,
  newId,
  type Operation,
  previewCreate,
  previewUpdate,
  updateCommand,
} from "./life.ts";

/** The official plugin's version that this one stands in for: it must satisfy the pinned SDK. */
export const version = "1.2.1";

/** The plugin's rpcs, for one engine operation. @param engine `127.0.0.1:port`, where output is logged to */
export function createProvider(engine: string | undefined): IResourceProviderServer {
  const log = new EngineLog();
  if (engine) log.connect(engine);
  let cancellation = new AbortController();
  const cancel = () => {
    cancellation.abort(new Error("context canceled"));
    cancellation = new AbortController();
  };
  const begin = (urn: string, timeoutSeconds: number): Operation => {
    return { urn, type: requireType(urn), log, cancelled: cancellation.signal, timeoutSeconds };
  };
  return { ...lifecycle(log, cancel), ...planning(), ...running(begin), ...absentRpcs() };
}

function lifecycle(log: EngineLog, cancel: () => void) {
  return {
    // As the official plugin: the engine then asks Configure what this one accepts.
    handshake: unimplemented("Handshake"),
    invoke: unimplemented("Invoke"),
    getPluginInfo: unary(() => new pluginProto.PluginInfo().setVersion(version)),
    attach: unary((request: plugins.PluginAttach) => {
      log.connect(request.getAddress());
      return new emptyProto.Empty();
    }),
    cancel: unary(() => {
      cancel();
      return new emptyProto.Empty();
    }),
    checkConfig: unary((request: messages.CheckRequest) => {
      const unknown = Object.keys(fromStruct(request.getNews())).filter((key) => key !== "version");
      const failures = unknown.map((property) => ({ property, reason: "Invalid or unknown key" }));
      return checkResponse(request.getNews(), failures);
    }),
    diffConfig: unary(() => diffResponse([])),
    configure: unary(() => {
      const response = new proto.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true);
      return response.setAcceptresources(true).setAcceptoutputs(true);
    }),
  } satisfies Partial<IResourceProviderServer>;
}

function planning() {
  return {
    check: unary((request: messages.CheckRequest) => {
      const news = fromStruct(request.getNews());
      const failures = checkInputs(requireType(request.getUrn()), news);
      const inputs = failures.length > 0 ? concealConnection(news) : completeInputs(news);
      return checkResponse(toStruct(inputs), failures);
    }),
    diff: unary((request: messages.DiffRequest) => {
      requireType(request.getUrn());
      return diffResponse(diffInputs(fromStruct(request.getOldInputs()), fromStruct(request.getNews())));
    }),
    // There is nothing to ask: a refresh finds every command as recorded.
    read: unary((request: messages.ReadRequest) => {
      const response = new proto.ReadResponse().setId(request.getId());
      return response.setProperties(request.getProperties()).setInputs(request.getInputs());
    }),
  } satisfies Partial<IResourceProviderServer>;
}

/** The rpcs that run commands; none of them does in a preview. */
function running(begin: (urn: string, timeoutSeconds: number) => Operation) {
  return {
    create: unary(async (request: messages.CreateRequest) => {
      const operation = begin(request.getUrn(), request.getTimeout());
      const news = fromStruct(request.getProperties());
      const properties = request.getPreview() ? previewCreate(news) : await createCommand(operation, news);
      return new proto.CreateResponse().setId(newId(request.getUrn())).setProperties(toStruct(properties));
    }),
    update: unary(async (request: messages.UpdateRequest) => {
      const operation = begin(request.getUrn(), request.getTimeout());
      const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
      const properties = request.getPreview()
        ? previewUpdate(olds, news)
        : await updateCommand(operation, olds, news);
      return new proto.UpdateResponse().setProperties(toStruct(properties));
    }),
    delete: unary(async (request: messages.DeleteRequest) => {
      await deleteCommand(begin(request.getUrn(), request.getTimeout()), fromStruct(request.getProperties()));
      return new emptyProto.Empty();
    }),
  } satisfies Partial<IResourceProviderServer>;
}

function requireType(urn: string): string {
  const type = typeOfUrn(urn);
  if (type in commandTypes) return type;
  const known = Object.keys(commandTypes).join(" and ");
  throw new Error(`${type} is not served by the stand-in of the command provider; it knows ${known} only`);
}
