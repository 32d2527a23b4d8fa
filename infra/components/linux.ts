import { RunError } from "@pulumi/pulumi";
import { FailoverError } from "../errors.ts";
import { adminUsername } from "../names.ts";

/** What every machine and every instance of a pool has. */

/** Two processors, 8 GiB, Trusted launch; the smallest of the current general-purpose series. */
export const machineSize = "Standard_D2as_v5";

/** Ubuntu 26.04 LTS, generation 2. */
export const ubuntu = {
  publisher: "Canonical",
  offer: "ubuntu-26_04-lts",
  sku: "server",
  version: "latest",
};

/** Nothing on it outlives the machine: contents come from customData, data from the database and storage. */
export const osDisk = {
  createOption: "FromImage",
  caching: "ReadWrite",
  deleteOption: "Delete",
  managedDisk: { storageAccountType: "Premium_LRS" },
} as const;

export const trustedLaunch = {
  securityType: "TrustedLaunch",
  uefiSettings: { secureBootEnabled: true, vTpmEnabled: true },
} as const;

/** Keys only: a password could be tried from wherever SSH is let in. */
export function linuxConfiguration(sshPublicKey: string) {
  return {
    disablePasswordAuthentication: true,
    provisionVMAgent: true,
    ssh: {
      publicKeys: [{ path: `/home/${adminUsername}/.ssh/authorized_keys`, keyData: sshPublicKey }],
    },
  };
}

/** Of osProfile.customData: https://learn.microsoft.com/rest/api/compute/virtual-machines/create-or-update, read 2026-11. */
const mostBytes = 65_535;

/**
 * Base64, as Azure takes it.
 * @throws RunError INVALID_CONFIG over 65,535 bytes. This runs inside the program, where the engine prints any other
 * error with a stack trace.
 */
export function encodeCustomData(machine: string, text: string): string {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length > mostBytes) throw new RunError(tooLong(machine, bytes.length).message);
  return bytes.toString("base64");
}

function tooLong(machine: string, bytes: number): FailoverError {
  const count = (of: number): string => of.toLocaleString("en-US");
  return new FailoverError("INVALID_CONFIG", {
    problems: `customData of ${machine} has ${count(bytes)} bytes; allowed: ${count(mostBytes)}.`,
    where:
      "what the machine is given: tls.pem and trust.pem in the folder that FAILOVER_SECRETS names, programs in infra/hosts",
    fix: "take certificates that clients have anyhow out of tls.pem, or install longer programs another way, then: pulumi preview -s primary",
  });
}
