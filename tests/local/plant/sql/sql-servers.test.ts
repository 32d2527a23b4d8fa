import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import test from "ava";
import type { Client } from "pg";
import { sqlPort } from "../../../../local/plant/data-hosts.ts";
import { processesWithEnvironment } from "../../../../local/plant/processes.ts";
import { poll } from "../../../../local/plant/readiness.ts";
import { runVariable } from "../../../../local/plant/run-folder.ts";
import { identity, startSqlPlant } from "./sql-fixture.ts";
import type { SqlPlant } from "./sql-fixture.ts";

let plant: SqlPlant;

test.before(async () => {
  plant = await startSqlPlant();
});

test.after.always(async () => {
  await plant.stop();
});

/** A database with a table that the identity may write to. */
async function createDatabase(database: string): Promise<void> {
  await plant.sql.createDatabase({ side: "primary", database });
  const at = { side: "primary", database } as const;
  await plant.sql.query(at, `create role "${identity}" login`);
  await plant.sql.query(
    at,
    "create table notes (note text primary key, committed_at timestamptz default clock_timestamp())",
  );
  await plant.sql.query(at, `grant all on notes to "${identity}"`);
}

async function notesOf(database: string, side: "primary" | "secondary" = "primary"): Promise<string[]> {
  const rows = await plant.sql.query({ side, database }, "select note from notes order by note");
  return rows.map((row) => String(row["note"]));
}

const note = (database: string, text: string, side: "primary" | "secondary" = "primary") =>
  plant.sql.query({ side, database }, "insert into notes values ($1)", [text]);

test.serial("an identity logs in with its token, and with no other", async (t) => {
  await createDatabase("login");
  const client = await plant.connect("primary", "login");
  await client.query("insert into notes values ('by token')");
  const { rows } = await client.query("select current_user::text as me, current_database()::text as here");
  t.deepEqual(rows, [{ me: identity, here: "login" }]);
  await client.end();
  const refused = {
    "signature is not valid": { password: plant.token({}, randomBytes(32)) },
    "has expired": { password: plant.token({ exp: 1 }) },
    "another audience": { password: plant.token({ aud: "https://storage.azure.com/" }) },
    "another identity": { password: plant.token({ appid: "somebody else" }) },
    "no such user": { user: "nobody", password: plant.token({ appid: "nobody" }) },
  };
  for (const [why, login] of Object.entries(refused)) {
    const error = await t.throwsAsync(plant.connect("primary", "login", login));
    t.like(error, { code: "28000" });
    t.regex(error.message, new RegExp(`Login failed for user .*${why}`));
  }
  const error = await t.throwsAsync(plant.connect("primary", "nowhere"), { code: "3D000" });
  t.regex(error.message, /Cannot open database "nowhere"/);
});

test.serial("what runs too long can be cancelled", async (t) => {
  const client = await plant.connect("primary", "login");
  const sleeping = t.throwsAsync(client.query("select pg_sleep(60)"), { code: "57014" });
  await poll({
    deadlineMs: 5000,
    until: async () => {
      const sql =
        "select count(*)::int as n from pg_stat_activity where query like '%pg_sleep(60)' and pid <> pg_backend_pid()";
      const [row] = await plant.sql.query({ side: "primary", database: "login" }, sql);
      return row?.["n"] === 1 || "not running";
    },
  });
  const { address } = plant.sql.addressOf("primary");
  // The type does not show what cancelling needs.
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const packet = Buffer.alloc(16);
  [16, 80_877_102, processID, secretKey].forEach((value, index) => packet.writeInt32BE(value, index * 4));
  connect(sqlPort, address).end(packet);
  await sleeping;
  await client.end();
});

test.serial("a restore to a time has what was committed before it and nothing that came after", async (t) => {
  await createDatabase("saas");
  await note("saas", "before");
  await pause(20);
  const at = new Date().toISOString();
  await pause(20);
  await note("saas", "after");
  const restored = { side: "primary", database: "saas-one" } as const;
  await plant.sql.restoreDatabase({ ...restored, source: "saas", at });
  t.deepEqual(await notesOf("saas-one"), ["before"]);
  t.deepEqual(await notesOf("saas"), ["after", "before"]);
  const client = await plant.connect("primary", "saas-one");
  await client.query("insert into notes values ('through the gateway')");
  await client.end();

  const later = new Date().toISOString();
  await pause(20);
  await note("saas-one", "corrupted");
  await plant.sql.restoreDatabase({ ...restored, database: "saas-two", source: "saas-one", at: later });
  t.deepEqual(await notesOf("saas-two"), ["before", "through the gateway"]);
  for (const database of ["saas-one", "saas-two"]) {
    await plant.sql.dropDatabase({ ...restored, database });
  }
});

for (const [what, at] of [
  ["the future", () => new Date(Date.now() + 60_000)],
  ["a time before its creation", () => new Date(0)],
] as const) {
  test.serial(`a restore to ${what} is refused`, async (t) => {
    const restoring = plant.sql.restoreDatabase({
      side: "primary",
      database: "never",
      source: "saas",
      at: at().toISOString(),
    });
    await t.throwsAsync(restoring, { code: "InvalidPointInTime" });
  });
}

async function replicate(database: string): Promise<void> {
  await plant.sql.replicateDatabase({ side: "secondary", database, from: "primary" });
  await streams(database);
}

function streams(database: string): Promise<void> {
  return poll({
    deadlineMs: 15_000,
    until: async () => (await plant.sql.isReplicated(database)) || "nobody follows",
  });
}

test.serial("a planned promotion loses nothing, behind a slow link, and the way back as well", async (t) => {
  await replicate("saas");
  await plant.sql.setLinkLatency(100);
  const client = await plant.connect("primary", "saas");
  const { acknowledged, stop } = writeAll(client, "planned");
  await poll({ deadlineMs: 15_000, until: () => acknowledged.length > 10 || "few are written" });
  await plant.sql.promote({ databases: ["saas"], from: "primary", to: "secondary", forced: false });
  await stop();
  t.is(plant.sql.primarySideOf("saas"), "secondary");
  const kept = new Set(await notesOf("saas", "secondary"));
  t.deepEqual(
    acknowledged.filter(({ text }) => !kept.has(text)),
    [],
  );
  await plant.sql.setLinkLatency(0);
  await streams("saas");
  await note("saas", "on the other side", "secondary");
  await plant.sql.promote({ databases: ["saas"], from: "secondary", to: "primary", forced: false });
  t.true((await notesOf("saas")).includes("on the other side"));
  await streams("saas");
});

test.serial("a planned promotion without its partner is refused in time, and changes nothing", async (t) => {
  for (const [side, state] of [
    ["primary", "hung"],
    ["primary", "lost"],
    ["secondary", "lost"],
  ] as const) {
    await plant.sql.setServer(side, state);
    const startedAt = performance.now();
    const promoting = plant.sql.promote({
      databases: ["saas"],
      from: "primary",
      to: "secondary",
      forced: false,
    });
    await t.throwsAsync(promoting, { code: "PlannedFailoverTimedOut" });
    t.true(performance.now() - startedAt < 4000);
    await plant.sql.setServer(side, "served");
    await note("saas", `after ${side} ${state}`);
  }
  await streams("saas");
  const before = await notesOf("saas");
  await poll({
    deadlineMs: 5000,
    until: async () => (await notesOf("saas", "secondary")).length === before.length || "behind",
  });
});

test.serial(
  "a forced promotion loses what the link had not carried, and no more than was said",
  async (t) => {
    const client = await plant.connect("primary", "saas");
    await plant.sql.setLinkLatency(500);
    const { acknowledged, stop } = writeAll(client, "forced");
    await pause(2500);
    await plant.sql.setServer("primary", "lost");
    const lag = await plant.sql.replicationLag("saas");
    const startedAt = performance.now();
    await plant.sql.promote({ databases: ["saas"], from: "primary", to: "secondary", forced: true });
    const promotedMs = performance.now() - startedAt;
    await stop();
    const kept = new Set(await notesOf("saas", "secondary"));
    const lost = acknowledged.filter(({ text }) => !kept.has(text));
    const safeUntil = Date.parse(lag?.asOf ?? "") - (lag?.seconds ?? 0) * 1000;
    t.log(
      `promoted in ${promotedMs.toFixed(0)} ms; lost ${lost.length} of ${acknowledged.length}; lag ${lag?.seconds} s`,
    );
    t.true(promotedMs < 3000);
    t.true(lost.length > 0);
    t.deepEqual(
      lost.filter(({ atMs }) => atMs < safeUntil),
      [],
    );
    // Not so old that it says nothing.
    t.true((lag?.seconds ?? Infinity) < 3);

    await plant.sql.setLinkLatency(0);
    await note("saas", "of the new primary", "secondary");
    await t.throwsAsync(plant.connect("primary", "saas"));
    t.deepEqual(
      (await plant.sql.status()).primary.find(({ database }) => database === "saas"),
      {
        database: "saas",
        role: "fenced",
        state: "down",
      },
    );
    await t.throwsAsync(
      plant.sql.promote({ databases: ["saas"], from: "secondary", to: "primary", forced: true }),
      { message: /fenced/ },
    );
    await t.throwsAsync(
      plant.sql.promote({ databases: ["saas"], from: "secondary", to: "primary", forced: false }),
      { code: "PlannedFailoverTimedOut" },
    );
    await plant.sql.setServer("primary", "served");
    await streams("saas");
    t.log(plant.reports.at(-1));
    const after = await notesOf("saas", "secondary");
    t.true(after.includes("of the new primary"));
    await poll({
      deadlineMs: 5000,
      until: async () => JSON.stringify(await notesOf("saas")) === JSON.stringify(after) || "differs",
    });
    const reader = await plant.connect("primary", "saas");
    await t.throwsAsync(reader.query("insert into notes values ('no')"), { code: "25006" });
    await reader.end();
  },
);

test.serial("a server that hangs or refuses writes does so, and serves again", async (t) => {
  const { sql } = plant;
  await sql.setServer("secondary", "read-only");
  const client = await plant.connect("secondary", "saas");
  await t.throwsAsync(client.query("insert into notes values ('no')"), { code: "25006" });
  await sql.setServer("secondary", "served");
  t.true(await sql.isReplicated("saas"));
  const writer = await plant.connect("secondary", "saas");
  await writer.query("insert into notes values ('yes')");
  await sql.setServer("secondary", "hung");
  const answer = writer.query("select 1");
  t.is(await Promise.race([answer.then(() => "answered"), pause(300).then(() => "silent")]), "silent");
  await sql.setServer("secondary", "served");
  t.is((await answer).rowCount, 1);
  await writer.end();
});

test.serial(
  "a server that is lost meanwhile runs nothing that was under way, until it is served",
  async (t) => {
    const { sql, supervisor } = plant;
    const at = { side: "primary", database: "late" } as const;
    const building = sql.createDatabase(at);
    const isStarting = () => supervisor.isRunning("sql-primary-late") || "not yet";
    await poll({ deadlineMs: 5000, until: isStarting });
    await sql.setServer("primary", "lost");
    await building;
    t.false(supervisor.isRunning("sql-primary-late"));
    await sql.setServer("primary", "served");
    t.deepEqual(await sql.query(at, "select 1 as one"), [{ one: 1 }]);
  },
);

test.serial("nothing is left when it is stopped, and nothing ended by itself", async (t) => {
  t.true(plant.supervisor.pssKib() > 20_000);
  await plant.sql.setServer("secondary", "hung");
  await plant.stop();
  t.deepEqual(plant.exits, []);
  t.deepEqual(processesWithEnvironment(`${runVariable}=${plant.run}`), []);
});

interface Written {
  text: string;
  /** When it was acknowledged. */
  atMs: number;
}

/** Writes one note after the other until the connection breaks. */
function writeAll(client: Client, prefix: string) {
  const acknowledged: Written[] = [];
  const writing = (async () => {
    for (let index = 0; ; index += 1) {
      const text = `${prefix} ${index}`;
      await client.query("insert into notes values ($1)", [text]);
      acknowledged.push({ text, atMs: Date.now() });
      await pause(5);
    }
  })().catch(() => {});
  return { acknowledged, stop: () => writing };
}
