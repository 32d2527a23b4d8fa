import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import test from "ava";
import { hostNames, plantAddresses } from "../../../local/plant/addresses.ts";
import { createTlsFiles } from "../../../local/plant/tls.ts";
import type { TlsFiles } from "../../../local/plant/tls.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "tls-"));
test.after.always(() => rmSync(folder, { recursive: true }));

const { hosts } = plantAddresses({ block: 99, clientPort: 8443 });
let files: TlsFiles;
test.before(async () => {
  files = await createTlsFiles({ folder, zoneName: "example.test", hosts });
});

const read = (file: string) => readFileSync(file, "utf8");
const certificateIn = (file: string) => new X509Certificate(read(file));

test("every host's certificate is signed by the clients' authority and fits its key", (t) => {
  const authority = certificateIn(files.clientsAuthority);
  t.true(authority.ca);
  for (const file of Object.values(files.hosts)) {
    const certificate = certificateIn(file);
    t.true(certificate.verify(authority.publicKey));
    t.true(certificate.checkIssued(authority));
    t.true(certificate.checkPrivateKey(createPrivateKey(read(file))));
    t.false(certificate.ca);
  }
});

test("a host's certificate is for the apex, the names below it and its own addresses only", (t) => {
  for (const name of hostNames) {
    const certificate = certificateIn(files.hosts[name]);
    t.truthy(certificate.checkHost("example.test"));
    t.truthy(certificate.checkHost("app.example.test"));
    t.falsy(certificate.checkHost("example.com"));
    t.true(hosts[name].every(({ address }) => certificate.checkIP(address) === address));
    t.falsy(certificate.checkIP("127.99.0.10"));
  }
});

test("the certificate for the edge only is not signed by the clients' authority", (t) => {
  const certificate = certificateIn(files.edgeOnlyServer);
  t.true(certificate.verify(certificateIn(files.edgeOnlyAuthority).publicKey));
  t.false(certificate.verify(certificateIn(files.clientsAuthority).publicKey));
});

test("certificates are valid now and for a week", (t) => {
  const { validFromDate, validToDate } = certificateIn(files.hosts.edge);
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
  for (const file of [...Object.values(files.hosts), files.edgeOnlyServer]) {
    t.is(statSync(file).mode & 0o777, 0o600);
  }
});
