import { gunzipSync } from "node:zlib";
import * as v from "valibot";
import { parse } from "yaml";
import { packageNames } from "./packages.ts";
import type { PackageName } from "./packages.ts";
import { isOwn, ownFolders } from "./place.ts";
import { ProvisioningFailure } from "./provisioning-failure.ts";
import { parseCommand } from "./run-command.ts";
import type { Command } from "./run-command.ts";

/** customData as a local machine executes it. */
export interface CloudConfig {
  packages: PackageName[];
  /** The private half, `-----BEGIN OPENSSH PRIVATE KEY-----` …; undefined: sshd makes one. */
  sshHostKey: string | undefined;
  files: CloudFile[];
  commands: Command[];
}

export interface CloudFile {
  path: string;
  mode: number;
  content: Buffer;
}

const text = v.string("text");
const gzip = (content: string) => gunzipSync(fromBase64(content));

/** The names that cloud-init knows (cloudinit.readthedocs.io, write_files, 2026-11). */
const encodings: Record<string, (content: string) => Buffer> = {
  "text/plain": (content) => Buffer.from(content),
  b64: fromBase64,
  base64: fromBase64,
  "gz+b64": gzip,
  "gz+base64": gzip,
  "gzip+b64": gzip,
  "gzip+base64": gzip,
};

const wrongMode = 'permissions are like "0644"';
const file = v.strictObject({
  path: v.pipe(
    text,
    v.check(isOwn, ({ input }) => `${input} is outside of ${ownFolders.join(", ")}`),
  ),
  owner: v.optional(v.pipe(text, v.regex(/^[a-z_][\w-]*:[a-z_][\w-]*$/, "an owner is user:group"))),
  // Unquoted, YAML 1.1 reads 0644 as the number 420, which cloud-init takes as it is.
  permissions: v.optional(
    v.union([v.number(), v.pipe(text, v.regex(/^0?[0-7]{3}$/, wrongMode))], wrongMode),
    "0644",
  ),
  content: v.optional(text, ""),
  encoding: v.optional(
    v.picklist(Object.keys(encodings), ({ input }) => `unknown encoding ${String(input)}`),
    "text/plain",
  ),
});

const schema = v.strictObject({
  packages: v.optional(
    v.array(
      v.picklist(
        packageNames,
        ({ input }) => `package ${String(input)} is none of ${packageNames.join(", ")}`,
      ),
    ),
    [],
  ),
  ssh_keys: v.optional(v.strictObject({ ed25519_private: text, ed25519_public: text })),
  write_files: v.optional(v.array(file), []),
  runcmd: v.optional(v.array(v.array(text, "a command is a list of words")), []),
});

/**
 * Reads customData as cloud-init would, and refuses what a local machine cannot do as it stands there.
 * @throws ProvisioningFailure naming every key, package, file or command that is refused
 */
export function parseCloudConfig(customData: string): CloudConfig {
  if (customData === "") throw new ProvisioningFailure("customData is empty");
  if (!/^#cloud-config\s*$/m.test(customData.split("\n", 1)[0] ?? "")) {
    throw new ProvisioningFailure("customData does not begin with the line #cloud-config");
  }
  const { success, output, issues } = v.safeParse(schema, readYaml(customData));
  if (!success) throw new ProvisioningFailure(issues.map(describe).join("; "));
  return {
    packages: output.packages,
    sshHostKey: output.ssh_keys?.ed25519_private,
    files: output.write_files.map(decode),
    commands: output.runcmd.map(parseCommand),
  };
}

function readYaml(customData: string): unknown {
  try {
    const document: unknown = parse(customData, { version: "1.1" });
    if (document !== null && typeof document === "object" && !Array.isArray(document)) return document;
  } catch (error) {
    throw new ProvisioningFailure(`customData is no YAML: ${(error as Error).message}`, { cause: error });
  }
  throw new ProvisioningFailure("customData holds no keys behind #cloud-config");
}

function decode({ path, permissions, content, encoding }: v.InferOutput<typeof file>): CloudFile {
  const mode = typeof permissions === "number" ? permissions : Number.parseInt(permissions, 8);
  try {
    return { path, mode, content: encodings[encoding]?.(content) ?? Buffer.alloc(0) };
  } catch (error) {
    throw new ProvisioningFailure(`write_files ${path}: the content is not ${encoding}`, { cause: error });
  }
}

function fromBase64(content: string): Buffer {
  const packed = content.replaceAll(/\s/g, "");
  if (!/^[\w+/]*={0,2}$/.test(packed) || packed.length % 4 !== 0) throw new Error("no base64");
  return Buffer.from(packed, "base64");
}

function describe(issue: v.BaseIssue<unknown>): string {
  const key = v.getDotPath(issue) ?? "customData";
  if (issue.type === "strict_object" && issue.expected === "never") return `the key ${key} is unknown here`;
  return `${key}: ${issue.message}`;
}
