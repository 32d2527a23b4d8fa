import "reflect-metadata";
import type { webcrypto } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { rootCertificates } from "node:tls";
import * as x509 from "@peculiar/x509";
import type { PlantAddresses } from "./addresses.ts";
import { dataAddresses } from "./data-hosts.ts";

export interface TlsFiles {
  /** Certificate and key of the edge, signed by the authority clients trust. Mode 600. */
  edge: string;
  /** The one that all load balancers and API servers carry, by the same authority. Mode 600. */
  servers: string;
  /** Of Azure's APIs, for their addresses, by the same authority. Mode 600. */
  azure: string;
  /** Of SQL servers and storage accounts, by their names in Azure, by the same authority. Mode 600. */
  data: string;
  /** For the zone's names, signed by the authority that only the edge trusts: clients must refuse it. Mode 600. */
  edgeOnlyServer: string;
  clientsAuthority: string;
  edgeOnlyAuthority: string;
  /** Both authorities: what the edge accepts from an origin, as Cloudflare's Full (strict). */
  edgeTrust: string;
  /** The system's roots and the clients' authority, for SSL_CERT_FILE. */
  clientTrust: string;
}

export interface TlsOptions {
  folder: string;
  zoneName: string;
  addresses: PlantAddresses;
}

interface Authority {
  certificate: x509.X509Certificate;
  keys: webcrypto.CryptoKeyPair;
}

/** Whom a certificate is for. */
interface Subject {
  names: string[];
  reachedAt: { address: string }[];
}

/** As Azure's own certificates have them. */
const dataNames = ["database", "blob.core", "queue.core"].map((service) => `*.${service}.windows.net`);

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const validMs = 7 * 24 * 3600 * 1000;
// A verifier's clock may be behind ours by a little, as in a guest that was just woken.
const backdatedMs = 3600 * 1000;

/** Two authorities and their certificates, valid for a week, written as PEM into the folder. */
export async function createTlsFiles({ folder, zoneName, addresses }: TlsOptions): Promise<TlsFiles> {
  const write = (name: string, content: string) => {
    const file = path.join(folder, name);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  };
  const [clients, edgeOnly] = await Promise.all([createAuthority("clients"), createAuthority("edge only")]);
  const certify = async (authority: Authority, name: string, subject: Subject) =>
    write(`${name}.pem`, await createServerPem(authority, subject));
  const inZone = (reachedAt: { address: string }[]) => ({
    names: [zoneName, `*.${zoneName}`],
    reachedAt,
  });
  const { edge, ...servers } = addresses.hosts;
  const { resourceManager, appConfiguration } = addresses;
  const clientsPem = pemOf(clients.certificate);
  const edgeOnlyPem = pemOf(edgeOnly.certificate);
  return {
    edge: await certify(clients, "edge", inZone(edge)),
    servers: await certify(clients, "servers", inZone(Object.values(servers).flat())),
    azure: await certify(clients, "azure", inZone([resourceManager, appConfiguration])),
    data: await certify(clients, "data", { names: dataNames, reachedAt: dataAddresses(addresses.data) }),
    edgeOnlyServer: await certify(edgeOnly, "edge-only-server", inZone([])),
    clientsAuthority: write("clients-authority.pem", clientsPem),
    edgeOnlyAuthority: write("edge-only-authority.pem", edgeOnlyPem),
    edgeTrust: write("edge-trust.pem", clientsPem + edgeOnlyPem),
    clientTrust: write("client-trust.pem", systemRoots() + clientsPem),
  };
}

async function createAuthority(name: string): Promise<Authority> {
  const keys = await createKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    name: `CN=failover-stacks local plant: ${name}`,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, keys };
}

async function createServerPem(authority: Authority, { names, reachedAt }: Subject): Promise<string> {
  const keys = await createKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(),
    subject: `CN=${names[0]}`,
    issuer: authority.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: "dns" as const, value })),
        ...reachedAt.map(({ address: value }) => ({ type: "ip" as const, value })),
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.keys.publicKey),
    ],
  });
  return pemOf(certificate) + (await pemOfKey(keys.privateKey));
}

function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - backdatedMs), notAfter: new Date(now + validMs) };
}

function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

async function pemOfKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = await crypto.subtle.exportKey("pkcs8", key);
  return `${x509.PemConverter.encode(der, "PRIVATE KEY")}\n`;
}

// Debian and Ubuntu; Fedora and Red Hat; Alpine and openSUSE.
const rootBundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/cert.pem",
  "/etc/ssl/ca-bundle.pem",
];

function systemRoots(): string {
  const bundle = rootBundles.find((file) => existsSync(file));
  return bundle ? `${readFileSync(bundle, "utf8").trimEnd()}\n` : `${rootCertificates.join("\n")}\n`;
}
