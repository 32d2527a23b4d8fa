import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import { sqlPort } from "../../../local/plant/data-hosts.ts";
import { asDatabaseUser } from "../../../local/plant/sql/database-user.ts";
import type { Supervisor } from "../../../local/plant/supervisor.ts";
import type { PlantTools } from "../../../local/plant/tools.ts";

export interface PostgresOptions {
  /** Not closed to the database's user. */
  folder: string;
  address: string;
  /** PEM file: certificate and key. */
  certificate: string;
  tools: Pick<PlantTools, "postgres" | "initdb">;
  supervisor: Supervisor;
}

const schema = new URL("../../../infra/hosts/programs/schema.sql", import.meta.url);

/** A PostgreSQL on Azure SQL's port, which takes anybody at their word: whoever they say they are, they are. */
export class Postgres {
  readonly #options: PostgresOptions;

  constructor(options: PostgresOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { folder, address, certificate, tools, supervisor } = this.#options;
    const data = path.join(folder, "pg");
    mkdirSync(data);
    if (process.getuid?.() === 0) execFileSync("chown", ["65534:65534", data]);
    const init = asDatabaseUser({
      path: tools.initdb.path,
      args: ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync"],
    });
    execFileSync(init.path, init.args, {
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C", ...tools.initdb.env },
      cwd: data,
    });
    writeFileSync(path.join(data, "pg_hba.conf"), "host all all 127.0.0.0/8 trust\n");
    const settings = {
      listen_addresses: address,
      port: String(sqlPort),
      unix_socket_directories: "",
      ssl: "on",
      ssl_cert_file: certificate,
      ssl_key_file: certificate,
      fsync: "off",
    };
    const args = [
      "-D",
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ];
    await supervisor.start({
      name: "postgres",
      command: asDatabaseUser({ path: tools.postgres.path, args }),
      env: tools.postgres.env,
      ready: { until: () => this.query("select").then(() => true as const) },
    });
  }

  /** A new database with the application's tables, and one user for each role. */
  async createDatabase(database: string, users: Record<string, "app_api" | "app_worker">): Promise<void> {
    await this.query(`create database "${database}"`);
    await this.query(readFileSync(schema, "utf8"), [], database);
    for (const [user, role] of Object.entries(users)) {
      const [known] = await this.query("select from pg_roles where rolname = $1", [user]);
      if (!known) await this.query(`create role "${user}" login in role ${role}`);
    }
  }

  /** As its superuser, past the network. */
  async query(
    sql: string,
    values: unknown[] = [],
    database = "postgres",
  ): Promise<Record<string, unknown>[]> {
    const { address } = this.#options;
    const client = new Client({ host: address, port: sqlPort, user: "postgres", database });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(values.length > 0 ? { text: sql, values } : sql))
        .rows;
    } finally {
      await client.end();
    }
  }
}
