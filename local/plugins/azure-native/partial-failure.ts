import type { Properties } from "../rpc.ts";
import { RpcError, toStruct } from "../rpc.ts";

/** ARM took a PUT, and its operation did not come to a good end: the resource exists and must be in the state. */
export class Unfinished extends Error {
  /** undefined until it is known what became of the resource. */
  readonly resource: { id: string; outputs: Properties | undefined } | undefined;

  constructor(
    cause: Error,
    resource?: { id: string; outputs: Properties | undefined },
    message = cause.message,
  ) {
    super(message, { cause });
    this.name = "Unfinished";
    this.resource = resource;
  }

  withState(id: string, outputs: Properties): Unfinished {
    return new Unfinished(this.cause as Error, { id, outputs });
  }

  withoutState(id: string, failure: Error): Unfinished {
    const message = `resource created but read failed ${failure.message}: ${this.message}`;
    return new Unfinished(this.cause as Error, { id, outputs: undefined }, message);
  }
}

/**
 * The engine keeps such a resource with its "init errors", and updates it at the next `up` even without a change.
 * Loaded when needed only: a run without failures must not pay for it.
 */
export async function toRpcError({ message, resource }: Unfinished, inputs: Properties): Promise<RpcError> {
  const { Metadata, status: codes } = await import("@grpc/grpc-js");
  const { default: statusProto } = await import("@pulumi/pulumi/proto/status_pb.js");
  const { default: proto } = await import("@pulumi/pulumi/proto/provider_pb.js");
  const { default: anyProto } = await import("google-protobuf/google/protobuf/any_pb.js");
  const detail = new proto.ErrorResourceInitFailed().setId(resource?.id ?? "").setReasonsList([message]);
  detail.setInputs(toStruct(inputs)).setProperties(toStruct(resource?.outputs ?? {}));
  const any = new anyProto.Any();
  any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statusProto.Status().setCode(codes.UNKNOWN).setMessage(message).setDetailsList([any]);
  const metadata = new Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return new RpcError(codes.UNKNOWN, message, metadata);
}
