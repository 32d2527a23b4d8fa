import type { Operation } from "./event-kinds.ts";
import type { Step } from "./event-log.ts";
import { type Detect, type Finding, logicalNameOf, nameOf } from "./guard-finding.ts";

/** Types that hold what cannot be made again, and what goes with one of them. */
const stateful: Readonly<Record<string, string>> = {
  "azure-native:sql:Database": "its data and the backups that it is restored from go with it",
  "azure-native:sql:Server": "deleting a server deletes its databases and their backups",
  "azure-native:sql:FailoverGroup":
    "the replica in the secondary region stops following, and there is no listener that applications could use",
  "azure-native:storage:StorageAccount": "its blobs, and its queues with the work in them, go with it",
  "azure-native:storage:Queue": "the work that waits in it goes with it",
  "azure-native:storage:BlobContainer": "its blobs go with it",
  "azure-native:resources:ResourceGroup": "deleting a group deletes everything in it",
  "azure-native:appconfiguration:ConfigurationStore":
    "hosts read from it what they are to use, and its name stays taken after a deletion",
  "azure-native:managedidentity:UserAssignedIdentity":
    "roles and the users inside databases are bound to its ids, and a new one has others",
  "azure-native:network:PublicIPAddress":
    "records, firewalls and Pulumi.failover.yaml hold its address, and a new one has another",
};

/** Types of which another one is as good. Deleting one is an outage of what depends on it, and no loss. */
const stateless: readonly string[] = [
  "azure-native:appconfiguration:KeyValue",
  "azure-native:authorization:RoleAssignment",
  "azure-native:compute:VirtualMachine",
  "azure-native:compute:VirtualMachineScaleSet",
  "azure-native:monitor:AutoscaleSetting",
  "azure-native:network:NatGateway",
  "azure-native:network:NetworkInterface",
  "azure-native:network:NetworkSecurityGroup",
  "azure-native:network:SecurityRule",
  "azure-native:network:Subnet",
  "azure-native:network:VirtualNetwork",
  "azure-native:sql:BackupShortTermRetentionPolicy",
  "azure-native:sql:FirewallRule",
  "azure-native:sql:VirtualNetworkRule",
  "azure-native:storage:BlobServiceProperties",
  "command:local:Command",
  "command:remote:Command",
];

/** A component is nothing in a cloud, providers neither; records have a detector of their own. */
const nothingToLose = /^(failover-stacks:|pulumi:|cloudflare:index\/dnsRecord:)/;

const ending: readonly Operation[] = [
  "delete",
  "replace",
  "create-replacement",
  "delete-replaced",
  "read-replacement",
  "discard",
  "discard-replaced",
  "remove-pending-replace",
  "import-replacement",
];

/** Whether the resource of a step, as it was, is not there any more afterwards. */
export function isEnding({ op, replacing }: Pick<Step, "op" | "replacing">): boolean {
  return ending.includes(op) || (op === "update" && replacing.length > 0);
}

/** `azure-native:sql/v20230801:Database` is no other type than `azure-native:sql:Database`. */
export function plainType(type: string): string {
  return type.replace(/\/v\d{8}(preview)?:/, ":");
}

/** Whether anybody has thought about what is lost with a resource of this type. */
export function isClassified(type: string): boolean {
  return plainType(type) in stateful || isHarmless(type);
}

/** Whether somebody has said that nothing is lost with it. */
function isHarmless(type: string): boolean {
  return stateless.includes(plainType(type)) || nothingToLose.test(type);
}

/** Deletions and replacements: of what holds data they block, and so do those of a type that nobody has classified. */
export const detectLoss: Detect = (steps, { stack }) => {
  const ended = Map.groupBy(
    steps.filter((step) => isEnding(step) && !nothingToLose.test(step.type)),
    ({ urn }) => urn,
  );
  return [...ended.values()].flatMap((of) => {
    const step = of.find(({ op }) => op === "replace") ?? of[0];
    return step ? [lossOf(step, { of, steps, stack })] : [];
  });
};

interface Around {
  /** All that is done to that resource. */
  of: readonly Step[];
  steps: readonly Step[];
  stack: string;
}

function lossOf(step: Step, { of, steps, stack }: Around): Finding {
  const type = plainType(step.type);
  const resource = nameOf(step);
  const reasons = [...new Set(of.flatMap(({ replacing }) => replacing))];
  const because = reasons.length > 0 ? `, because ${reasons.join(", ")} differs` : "";
  const replaced = of.some(({ op }) => op !== "delete" && !op.startsWith("discard"));
  const what = `${resource} would be ${replaced ? `replaced${because}` : "deleted"}`;
  if (stateless.includes(type)) {
    return {
      severity: "warns",
      detector: "replacement",
      resource,
      what,
      why: "what depends on it is without it meanwhile",
      next: `merge it when stack ${stack} may be without it`,
    };
  }
  const forgotten = of.every(({ op, old }) => op === "delete" && old?.retainOnDelete === true);
  return {
    severity: "blocks",
    detector: "stateful",
    resource,
    what,
    why: whyOf(type, forgotten),
    next: renamedTo(step, steps) ?? `take that change back: what ${resource} holds cannot be made again`,
  };
}

function whyOf(type: string, forgotten: boolean): string {
  const lost = stateful[type];
  if (lost === undefined) {
    return `nobody has said what is lost with a resource of type ${type} (engine/guard-stateful.ts)`;
  }
  return forgotten
    ? "retainOnDelete leaves it in the cloud, where no stack knows it any more, and its name stays taken"
    : lost;
}

/** A resource that goes while one of its type comes is most likely the same under a new logical name. */
function renamedTo({ op, urn, type }: Step, steps: readonly Step[]): string | undefined {
  if (op !== "delete") return undefined;
  const created = steps.find((step) => step.op === "create" && step.type === type && step.urn !== urn);
  if (!created) return undefined;
  return `if ${nameOf(created)} is the same one under a new name, say so: aliases: [{ name: "${logicalNameOf({ urn })}" }]`;
}

/** What holds data, or is of a type that nobody has classified, and would lose what keeps an `up` from deleting it. */
export const detectUnprotected: Detect = (steps) =>
  steps
    .filter(({ type, old, new: next }) => !isHarmless(type) && old && next)
    .flatMap((step) =>
      (["protect", "retainOnDelete"] as const)
        .filter((option) => step.old?.[option] === true && step.new?.[option] !== true && !isEnding(step))
        .map((option) => ({
          severity: "blocks" as const,
          detector: "stateful" as const,
          resource: nameOf(step),
          what: `${nameOf(step)} would lose ${option}`,
          why: `the next change may delete it: ${whyOf(plainType(step.type), false)}`,
          next: `leave ${option}: true where it was`,
        })),
    );
