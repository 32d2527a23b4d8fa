import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import test from "ava";
import { plantAddresses } from "../../../local/plant/addresses.ts";
import { createTlsFiles } from "../../../local/plant/tls.ts";
import type { TlsFiles } from "../../../local/plant/tls.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const folder = temporaryFolder();

const addresses = plantAddresses({ block: 99, clientPort: 8443 });
let files: TlsFiles;
test.before(async () => {
  files = await createTlsFiles({ folder, zoneName: "example.test", addresses });
});

const read = (file: string) => readFileSync(file, "utf8");
const certificateIn = (file: string) => new X509Certificate(read(file));

/** What each certificate is for. */
const { edge, ...servers } = addresses.hosts;
const reachedAt = {
  edge,
  servers: Object.values(servers).flat(),
  azure: [addresses.resourceManager, addresses.appConfiguration],
} satisfies Partial<Record<keyof TlsFiles, { address: string }[]>>;
const names = Object.keys(reachedAt) as (keyof typeof reachedAt)[];

for (const name of names) {
  test(`the certificate of ${name} is signed by the clients' authority and fits its key`, (t) => {
    const authority = certificateIn(files.clientsAuthority);
    t.true(authority.ca);
    const certificate = certificateIn(files[name]);
    t.true(certificate.verify(authority.publicKey));
    t.true(certificate.checkIssued(authority));
    t.true(certificate.checkPrivateKey(createPrivateKey(read(files[name]))));
    t.false(certificate.ca);
  });

  test(`the certificate of ${name} is for the apex, the names below it and its own addresses only`, (t) => {
    const certificate = certificateIn(files[name]);
    t.truthy(certificate.checkHost("example.test"));
    t.truthy(certificate.checkHost("app.example.test"));
    t.falsy(certificate.checkHost("example.com"));
    t.true(reachedAt[name].every(({ address }) => certificate.checkIP(address) === address));
    t.falsy(certificate.checkIP("127.99.0.10"));
  });
}

test("the certificate of data hosts is for Azure's names, and for no other", (t) => {
  const certificate = certificateIn(files.data);
  t.true(certificate.verify(certificateIn(files.clientsAuthority).publicKey));
  t.true(certificate.checkPrivateKey(createPrivateKey(read(files.data))));
  for (const name of ["saas-sql.database", "store1.blob.core", "store1.queue.core"]) {
    t.truthy(certificate.checkHost(`${name}.windows.net`), name);
  }
  t.falsy(certificate.checkHost("app.example.test"));
  t.falsy(certificate.checkHost("vault.windows.net"));
});

test("the certificate for the edge only is not signed by the clients' authority", (t) => {
  const certificate = certificateIn(files.edgeOnlyServer);
  t.true(certificate.verify(certificateIn(files.edgeOnlyAuthority).publicKey));
  t.false(certificate.verify(certificateIn(files.clientsAuthority).publicKey));
});

test("certificates are valid now and for a week", (t) => {
  const { validFromDate, validToDate } = certificateIn(files.edge);
  t.true(validFromDate.getTime() < Date.now());
  const days = (validToDate.getTime() - Date.now()) / 86_400_000;
  t.true(days > 6.9 && days <= 7);
});

test("clients trust the system's roots and one authority of ours; the edge trusts both of ours", (t) => {
  t.true(read(files.clientTrust).endsWith(read(files.clientsAuthority)));
  t.false(read(files.clientTrust).includes(read(files.edgeOnlyAuthority)));
  t.is(read(files.edgeTrust), read(files.clientsAuthority) + read(files.edgeOnlyAuthority));
});

test("files with keys are closed to others", (t) => {
  for (const file of [...names.map((name) => files[name]), files.edgeOnlyServer, files.data]) {
    t.is(statSync(file).mode & 0o777, 0o600);
  }
});
