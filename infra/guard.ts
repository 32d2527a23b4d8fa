import { guardAzure } from "./guard-azure.ts";
import { guardLocal } from "./guard-local.ts";
import { textAt } from "./guard-facts.ts";
import type { Problem } from "./problems.ts";

/** Everything the checks may look at; a plain value so that they can be tested without Pulumi. */
export interface StackInput {
  stack: string;
  /** All keys of the stack file, with their namespace: `failover-stacks:plant`. */
  config: Readonly<Record<string, string>>;
  /** Keys whose values are encrypted. */
  secretKeys: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
}

const providers = ["cloudflare", "azure-native", "command"];
const guards = { local: guardLocal, azure: guardAzure };

/**
 * A plant is local or real, never both. Refuses a local plant that could touch anything real, a real one
 * that would be deployed into a local cloud, and secrets or provider keys in a stack file.
 */
export function guardPlant(input: StackInput, own: Record<string, unknown>): Problem[] {
  const guard = guards[own["plant"] as keyof typeof guards] as typeof guardLocal | undefined;
  return [...guardStackFile(input), ...(guard?.(input, own) ?? []), ...guardProvider(input, own)];
}

/** The provider deploys where its environment says, while ids are computed from the file. */
function guardProvider({ env, stack }: StackInput, own: Record<string, unknown>): Problem[] {
  return Object.entries({ subscription: "ARM_SUBSCRIPTION_ID", tenant: "ARM_TENANT_ID" })
    .filter(([key, name]) => textAt(own, key) !== undefined && env[name] !== undefined)
    .filter(([key, name]) => textAt(own, key) !== env[name]?.toLowerCase())
    .map(([key, name]) => ({
      code: "PLANT_MISMATCH",
      key,
      text: `${key} is ${textAt(own, key)}, but ${name} is "${env[name]}"; allowed: the same.`,
      fix: `set ${name}, or: pulumi config set ${key} ${env[name]} -s ${stack}`,
    }));
}

function guardStackFile({ config, secretKeys, stack }: StackInput): Problem[] {
  const foreign = Object.keys(config).filter((key) => providers.includes(key.split(":")[0] ?? ""));
  const refuse = (key: string, text: string): Problem => ({
    code: "SECRET_IN_STACK_FILE",
    key,
    text,
    fix: `pulumi config rm ${key} -s ${stack}`,
  });
  return [
    ...foreign.map((key) =>
      refuse(key, `${key} configures a provider; providers take theirs from the environment.`),
    ),
    ...secretKeys
      .filter((key) => !foreign.includes(key))
      .map((key) => refuse(key, `${key} is a secret; a stack file holds none.`)),
  ];
}
