import * as v from "valibot";

/**
 * What the engine may do to a resource. A replacement is several steps, in the order in which they happen:
 * `delete-replaced`, `replace`, `create-replacement`, or, where the new one comes first, the same backwards.
 * https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/updates.go (read 2026-11)
 */
export const operations = [
  "same",
  "create",
  "update",
  "delete",
  "replace",
  "create-replacement",
  "delete-replaced",
  "read",
  "read-replacement",
  "refresh",
  "discard",
  "discard-replaced",
  "remove-pending-replace",
  "import",
  "import-replacement",
] as const;

export type Operation = (typeof operations)[number];

export const diffKinds = [
  "add",
  "delete",
  "update",
  "add-replace",
  "delete-replace",
  "update-replace",
] as const;

const snapshot = v.looseObject({
  id: v.optional(v.string()),
  protect: v.optional(v.boolean()),
  retainOnDelete: v.optional(v.boolean()),
  inputs: v.nullish(v.record(v.string(), v.unknown())),
});

/** A resource before or after a step. A secret is a value that nobody here can read. */
export type Snapshot = v.InferOutput<typeof snapshot>;

const operation = v.picklist(operations, ({ received }) => `unknown operation ${received}`);
const diffKind = v.picklist(diffKinds, ({ received }) => `unknown difference ${received}`);
const result = v.picklist(["succeeded", "failed"], ({ received }) => `unknown result ${received}`);
const named = v.pipe(v.string(), v.nonEmpty());
const paths = v.nullish(v.array(v.string()));
const metadata = v.looseObject({
  op: operation,
  urn: named,
  type: named,
  old: v.nullish(snapshot),
  new: v.nullish(snapshot),
  diffs: paths,
  keys: paths,
  detailedDiff: v.nullish(v.record(v.string(), v.looseObject({ diffKind }))),
  logical: v.optional(v.boolean()),
});
const ofStep = v.looseObject({ metadata });
const anything = v.looseObject({});

/** Every kind of event, and what is read of it. One that is not here was never thought about. */
export const eventKinds = {
  preludeEvent: anything,
  resourcePreEvent: ofStep,
  resOutputsEvent: ofStep,
  resOpFailedEvent: ofStep,
  diagnosticEvent: v.looseObject({
    severity: v.string(),
    message: v.string(),
    urn: v.optional(v.string()),
  }),
  policyEvent: v.looseObject({
    enforcementLevel: v.string(),
    message: v.string(),
    resourceUrn: v.optional(v.string()),
  }),
  policyRemediationEvent: anything,
  policyLoadEvent: anything,
  policyAnalyzeSummaryEvent: anything,
  policyAnalyzeStackSummaryEvent: anything,
  policyRemediateSummaryEvent: anything,
  progressEvent: anything,
  summaryEvent: v.looseObject({
    resourceChanges: v.nullish(v.record(operation, v.pipe(v.number(), v.integer(), v.minValue(0)))),
    isPreview: v.boolean(),
    maybeCorrupt: v.boolean(),
    result: v.optional(result),
  }),
  cancelEvent: anything,
  errorEvent: v.looseObject({ error: v.string() }),
  stdoutEvent: anything,
};

export type Kind = keyof typeof eventKinds;
export type Payload<K extends Kind> = v.InferOutput<(typeof eventKinds)[K]>;
export type Metadata = v.InferOutput<typeof metadata>;
