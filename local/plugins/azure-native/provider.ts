import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type * as messages from "@pulumi/pulumi/proto/provider_pb.js";
import { status } from "@grpc/grpc-js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import pluginProto from "@pulumi/pulumi/proto/plugin_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import type { ResourceType } from "../../cloud/azure/table/row.ts";
import { typeOfToken } from "../../cloud/azure/table/table.ts";
import { absentRpcs, checkResponse, diffResponse, typeOfUrn } from "../answers.ts";
import { fromStruct, type Properties, RpcError, toStruct, unary } from "../rpc.ts";
import { checkInputs } from "./check.ts";
import { startDeadline } from "./deadline.ts";
import { diffInputs } from "./diff.ts";
import type { Autonaming } from "./names.ts";
import { toRpcError, Unfinished } from "./partial-failure.ts";
import { previewOutputs } from "./preview.ts";
import {
  createResource,
  deleteResource,
  readResource,
  type ResourceState,
  type Target,
  updateResource,
} from "./resource-calls.ts";
import { Session } from "./session.ts";
import { withoutNulls } from "./values.ts";

/** The official plugin's version that this one stands in for: it must satisfy the pinned SDK. */
export const version = "3.28.0";

/** The plugin's rpcs, for one engine operation. `environment` holds ARM_* and SSL_CERT_FILE. */
export function createProvider(environment: NodeJS.ProcessEnv): IResourceProviderServer {
  const session = new Session(environment);
  return {
    ...lifecycle(session),
    ...planning(session),
    ...writing(session),
    ...reading(session),
    invoke: unary((request: messages.InvokeRequest): messages.InvokeResponse => {
      throw new RpcError(status.UNIMPLEMENTED, `${request.getTok()} is not served by the stand-in`);
    }),
    ...absentRpcs(),
  };
}

function lifecycle(session: Session) {
  return {
    handshake: unary(() => new proto.ProviderHandshakeResponse().setSupportsAutonamingConfiguration(true)),
    getPluginInfo: unary(() => new pluginProto.PluginInfo().setVersion(version)),
    attach: unary(() => new emptyProto.Empty()),
    cancel: unary(() => {
      session.cancel();
      return new emptyProto.Empty();
    }),
    checkConfig: unary((request: messages.CheckRequest) => checkResponse(request.getNews(), [])),
    diffConfig: unary(() => diffResponse([])),
    configure: unary(async (request: messages.ConfigureRequest) => {
      await session.open(fromStruct(request.getArgs()));
      return new proto.ConfigureResponse().setSupportspreview(true).setSupportsAutonamingConfiguration(true);
    }),
  } satisfies Partial<IResourceProviderServer>;
}

function planning(session: Session) {
  return {
    check: unary(async (request: messages.CheckRequest) => {
      const row = rowOf(request.getUrn());
      const { inputs, failures } = await checkInputs(
        row,
        {
          urn: request.getUrn(),
          olds: propertiesOf(request.getOlds()),
          news: propertiesOf(request.getNews()),
          randomSeed: request.getRandomseed_asU8(),
          autonaming: autonamingOf(request),
        },
        session.locations(),
      );
      return checkResponse(toStruct(inputs), failures);
    }),
    diff: unary((request: messages.DiffRequest) => {
      const row = rowOf(request.getUrn());
      const outputs = propertiesOf(request.getOlds());
      const olds = { outputs, inputs: propertiesOf(request.getOldInputs()) };
      const { changes, deleteBeforeReplace } = diffInputs(row, olds, propertiesOf(request.getNews()));
      return diffResponse(changes).setDeletebeforereplace(deleteBeforeReplace);
    }),
  } satisfies Partial<IResourceProviderServer>;
}

function writing(session: Session) {
  return {
    create: unary(async (request: messages.CreateRequest) => {
      const row = rowOf(request.getUrn());
      const inputs = propertiesOf(request.getProperties());
      const response = new proto.CreateResponse();
      if (request.getPreview()) return response.setProperties(toStruct(previewOutputs(row, inputs)));
      using deadline = startDeadline(session.cancelled, request.getTimeout());
      const target = { row, client: session.client, signal: deadline.signal };
      const { id, outputs } = await finished(createResource, target, inputs);
      return response.setId(id).setProperties(toStruct(outputs));
    }),
    update: unary(async (request: messages.UpdateRequest) => {
      const row = rowOf(request.getUrn());
      const inputs = propertiesOf(request.getNews());
      const response = new proto.UpdateResponse();
      if (request.getPreview()) {
        return response.setProperties(toStruct(previewOutputs(row, inputs, propertiesOf(request.getOlds()))));
      }
      using deadline = startDeadline(session.cancelled, request.getTimeout());
      const target = { row, client: session.client, signal: deadline.signal };
      const { outputs } = await finished(updateResource, target, inputs);
      return response.setProperties(toStruct(outputs));
    }),
    delete: unary(async (request: messages.DeleteRequest) => {
      const row = rowOf(request.getUrn());
      using deadline = startDeadline(session.cancelled, request.getTimeout());
      await deleteResource({ row, client: session.client, signal: deadline.signal }, request.getId());
      return new emptyProto.Empty();
    }),
  } satisfies Partial<IResourceProviderServer>;
}

function reading(session: Session) {
  return {
    read: unary(async (request: messages.ReadRequest) => {
      const row = rowOf(request.getUrn());
      const recorded = propertiesOf(request.getInputs());
      const inputs = Object.keys(recorded).length > 0 ? recorded : undefined;
      const target = { row, client: session.client, signal: session.cancelled };
      const known = { id: request.getId(), outputs: propertiesOf(request.getProperties()), inputs };
      const found = await readResource(target, known);
      const response = new proto.ReadResponse();
      if (!found) return response;
      return response
        .setId(found.id)
        .setProperties(toStruct(found.outputs))
        .setInputs(toStruct(found.inputs));
    }),
  } satisfies Partial<IResourceProviderServer>;
}

async function finished(
  write: (target: Target, inputs: Properties) => Promise<ResourceState>,
  target: Target,
  inputs: Properties,
): Promise<ResourceState> {
  try {
    return await write(target, inputs);
  } catch (error) {
    throw error instanceof Unfinished ? await toRpcError(error, inputs) : error;
  }
}

function propertiesOf(struct: Parameters<typeof fromStruct>[0]): Properties {
  return withoutNulls(fromStruct(struct));
}

const { Mode } = proto.CheckRequest.AutonamingOptions;
const modes: Record<number, Autonaming["mode"]> = {
  [Mode.PROPOSE]: "propose",
  [Mode.ENFORCE]: "enforce",
  [Mode.DISABLE]: "disable",
};

function autonamingOf(request: messages.CheckRequest): Autonaming | undefined {
  const options = request.getAutonaming();
  return options && { mode: modes[options.getMode()] ?? "propose", proposedName: options.getProposedName() };
}

function rowOf(urn: string): ResourceType {
  const token = typeOfUrn(urn);
  const row = typeOfToken(token);
  if (row) return row;
  throw new Error(
    `${token} is not served by the stand-in of the azure-native provider; it knows the types of this ` +
      "project's stacks only. Install the official plugin to use others.",
  );
}
