import type { Deployable } from "./deployability-programs.ts";

interface Configuration {
  subnet: { id: string };
  privateIPAddress?: string;
}

/** Who has which fixed address, and which range each subnet has. */
export function networkOf(resources: readonly Deployable[]) {
  const subnets = new Map(
    resources
      .filter(({ type }) => type.endsWith(":Subnet"))
      .map(({ type, name, inputs }) => [`${type}/${name}`, String(inputs["addressPrefix"])]),
  );
  const addressOf = resources
    .filter(({ type }) => type.endsWith(":NetworkInterface"))
    .flatMap(({ name, inputs }) =>
      (inputs["ipConfigurations"] as Configuration[]).map(({ subnet, privateIPAddress = "" }) => ({
        machine: name,
        address: privateIPAddress,
        subnet: subnet.id,
      })),
    );
  return { subnets, addressOf };
}
