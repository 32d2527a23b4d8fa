import type { ResourceFailure } from "./diagnostics.ts";

interface Cause {
  /** Of the cloud's message. */
  pattern: RegExp;
  /** What comes before the same `up`. */
  next: (failure: ResourceFailure, stack: string) => string;
  /** What that `up` is given besides. */
  options?: (failure: ResourceFailure) => string;
}

/**
 * What a person does about an error of a cloud. Codes are those of
 * https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors and
 * https://learn.microsoft.com/azure/virtual-machines/error-codes-spot, read 2026-11.
 */
const causes: readonly Cause[] = [
  {
    pattern: /ClientSecretCredential|AADSTS\d+|InvalidAuthenticationToken/,
    next: () => "check ARM_TENANT_ID, ARM_CLIENT_ID and ARM_CLIENT_SECRET, or wait for the sign-in service",
  },
  {
    pattern: /AuthorizationFailed|LinkedAuthorizationFailed|^Forbidden/,
    next: () => "have the role it names assigned to the deployer (README.md, Your plant)",
  },
  {
    pattern: /quota/i,
    next: ({ name }) => {
      const more = "ask for more (az vm list-usage shows what is left; https://aka.ms/ProdportalCRP)";
      if (name !== "workers-secondary") return more;
      return `take fewer (pulumi config set --path 'failover-stacks:workers.scaled' <count> -s failover), or ${more}`;
    },
  },
  {
    // Nothing was restored, and each later `up` would ask for it again.
    pattern: /InvalidPointInTime|InvalidRestorePointInTime/,
    next: (_, stack) =>
      `set the last entry of restores in Pulumi.${stack}.yaml to a time that the message allows, or take it out and set the topology that was live`,
  },
  {
    pattern: /SkuNotAvailable|AllocationFailed|OverconstrainedAllocationRequest/,
    next: () => "wait for capacity, or choose another machineSize in infra/components/linux.ts",
  },
  {
    pattern: /AlreadyTaken|NameUnavailable|NameAlreadyExists|NameNotAvailable/,
    next: () => "choose another prefix, in both stack files",
  },
  {
    pattern: /LocationNotAvailable|InvalidResourceGroupLocation|InvalidResourceLocation|RegionDoesNotAllow/,
    next: (_, stack) => `correct regions in Pulumi.${stack}.yaml`,
  },
  {
    pattern: /marked for protection|because it is protected/,
    next: (_, stack) => `take that change back (git diff Pulumi.${stack}.yaml): what is protected holds data`,
  },
  {
    pattern: /OSProvisioning/,
    // Contents are given at birth and ignored later: with the old ones the same machine would fail again. Only a
    // replacement takes the new ones and leaves the backup alone, which a destroy would take with it.
    next: () => "correct what it was given",
    options: ({ type, name }) => ` --replace '**:${type.split(":").at(-1)}::${name}'`,
  },
  {
    // An `up` that was killed had it made and did not learn of it.
    pattern: /cannot create already existing resource/,
    next: ({ name }, stack) =>
      `if it is this plant's: pulumi preview -s ${stack} --import-file import.json, leave only ${name} in it, with the id above, and pulumi import -s ${stack} --file import.json --protect=false --generate-code=false (docs/runbook.md)`,
  },
  {
    pattern: /ServiceUnavailable|ServerUnavailable|InternalServerError|TooManyRequests|Throttled|: connect: /,
    next: () => "nothing of yours to correct: wait until it serves again",
  },
];

/** The sentence that ends in the next command. Of several failures the first that is known decides. */
export function nextStep(failures: readonly ResourceFailure[], stack: string): string {
  for (const failure of failures) {
    const cause = causes.find(({ pattern }) => pattern.test(failure.message));
    if (cause) {
      const options = cause.options?.(failure) ?? "";
      return `${cause.next(failure, stack)}, then: pulumi up -s ${stack}${options}`;
    }
  }
  return `correct what it names, then: pulumi up -s ${stack}`;
}
