import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FailoverError } from "./errors.ts";
import { type ServerName, serverNames } from "./names.ts";

/** A key pair in OpenSSH's formats. */
export interface KeyPair {
  privateKey: string;
  publicKey: string;
}

/** What servers of the primary stack are given and no stack file holds. */
export interface Secrets {
  /** PEM: the chain that clients trust, and its key. */
  tls: string;
  /** PEM of the authority that load balancers verify API servers with; null where the system's roots do. */
  trust: string | null;
  deployKey: KeyPair;
  hostKeys: Record<ServerName, KeyPair>;
}

/** Files by what they hold, for the message about a missing one. */
const required = new Map<string, string>([
  ["tls.pem", "the certificate that clients trust, its chain and its key"],
  ...keyFiles("deploy-key", "the SSH key that deploys to servers"),
  ...serverNames.flatMap((name) => keyFiles(`${name}.key`, `the SSH host key of ${name}`)),
]);

/**
 * Reads the folder that FAILOVER_SECRETS names.
 * @throws FailoverError SECRET_MISSING that lists every file that is not there
 */
export function readSecrets(env: Readonly<Record<string, string | undefined>>): Secrets {
  const folder = env["FAILOVER_SECRETS"];
  if (!folder)
    throw missing([
      "FAILOVER_SECRETS is not set; allowed: the folder with the servers' secrets (on the local plant: source local.env).",
    ]);
  const texts = new Map([...required.keys(), "trust.pem"].map((file) => [file, read(join(folder, file))]));
  const absent = [...required].filter(([file]) => !texts.get(file));
  if (absent.length > 0) {
    throw missing(
      absent.map(([file, what]) => `${file} is missing or empty: ${what}.`),
      folder,
    );
  }
  const text = (file: string): string => texts.get(file) ?? "";
  const pair = (file: string): KeyPair => ({
    privateKey: text(file),
    publicKey: publicKeyOf(text(publicFile(file))),
  });
  return {
    tls: text("tls.pem"),
    trust: texts.get("trust.pem") ?? null,
    deployKey: pair("deploy-key"),
    hostKeys: {
      "load-balancer-main": pair("load-balancer-main.key"),
      "load-balancer-backup": pair("load-balancer-backup.key"),
      "api-main": pair("api-main.key"),
      "api-backup": pair("api-backup.key"),
    },
  };
}

function keyFiles(file: string, what: string): [string, string][] {
  return [
    [file, `${what}, its private half`],
    [publicFile(file), `${what}, its public half`],
  ];
}

function publicFile(file: string): string {
  return `${file.replace(/\.key$/, "")}.pub`;
}

/** Without the comment: who made a key is no reason to replace a server. */
function publicKeyOf(text: string): string {
  return text.trim().split(/\s+/).slice(0, 2).join(" ");
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    // Which ones are missing is said of all of them at once.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function missing(problems: string[], folder?: string): FailoverError {
  return new FailoverError("SECRET_MISSING", {
    problems,
    where: folder ? `the folder that FAILOVER_SECRETS names, ${folder}` : "the environment",
    fix: "put the files there (docs/errors.md, SECRET_MISSING), then: pulumi preview -s primary",
  });
}
