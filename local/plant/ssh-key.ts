import ssh2 from "ssh2";

export interface SshKey {
  /** `-----BEGIN OPENSSH PRIVATE KEY-----` … */
  privateKey: string;
  /** `ssh-ed25519 AAAA… comment` */
  publicKey: string;
}

/** A new ed25519 key pair in OpenSSH's format. */
export function createSshKey(comment: string): SshKey {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519", { comment });
    // ssh2 1.17 drops leading zeros: about one pair in 500 is malformed.
    if (isReadable(pair.private) && isReadable(pair.public)) {
      return { privateKey: pair.private, publicKey: pair.public };
    }
  }
}

function isReadable(key: string): boolean {
  return !(ssh2.utils.parseKey(key) instanceof Error);
}
