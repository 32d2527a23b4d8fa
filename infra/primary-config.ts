import * as v from "valibot";
import type { Problem } from "./problems.ts";
import { count, listOf, network, object, port, range, sharedEntries } from "./schema.ts";

const pathText = "a path, as /healthz";

/** The keys of Pulumi.primary.yaml in this project's namespace. */
export const primarySchema = v.strictObject({
  ...sharedEntries,
  sshPort: port,
  network: object({ servers: network, workers: network }),
  edgeRanges: v.pipe(listOf(range, "ranges"), v.minLength(1, "at least one range")),
  adminRanges: v.pipe(listOf(range, "ranges"), v.minLength(1, "at least one range")),
  workers: object({ count }),
  /** What load balancers ask API servers for: 200 there means that they serve. */
  healthPath: v.optional(v.pipe(v.string(pathText), v.regex(/^\/[\w/.-]*$/, pathText)), "/healthz"),
});

export type PrimaryKeys = v.InferOutput<typeof primarySchema>;

/** What must hold between keys that are each right by themselves. */
export function checkPrimary(keys: PrimaryKeys): Problem[] {
  const open = keys.adminRanges.filter((admin) => admin.endsWith("/0"));
  const problem = (admin: string): Problem => ({
    code: "INVALID_CONFIG",
    key: "adminRanges",
    text: `adminRanges holds ${admin}; allowed: the networks that administrators come from.`,
  });
  return open.map(problem);
}
