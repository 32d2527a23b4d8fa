import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { serverNames } from "../../infra/names.ts";
import { createSshKey } from "./ssh-key.ts";
import type { TlsFiles } from "./tls.ts";

/**
 * Fills a folder with what the primary stack reads by FAILOVER_SECRETS: `tls.pem`, `trust.pem`,
 * `deploy-key`, and `<server>.key`, the latter with their `.pub`. All new for each run.
 */
export function writeSecrets(runFolder: string, { servers, clientsAuthority }: TlsFiles): string {
  const folder = path.join(runFolder, "secrets");
  mkdirSync(folder, { mode: 0o700 });
  copyFileSync(servers, path.join(folder, "tls.pem"));
  copyFileSync(clientsAuthority, path.join(folder, "trust.pem"));
  const writeKey = (name: string, privateFile: string) => {
    const { privateKey, publicKey } = createSshKey(name);
    writeFileSync(path.join(folder, privateFile), privateKey, { mode: 0o600 });
    writeFileSync(path.join(folder, `${name}.pub`), `${publicKey}\n`);
  };
  writeKey("deploy-key", "deploy-key");
  serverNames.forEach((name) => writeKey(name, `${name}.key`));
  return folder;
}
