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

/**
 * Base64, as Azure takes it.
 * @throws Error over 65,535 bytes, the most that osProfile.customData holds
 * (https://learn.microsoft.com/rest/api/compute/virtual-machines/create-or-update, read 2026-11)
 */
export function encodeCustomData(machine: string, text: string): string {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length > 65_535) {
    throw new Error(`customData of ${machine} has ${bytes.length} bytes; Azure takes 65,535.`);
  }
  return bytes.toString("base64");
}
