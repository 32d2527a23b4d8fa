import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import type { Side } from "../data-hosts.ts";
import { poll } from "../readiness.ts";
import type { Supervisor } from "../supervisor.ts";
import type { PlantTools } from "../tools.ts";
import { ask } from "./ask.ts";
import type { Row } from "./ask.ts";
import { accessFile, settingsFile } from "./cluster-settings.ts";
import type { Purpose } from "./cluster-settings.ts";
import { asDatabaseUser } from "./database-user.ts";
import type { CopyKind, Programs } from "./run-program.ts";

export interface ClusterPlace {
  side: Side;
  database: string;
}

export interface ClusterOptions {
  supervisor: Supervisor;
  tools: PlantTools;
  /** Of this cluster alone. Short: it holds a unix socket. */
  folder: string;
  programs: Programs;
}

export const superuser = "postgres";
/** In every cluster, whatever its own database is called. */
export const anyDatabase = "template1";

const startMs = 30_000;
// A restore replays what was written since the base backup.
const recoveryMs = 120_000;
const queryMs = 30_000;

/** One PostgreSQL with one database: what Azure restores and replicates is a database, PostgreSQL's is a cluster. */
export class Cluster {
  readonly side: Side;
  readonly database: string;
  readonly folder: string;
  readonly data: string;
  /** `fenced`: it was a primary, and must not be served before it follows the new one. */
  role: "primary" | "replica" | "fenced" = "primary";
  /** From when on it can be restored to a time: its base backup is of then. Undefined before it has one. */
  restorableSince: Date | undefined;
  /** As one whose storage is full. */
  refusesWrites = false;
  readonly #options: ClusterOptions;
  #purpose: Purpose = { kind: "primary" };
  #backup = 0;
  #backingUp: Promise<void> = Promise.resolve();

  constructor({ side, database }: ClusterPlace, options: ClusterOptions) {
    this.side = side;
    this.database = database;
    this.#options = options;
    this.folder = options.folder;
    this.data = path.join(this.folder, "data");
    mkdirSync(this.archive, { recursive: true });
    writeFileSync(path.join(this.folder, "pg_hba.conf"), accessFile);
  }

  /** As the gateway knows it. */
  get name(): string {
    return `${this.side}/${this.database}`;
  }

  get socket(): string {
    return path.join(this.folder, ".s.PGSQL.5432");
  }

  get settings(): string {
    return path.join(this.folder, "postgresql.conf");
  }

  get archive(): string {
    return path.join(this.folder, `archive-${this.#backup}`);
  }

  get base(): string {
    return path.join(this.folder, `base-${this.#backup}`);
  }

  get isRunning(): boolean {
    return this.#options.supervisor.isRunning(this.#process);
  }

  get #process(): string {
    return `sql-${this.side}-${this.database}`;
  }

  /** Resolves when it is what it is for: takes writes, or can be read. @throws PLANT_FAILED */
  async start(purpose: Purpose = this.#purpose): Promise<void> {
    const { supervisor, tools } = this.#options;
    this.#purpose = purpose;
    this.#writeSettings();
    const signalFile = signalFiles[purpose.kind];
    if (signalFile) writeFileSync(path.join(this.data, signalFile), "");
    else rmSync(path.join(this.data, "standby.signal"), { force: true });
    const args = ["-D", this.data, "-c", `config_file=${this.settings}`];
    await supervisor.start({
      name: this.#process,
      command: asDatabaseUser({ path: tools.postgres.path, args }),
      env: tools.postgres.env,
      ready: { until: () => this.#isReady() },
      deadlineMs: purpose.kind === "restore" ? recoveryMs : startMs,
      // Its SIGTERM waits until all sessions have ended by themselves.
      stopSignal: "SIGINT",
    });
    if (purpose.kind === "restore") this.becomePrimary();
  }

  /** Says so to itself, for the next start; the server has done it. */
  becomePrimary(): void {
    this.role = "primary";
    this.#purpose = { kind: "primary" };
    this.#writeSettings();
  }

  stop(): Promise<void> {
    return this.#options.supervisor.stop(this.#process);
  }

  kill(): Promise<void> {
    return this.#options.supervisor.stop(this.#process, "SIGKILL");
  }

  freeze(): void {
    if (this.isRunning) this.#options.supervisor.freeze(this.#process);
  }

  thaw(): void {
    if (this.isRunning) this.#options.supervisor.thaw(this.#process);
  }

  /** Resolves when its settings are in force for new sessions, and those of clients are over. */
  async reload(): Promise<void> {
    const loadTime = async () => {
      const [row] = await this.ask("select pg_conf_load_time()::text as at");
      return row?.["at"];
    };
    const before = await loadTime();
    this.#writeSettings();
    this.#options.supervisor.signal(this.#process, "SIGHUP");
    await poll({
      deadlineMs: startMs,
      until: async () => (await loadTime()) !== before || "not yet reloaded",
    });
    await this.endSessions();
  }

  /** @returns how many sessions of clients it found */
  async endSessions(): Promise<number> {
    const [row] = await this.ask(`
      select count(pg_terminate_backend(pid))::int as found from pg_stat_activity
      where backend_type = 'client backend' and usename <> '${superuser}'`);
    return Number(row?.["found"]);
  }

  /** In the cluster's database, or in the one that every cluster has. */
  ask(
    sql: string,
    parameters?: unknown[],
    options: { limitMs?: number; database?: string } = {},
  ): Promise<Row[]> {
    const { limitMs = queryMs, database = anyDatabase } = options;
    return ask({ folder: this.folder, database, limitMs }, sql, parameters);
  }

  /** One of PostgreSQL's programs, in this cluster's folder. */
  run(
    tool: "initdb" | "pgBasebackup" | "pgRewind",
    args: string[],
    env: Record<string, string> = {},
  ): Promise<void> {
    const { tools, programs } = this.#options;
    return programs.run({ tool: tools[tool], args, folder: this.folder, env });
  }

  copy(from: string, to: string, kind: CopyKind = "files"): Promise<void> {
    return this.#options.programs.copy({ from, to, kind, folder: this.folder });
  }

  /** Begins a base backup of itself, from whose end on it can be restored. */
  backUp(): void {
    const { base } = this;
    // A replica that is promoted meanwhile breaks it off.
    this.#backingUp = this.#takeBase(base).catch(() => this.#takeBase(base));
    // Whoever wants to restore is told that there is none.
    this.#backingUp.catch(() => {});
  }

  /** Resolves when no base backup is under way. */
  async backedUp(): Promise<void> {
    await Promise.allSettled([this.#backingUp]);
  }

  /** Its history goes on elsewhere than it did: the archive begins anew, and wants a base backup. */
  async forgetBackups(): Promise<void> {
    const old = [this.archive, this.base];
    this.#backup += 1;
    this.restorableSince = undefined;
    mkdirSync(this.archive);
    await Promise.all(old.map((folder) => rm(folder, { recursive: true, force: true })));
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  #writeSettings(): void {
    const { archive, folder, refusesWrites } = this;
    writeFileSync(this.settings, settingsFile({ purpose: this.#purpose, folder, archive, refusesWrites }));
  }

  async #takeBase(base: string): Promise<void> {
    if (base !== this.base) return;
    const args = ["-h", this.folder, "-U", superuser, "-D", base, ...backupArguments];
    await this.run("pgBasebackup", args);
    this.restorableSince = new Date();
  }

  async #isReady(): Promise<true | string> {
    const [row] = await this.ask("select pg_is_in_recovery() as recovering", [], { limitMs: 1000 });
    const recovering = row?.["recovering"] === true;
    return recovering === (this.#purpose.kind === "replica") || `recovering: ${recovering}`;
  }
}

export const backupArguments = ["-c", "fast", "-X", "stream", "--no-sync"];

const signalFiles = { primary: undefined, replica: "standby.signal", restore: "recovery.signal" };
