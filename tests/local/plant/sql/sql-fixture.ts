import { createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Client } from "pg";
import { plantAddresses } from "../../../../local/plant/addresses.ts";
import type { PlantAddresses } from "../../../../local/plant/addresses.ts";
import { acquireDrillBlock } from "../../../../local/plant/block.ts";
import { dataNics, sqlPort } from "../../../../local/plant/data-hosts.ts";
import type { Side } from "../../../../local/plant/data-hosts.ts";
import { startNic } from "../../../../local/plant/nic.ts";
import { recordProcess, runVariable } from "../../../../local/plant/run-folder.ts";
import { SqlServers } from "../../../../local/plant/sql/sql-servers.ts";
import { Supervisor } from "../../../../local/plant/supervisor.ts";
import type { UnexpectedExit } from "../../../../local/plant/supervisor.ts";
import { createTlsFiles } from "../../../../local/plant/tls.ts";
import type { PlantTools } from "../../../../local/plant/tools.ts";
import { preparePrograms } from "../../../../local/toolchain/programs.ts";
import { openWorkbench } from "../../../../local/toolchain/workbench.ts";

/** Client id of the identity that logs in, and what its token says. */
export const identity = "11111111-2222-3333-4444-555555555555";
export const audience = "https://database.windows.net/";

export interface SqlPlant {
  sql: SqlServers;
  supervisor: Supervisor;
  addresses: PlantAddresses;
  /** Lines of what nobody waits for. */
  reports: string[];
  exits: UnexpectedExit[];
  run: string;
  token(claims?: Record<string, unknown>, key?: Buffer): string;
  /** Through the network and the gateway, as the identity. */
  connect(side: Side, database: string, login?: { user?: string; password?: string }): Promise<Client>;
  stop(): Promise<void>;
}

export async function startSqlPlant(): Promise<SqlPlant> {
  const block = await acquireDrillBlock({ clientPort: 8443, report: () => {} });
  const addresses = plantAddresses({ block: block.number, clientPort: 8443 });
  const exits: UnexpectedExit[] = [];
  const reports: string[] = [];
  const supervisor = new Supervisor({
    folder: block.folder,
    env: { [runVariable]: block.run },
    record: (started) => recordProcess(block.folder, started),
    onExit: (exit) => exits.push(exit),
  });
  const programs = await preparePrograms(openWorkbench(process.env, () => {}));
  const tools: PlantTools = { ...programs, node: process.execPath };
  const tls = await createTlsFiles({ folder: block.folder, zoneName: "example.test", addresses });
  const nic = await startNic({ supervisor, node: tools.node });
  await Promise.all(dataNics(addresses.data).map((host) => nic.add(host)));
  const key = randomBytes(32);
  const sql = new SqlServers({
    supervisor,
    nic,
    tools,
    folder: block.folder,
    run: block.run,
    data: addresses.data,
    certificate: tls.data,
    tokenKey: key.toString("hex"),
    report: (line) => reports.push(line),
  });
  await sql.start();
  const ca = readFileSync(tls.clientsAuthority, "utf8");
  const token = (claims = {}, signedWith = key) => tokenOf(claims, signedWith);
  return {
    sql,
    supervisor,
    addresses,
    reports,
    exits,
    run: block.run,
    token,
    async connect(side, database, { user = identity, password = token() } = {}) {
      const { address } = addresses.data.sql[side];
      const ssl = { ca, servername: "saas-sql.database.windows.net" };
      const client = new Client({ host: address, port: sqlPort, user, password, database, ssl });
      client.on("error", () => {});
      await client.connect();
      return client;
    },
    async stop() {
      await sql.stop();
      await supervisor.stopAll();
      await block.release();
    },
  };
}

function tokenOf(claims: Record<string, unknown>, key: Buffer): string {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const parts = [
    { alg: "HS256", typ: "JWT" },
    { aud: audience, exp, appid: identity, ...claims },
  ];
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}
