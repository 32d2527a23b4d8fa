import { isUtf8 } from "node:buffer";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import type { CloudFile } from "./cloud-config.ts";
import { packages } from "./packages.ts";
import type { Package, PackageName } from "./packages.ts";
import { locate, localise, ownFolders } from "./place.ts";
import type { Place } from "./place.ts";
import { ProvisioningFailure } from "./provisioning-failure.ts";
import type { Unit } from "./unit.ts";
import { parseUnit } from "./unit.ts";

const packageUnits = "/usr/lib/systemd/system";
const ownUnits = "/etc/systemd/system";
const systemTrust = "/etc/ssl/certs/ca-certificates.crt";

/** Lines of a HAProxy configuration that need root, or a syslog that is not there. */
const needsRoot = /^(\s*)((?:user|group) haproxy|chroot \S+|log \/dev\/log .*)$/gm;

/** The folder that stands for a machine's disk. */
export class Disk {
  readonly place: Place;
  readonly #installed = new Set<PackageName>();

  constructor(place: Place) {
    this.place = place;
  }

  /** An image with nothing but its certificate authorities: those of `trust`, a PEM file. */
  create({ home, trust }: { home: string; trust: string }): void {
    const folders = [
      ...ownFolders,
      "/tmp",
      "/usr/bin",
      "/usr/sbin",
      packageUnits,
      ownUnits,
      path.dirname(systemTrust),
      home,
    ];
    folders.forEach((folder) => this.#makeFolder(folder));
    symlinkSync(trust, this.locate(systemTrust));
  }

  remove(): void {
    rmSync(this.place.root, { recursive: true, force: true });
  }

  /** What a reboot does to a file system in memory. */
  forgetRun(): void {
    rmSync(this.locate("/run"), { recursive: true, force: true });
    this.#makeFolder("/run");
    const folders = [...this.#installed].flatMap((name) => (packages[name] as Package).folders ?? []);
    folders.filter((folder) => folder.startsWith("/run/")).forEach((folder) => this.#makeFolder(folder));
  }

  locate(file: string): string {
    return locate(this.place, file);
  }

  /** Text is localised on its way in. */
  write({ path: file, mode, content }: CloudFile): void {
    this.#makeFolder(path.dirname(file));
    const at = this.locate(file);
    writeFileSync(at, isUtf8(content) ? this.#localiseFile(file, content.toString()) : content, { mode });
  }

  install(name: PackageName): void {
    const { folders = [], files = {}, units = {} }: Package = packages[name];
    folders.forEach((folder) => this.#makeFolder(folder));
    const put = (file: string, content: string) =>
      this.write({ path: file, mode: 0o644, content: Buffer.from(content) });
    for (const [file, content] of Object.entries(files))
      if (!existsSync(this.locate(file))) put(file, content);
    for (const [unit, content] of Object.entries(units)) put(`${packageUnits}/${unit}`, content);
    this.#installed.add(name);
  }

  has(name: PackageName): boolean {
    return this.#installed.has(name);
  }

  /** @throws ProvisioningFailure when there is none of that name, or it has what nothing here knows */
  readUnit(name: string): Unit {
    const found = [ownUnits, packageUnits].map((folder) => this.locate(`${folder}/${name}`)).find(existsSync);
    if (!found) throw new ProvisioningFailure(`unit ${name} does not exist`);
    const dropIns = this.locate(`${ownUnits}/${name}.d`);
    const names = existsSync(dropIns) ? readdirSync(dropIns).toSorted() : [];
    const files = [found, ...names.map((dropIn) => path.join(dropIns, dropIn))];
    return parseUnit(
      name,
      files.map((file) => readFileSync(file, "utf8")),
    );
  }

  /** What systemd makes for a unit before it starts, and the variables that lead there. */
  prepareUnit({ name, folders, credentials }: Unit): Record<string, string> {
    const state = folders.state.map((folder) => `/var/lib/${folder}`);
    const runtime = folders.runtime.map((folder) => `/run/${folder}`);
    const secrets = `/run/credentials/${name}`;
    const made =
      Object.keys(credentials).length > 0 ? [...state, ...runtime, secrets] : [...state, ...runtime];
    made.forEach((folder) => this.#makeFolder(folder));
    for (const [credential, file] of Object.entries(credentials)) {
      copyFileSync(file, path.join(this.locate(secrets), credential));
    }
    return {
      STATE_DIRECTORY: state.map((folder) => this.locate(folder)).join(":"),
      RUNTIME_DIRECTORY: runtime.map((folder) => this.locate(folder)).join(":"),
      CREDENTIALS_DIRECTORY: this.locate(secrets),
    };
  }

  #makeFolder(folder: string): void {
    mkdirSync(this.locate(folder), { recursive: true });
  }

  #localiseFile(file: string, text: string): string {
    const content = localise(text, this.place);
    return file.startsWith("/etc/haproxy/") ? content.replaceAll(needsRoot, "$1# $2") : content;
  }
}
