import { type Finding, nameOf } from "./guard-finding.ts";

/** What of a stack's state says that an `up` did not end: `pulumi stack export`. */
export interface HalfDone {
  resources?: { urn: string; delete?: boolean; pendingReplacement?: boolean }[];
  pending_operations?: { type: string; resource: { urn: string } }[];
}

/**
 * What the next `up` will do whatever the program says, and what it cannot know: resources that a replacement left
 * half-deleted, and operations whose answer nobody heard. Previews say little or nothing of either.
 */
export function guardState(
  { resources = [], pending_operations: pending = [] }: HalfDone,
  stack: string,
): Finding[] {
  const common = { severity: "blocks", detector: "state" } as const;
  return [
    ...pending.map(({ type, resource }) => ({
      ...common,
      resource: nameOf(resource),
      what: `${type} ${nameOf(resource)} was begun, and nobody knows how it ended`,
      why: "an up was cut off; one that creates may have made something that no stack knows",
      next:
        type === "creating"
          ? `look whether it is there, then: pulumi refresh -s ${stack} --clear-pending-creates, or --import-pending-creates`
          : `pulumi up -s ${stack} does it again`,
    })),
    ...resources
      .filter((resource) => resource.delete)
      .map((resource) => ({
        ...common,
        resource: nameOf(resource),
        what: `${nameOf(resource)} is half-deleted: its replacement was made and the old one is still there`,
        why: "the next up deletes it, whatever it is for",
        next: `look at it (pulumi stack export -s ${stack}), then: pulumi up -s ${stack}`,
      })),
    ...resources
      .filter((resource) => resource.pendingReplacement)
      .map((resource) => ({
        ...common,
        resource: nameOf(resource),
        what: `${nameOf(resource)} was deleted for a replacement that was never made`,
        why: "the stack believes in a resource that is not there",
        next: `pulumi up -s ${stack} makes it`,
      })),
  ];
}
