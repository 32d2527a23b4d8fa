import { rmSync } from "node:fs";
import { join } from "node:path";
import { RunError } from "@pulumi/pulumi";
import test from "ava";
import { encodeCustomData } from "../../infra/components/linux.ts";
import { FailoverError } from "../../infra/errors.ts";
import { readSecrets } from "../../infra/secrets.ts";
import { secretsFolder } from "./declared.ts";

test("secrets are read from the folder that the environment names, keys without who made them", (t) => {
  const folder = secretsFolder();
  t.teardown(() => rmSync(folder, { recursive: true }));
  const { tls, trust, deployKey, hostKeys } = readSecrets({ FAILOVER_SECRETS: folder });
  t.is(tls, "tls.pem\n");
  t.is(trust, "trust.pem\n");
  t.deepEqual(deployKey, { privateKey: "deploy-key\n", publicKey: "ssh-ed25519 AAAAdeploy-key.pub" });
  t.is(hostKeys["api-backup"].publicKey, "ssh-ed25519 AAAAapi-backup.pub");
});

test("every file that is missing is named at once, with what it is for", (t) => {
  const folder = secretsFolder();
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const file of ["tls.pem", "api-main.pub"]) rmSync(join(folder, file));
  const error = t.throws(() => readSecrets({ FAILOVER_SECRETS: folder }), { instanceOf: FailoverError });
  t.is(
    error.message,
    `SECRET_MISSING
  tls.pem is missing or empty: the certificate that clients trust, its chain and its key.
  api-main.pub is missing or empty: the SSH host key of api-main, its public half.
  In: the folder that FAILOVER_SECRETS names, ${folder}
  Next: put the files there (docs/errors.md, SECRET_MISSING), then: pulumi preview -s primary`,
  );
});

test("without an authority of its own, the plant's load balancers trust the system's roots", (t) => {
  const folder = secretsFolder();
  t.teardown(() => rmSync(folder, { recursive: true }));
  rmSync(join(folder, "trust.pem"));
  t.is(readSecrets({ FAILOVER_SECRETS: folder }).trust, null);
});

test("an environment without a folder is told which variable names it", (t) => {
  const error = t.throws(() => readSecrets({}), { instanceOf: FailoverError });
  t.regex(error.message, /^SECRET_MISSING\n {2}FAILOVER_SECRETS is not set/);
});

test("a machine that is given more than Azure takes is told in how many bytes, without a stack trace", (t) => {
  t.is(encodeCustomData("api-main", "é".repeat(32_767)).length, 87_380);
  const error = t.throws(() => encodeCustomData("api-main", "é".repeat(32_768)));
  t.true(RunError.isInstance(error));
  t.regex(
    error.message,
    /^INVALID_CONFIG\n {2}customData of api-main has 65,536 bytes; allowed: 65,535\.\n {2}In: .*tls\.pem.*\n {2}Next: /,
  );
});
