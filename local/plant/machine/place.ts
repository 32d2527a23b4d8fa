import path from "node:path";

/** Where a machine is on this computer. */
export interface Place {
  /** Folder that stands for the machine's `/`. */
  root: string;
  /** Its private address, as the cloud gave it. */
  address: string;
  /** Where its servers really listen: the NIC process has the address itself. */
  shadow: string;
}

/** Folders that a machine has of its own. All else is the computer's. */
export const ownFolders = ["/etc", "/opt", "/var/lib", "/run", "/usr/local/bin"] as const;

/** Programs of the image and of packages, of which a machine has a stand-in of its own. */
export const ownPrograms = [
  "/usr/bin/node",
  "/usr/bin/sudo",
  "/usr/bin/systemctl",
  "/usr/sbin/haproxy",
  "/usr/sbin/nagios4",
] as const;

/** Where the machine's programs are looked for, first to last; the computer's own follow. */
export const programFolders = ["/usr/local/bin", "/usr/sbin", "/usr/bin"] as const;

export function isOwn(file: string): boolean {
  return ownFolders.some((folder) => file.startsWith(`${folder}/`)) && path.posix.normalize(file) === file;
}

/** A path of the machine as a path of this computer. */
export function locate({ root }: Place, file: string): string {
  return path.join(root, file);
}

/** What a shell on the machine has for PATH. */
export function searchPath(place: Place): string {
  return [...programFolders.map((folder) => locate(place, folder)), "/usr/bin", "/bin"].join(":");
}

const alternatives = (paths: readonly string[]) => paths.map((file) => file.slice(1)).join("|");
// A slash after a letter, digit, dot, dash or slash goes on with some other path or address.
const ownPath = new RegExp(
  String.raw`(?<![\w.\-/}])/(?=(?:${alternatives(ownFolders)})/|(?:${alternatives(ownPrograms)})(?![\w.\-/]))`,
  "g",
);

/**
 * A text that enters the machine as it must read here: absolute paths of the machine's own tree are
 * moved under its folder, and its own `<address>:<port>` becomes its shadow's. An address without a
 * port stays: connections really come from it.
 */
export function localise(text: string, { root, address, shadow }: Place): string {
  const socket = new RegExp(String.raw`(?<![\d.])${address.replaceAll(".", String.raw`\.`)}(?=:\d)`, "g");
  return text.replaceAll(ownPath, `${root}/`).replaceAll(socket, shadow);
}
