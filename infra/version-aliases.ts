import type { CustomResourceOptions, ResourceTransformation } from "@pulumi/pulumi";

/** `azure-native:network/v20150615:SecurityRule` */
const versioned = /^azure-native:[^:]+\/v\d{8}/;

/**
 * azure-native gives a resource an alias for each API version that it ever had, 60 for a security rule, so that a
 * program may leave `@pulumi/azure-native/network/v20150615` for `@pulumi/azure-native/network`. Nothing here was
 * ever declared by the former, and an alias costs 0.5 ms CPU of every run. Aliases that a program states stay.
 */
export const dropVersionAliases: ResourceTransformation = ({ props, opts }) => {
  const { aliases = [] }: CustomResourceOptions = opts;
  return { props, opts: { ...opts, aliases: aliases.filter((alias) => !isOfVersion(alias)) } };
};

function isOfVersion(alias: unknown): boolean {
  const { type } = (alias ?? {}) as { type?: unknown };
  return typeof type === "string" && versioned.test(type);
}
