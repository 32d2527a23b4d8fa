import { readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import test from "ava";
import ssh2 from "ssh2";
import { plantAddresses } from "../../../local/plant/addresses.ts";
import { writeSecrets } from "../../../local/plant/secrets.ts";
import { createSshKey } from "../../../local/plant/ssh-key.ts";
import { createTlsFiles } from "../../../local/plant/tls.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

test("every key pair can be read by those who get it, those that ssh2 would have cut short included", (t) => {
  const pairs = Array.from({ length: 1500 }, () => createSshKey("test"));
  t.deepEqual(
    pairs.filter(({ privateKey, publicKey }) => publicHalf(privateKey) !== publicHalf(publicKey)),
    [],
  );
});

/** @throws Error for a key that cannot be read */
function publicHalf(key: string): string {
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error) throw new Error(key, { cause: parsed });
  return parsed.getPublicSSH().toString("base64");
}

test("the folder of secrets holds what the primary stack reads, closed to others", async (t) => {
  const folder = temporaryFolder();
  const addresses = plantAddresses({ block: 98, clientPort: 8443 });
  const tls = await createTlsFiles({ folder, zoneName: "example.test", addresses });
  const secrets = writeSecrets(folder, tls);
  const servers = ["api-backup", "api-main", "load-balancer-backup", "load-balancer-main"];
  t.deepEqual(
    readdirSync(secrets).toSorted(),
    [
      "deploy-key",
      "deploy-key.pub",
      "tls.pem",
      "trust.pem",
      ...servers.flatMap((name) => [`${name}.key`, `${name}.pub`]),
    ].toSorted(),
  );
  t.is(statSync(secrets).mode & 0o777, 0o700);
  t.is(statSync(path.join(secrets, "deploy-key")).mode & 0o777, 0o600);
  t.is(readFileSync(path.join(secrets, "trust.pem"), "utf8"), readFileSync(tls.clientsAuthority, "utf8"));
});
