import { stringify } from "yaml";
import type { SshHostKey } from "./options.ts";

/** A file as cloud-init's `write_files` takes it. It is written before any package is installed. */
export interface MachineFile {
  path: string;
  content: string;
  /** Octal; default 0644. Files belong to root: no other user exists that early. */
  permissions?: string;
}

export interface CloudConfigOptions {
  packages: readonly string[];
  files: readonly MachineFile[];
  /** Units to enable and start, after the packages are there. */
  units: readonly string[];
  /** Whether programs in /opt/failover need their npm packages. */
  npm?: boolean;
  sshHostKey?: SshHostKey;
}

const installPackages = ["npm", "ci", "--prefix", "/opt/failover", "--omit=dev", "--ignore-scripts"];

/**
 * customData that cloud-init executes at the first boot, and only then.
 * Nothing is compressed: deflate's output depends on the processor and on the version of zlib, and
 * customData that differs between two laptops would replace servers.
 * The limit is 65,535 bytes before base64 (learn.microsoft.com/rest/api/compute/virtual-machines,
 * osProfile.customData).
 */
export function cloudConfig(options: CloudConfigOptions): string {
  const { packages, files, units, npm = false, sshHostKey } = options;
  const document = {
    packages,
    ...(sshHostKey && { ssh_keys: sshKeys(sshHostKey) }),
    write_files: files.map(({ path, content, permissions = "0644" }) => ({
      path,
      owner: "root:root",
      permissions,
      content,
    })),
    runcmd: [
      ...(npm ? [installPackages] : []),
      ["systemctl", "daemon-reload"],
      ...units.map((unit) => ["systemctl", "enable", "--now", unit]),
    ],
  };
  // YAML 1.1 is what cloud-init's parser reads: there `on` and `0644` are no strings.
  return `#cloud-config\n${stringify(document, { version: "1.1", lineWidth: 0, indentSeq: false })}`;
}

function sshKeys({ privateKey, publicKey }: SshHostKey) {
  return { ed25519_private: withNewline(privateKey), ed25519_public: publicKey.trim() };
}

// OpenSSH refuses a private key whose last line does not end.
function withNewline(text: string): string {
  return `${text.trimEnd()}\n`;
}
