import { callbackify } from "node:util";
import { type handleUnaryCall, type Metadata, type ServiceError, status } from "@grpc/grpc-js";
import type { JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import structProto from "google-protobuf/google/protobuf/struct_pb.js";

/** What the engine sends in a preview for a value that nobody knows yet. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Properties = Record<string, unknown>;

/** Serves one rpc with a function. What it throws reaches the engine as the error's message. */
export function unary<Request, Response>(
  serve: (request: Request) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const settle = callbackify(async () => serve(call.request));
    settle((error, response) => {
      if (error) callback(toServiceError(error));
      else callback(null, response);
    });
  };
}

/** An rpc this plugin does not have. The engine tolerates it where it can do without. */
export function unimplemented<Request, Response>(name: string): handleUnaryCall<Request, Response> {
  return unary(() => {
    throw new RpcError(status.UNIMPLEMENTED, `${name} is not served by the stand-in`);
  });
}

export class RpcError extends Error {
  readonly code: status;
  readonly metadata: Metadata | undefined;

  /** @param metadata details that the engine reads, e.g. of a resource that exists but is not ready */
  constructor(code: status, message: string, metadata?: Metadata) {
    super(message);
    this.name = "RpcError";
    this.code = code;
    this.metadata = metadata;
  }
}

function toServiceError(error: unknown): Partial<ServiceError> {
  const { code = status.UNKNOWN, metadata } = error instanceof RpcError ? error : {};
  const message = error instanceof Error ? error.message : String(error);
  return { code, message, ...(metadata ? { metadata } : {}) };
}

export function fromStruct(struct: Struct | undefined): Properties {
  return struct?.toJavaScript() ?? {};
}

export function toStruct(properties: Properties): Struct {
  return structProto.Struct.fromJavaScript(properties as Record<string, JavaScriptValue>);
}
