import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type * as messages from "@pulumi/pulumi/proto/provider_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import { unimplemented } from "./rpc.ts";

/** Why a property is refused. `property` is "" when it is not one property. */
export interface CheckFailure {
  property: string;
  reason: string;
}

export type ChangeKind = "add" | "delete" | "update";

/** One difference. `property` is a path: "sku.capacity", "ipConfigurations[0].subnet". */
export interface Change {
  property: string;
  kind: ChangeKind;
  replaces: boolean;
}

/** The last part of a URN's type: the resource's own, without its parents'. */
export function typeOfUrn(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** The inputs as they came, or with what Check filled in, and all that is wrong with them. */
export function checkResponse(
  inputs: ReturnType<messages.CheckRequest["getNews"]>,
  failures: readonly CheckFailure[],
): messages.CheckResponse {
  const response = new proto.CheckResponse().setInputs(inputs);
  for (const { property, reason } of failures) {
    response.addFailures(new proto.CheckFailure().setProperty(property).setReason(reason));
  }
  return response;
}

const { Kind } = proto.PropertyDiff;
const diffKinds = {
  add: [Kind.ADD, Kind.ADD_REPLACE],
  delete: [Kind.DELETE, Kind.DELETE_REPLACE],
  update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
} as const;

/** A detailed diff. Its list of changed properties holds each top-level name once. */
export function diffResponse(changes: readonly Change[]): messages.DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
  const response = new proto.DiffResponse().setHasdetaileddiff(true);
  response.setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE);
  for (const { property, kind, replaces } of changes) {
    const diff = new proto.PropertyDiff().setKind(diffKinds[kind][replaces ? 1 : 0]);
    response.getDetaileddiffMap().set(property, diff);
    if (replaces) response.addReplaces(property);
  }
  return response.setDiffsList([...new Set(changes.map(({ property }) => topLevel(property)))]);
}

function topLevel(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? path;
}

/** The rpcs that no stand-in has. */
export function absentRpcs() {
  return {
    parameterize: unimplemented("Parameterize"),
    getSchema: unimplemented("GetSchema"),
    call: unimplemented("Call"),
    list: (call) => call.destroy(new Error("List is not served by the stand-in")),
    construct: unimplemented("Construct"),
    getMapping: unimplemented("GetMapping"),
    getMappings: unimplemented("GetMappings"),
  } satisfies Partial<IResourceProviderServer>;
}
