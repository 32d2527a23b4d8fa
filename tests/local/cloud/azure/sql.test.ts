import test from "ava";
import { idOf, location } from "./network-fixture.ts";
import {
  database,
  groupBody,
  login,
  openSql,
  partnerLocation,
  placed,
  primary,
  secondary,
  servers,
} from "./sql-fixture.ts";

test("a server has its host name and keeps its password to itself", async (t) => {
  const { call } = await openSql(t);
  const { properties } = (await call("GET", primary)).body;
  t.like(properties, {
    fullyQualifiedDomainName: "saas-sql-primary.database.windows.net",
    state: "Ready",
    administratorLogin: "operator",
  });
  t.is(properties.administratorLoginPassword, undefined);
});

test("a server needs a complex password or the directory only, and its login stays", async (t) => {
  const { call, settle } = await openSql(t);
  const put = (properties: object) => call("PUT", `${servers}/third`, { location, properties });
  t.is((await put({ ...login, administratorLoginPassword: "secret" })).body.error.code, "PasswordNotComplex");
  t.is((await put({})).body.error.code, "InvalidRequestFormat");
  const directoryOnly = { location, properties: { administrators: { azureADOnlyAuthentication: true } } };
  // The second one is what an `up` sends again that was cut off.
  for (const time of ["created", "updated"]) {
    t.is((await settle("PUT", `${servers}/third`, directoryOnly)).body.status, "Succeeded", time);
  }
  const changed = await call("PUT", primary, {
    location,
    properties: { ...login, administratorLogin: "other" },
  });
  t.is(changed.body.error.code, "PropertyChangeNotAllowed");
});

test("a database comes with a retention policy of 7 days, which can be set to 35 at most", async (t) => {
  const { call, settle } = await openSql(t);
  const policy = `${database}/backupShortTermRetentionPolicies/default`;
  t.is((await call("GET", policy)).body.properties.retentionDays, 7);
  await settle("PUT", policy, { properties: { retentionDays: 35 } });
  t.is((await call("GET", policy)).body.properties.retentionDays, 35);
  t.is(
    (await call("PUT", policy, { properties: { retentionDays: 36 } })).body.error.code,
    "InvalidBackupRetentionPeriod",
  );
});

test("a server has a name that clients may keep for a minute, and databases go before it does", async (t) => {
  const { settle, plant } = await openSql(t);
  const { server, region } = placed.primary;
  const name = `${server}.database.windows.net`;
  t.deepEqual(plant.asked("setName")[0], { name, region, service: "sql", ttlSeconds: 60 });
  t.deepEqual(plant.asked("createDatabase"), [placed.primary]);
  await settle("PUT", database, { location, tags: { a: "b" } });
  plant.calls.length = 0;
  await settle("DELETE", primary);
  t.deepEqual(plant.calls, [{ dropDatabase: placed.primary }, { removeName: { name } }]);
});

test("a database that could not be made is not there, and the same PUT again makes it", async (t) => {
  const { call, settle, plant } = await openSql(t);
  const other = `${primary}/databases/other`;
  plant.next.createDatabase = { code: "OperationTimedOut", message: "no" };
  t.like((await settle("PUT", other, { location })).body, {
    status: "Failed",
    error: { code: "OperationTimedOut", message: "no" },
  });
  t.is((await call("GET", other)).status, 404);
  t.is((await settle("PUT", other, { location })).body.status, "Succeeded");
  t.is(plant.asked("createDatabase").length, 3);
});

test("a database that could not be dropped stays", async (t) => {
  const { call, settle, plant } = await openSql(t);
  plant.next.dropDatabase = { code: "DatabaseUnavailable", message: "no" };
  t.is((await settle("DELETE", primary)).body.error.code, "DatabaseUnavailable");
  t.is((await call("GET", database)).status, 200);
  t.false(plant.kinds().includes("removeName"));
});

test("a restore to a point in time makes a new database on the same server", async (t) => {
  const { call, settle, plant } = await openSql(t);
  const restorePointInTime = (await call("GET", database)).body.properties.earliestRestoreDate;
  const properties = {
    createMode: "PointInTimeRestore",
    sourceDatabaseId: idOf(database),
    restorePointInTime,
  };
  t.is(
    (await settle("PUT", `${primary}/databases/restored`, { location, properties })).body.status,
    "Succeeded",
  );
  t.is((await call("GET", `${primary}/databases/restored`)).body.properties.status, "Online");
  const order = { ...placed.primary, database: "restored", source: "saas", at: restorePointInTime };
  t.deepEqual(plant.asked("restoreDatabase"), [order]);
  const over = await call("PUT", database, { location, properties });
  t.deepEqual([over.status, over.body.error.code], [409, "DatabaseAlreadyExists"]);
});

test("a point that retention no longer keeps, or before the first backup, is refused with the window", async (t) => {
  const { azure, call, settle, plant } = await openSql(t);
  const restore = async (at: number) => {
    const restorePointInTime = new Date(at).toISOString();
    const properties = {
      createMode: "PointInTimeRestore",
      sourceDatabaseId: idOf(database),
      restorePointInTime,
    };
    return (await settle("PUT", `${primary}/databases/at-${at}`, { location, properties })).body;
  };
  const hour = 3_600_000;
  const { kept } = azure.cloud.store.get(idOf(database))!;
  kept.restorableFrom = new Date(Date.now() - 30 * 24 * hour).toISOString();
  const eighthDay = Date.now() - 8 * 24 * hour;
  t.is((await restore(eighthDay)).error.code, "InvalidPointInTime");
  await settle("PUT", `${database}/backupShortTermRetentionPolicies/default`, {
    properties: { retentionDays: 9 },
  });
  t.is((await restore(eighthDay)).status, "Succeeded");
  kept.restorableFrom = new Date(Date.now() - hour).toISOString();
  t.regex(
    (await restore(eighthDay + 1)).error.message,
    new RegExp(`the earliest is ${String(kept.restorableFrom)}`),
  );
  azure.cloud.durations.mode = "real";
  t.is(
    (
      await call("PUT", `${primary}/databases/now`, {
        location,
        properties: {
          createMode: "PointInTimeRestore",
          sourceDatabaseId: idOf(database),
          restorePointInTime: new Date(Date.now() - 9 * 60_000).toISOString(),
        },
      })
    ).body.error.code,
    "InvalidPointInTime",
    "the log backup that holds it is not made yet",
  );
  t.is(plant.asked("restoreDatabase").length, 1);
});

test("a geo-secondary is a replica, made from the server of its source", async (t) => {
  const { settle, plant } = await openSql(t);
  const properties = { createMode: "Secondary", sourceDatabaseId: idOf(database) };
  await settle("PUT", `${secondary}/databases/saas`, { location: partnerLocation, properties });
  t.deepEqual(plant.asked("replicateDatabase"), [{ ...placed.secondary, from: location }]);
});

const earlier = new Date(0).toISOString();
const later = new Date(Date.now() + 86_400_000).toISOString();
type Inputs = Record<string, string>;
const badModes: readonly (readonly [string, Inputs, string])[] = [
  [primary, { createMode: "PointInTimeRestore", restorePointInTime: earlier }, "MissingSourceDatabaseId"],
  [
    primary,
    { createMode: "PointInTimeRestore", sourceDatabaseId: idOf(database) },
    "MissingRestorePointInTime",
  ],
  [
    primary,
    { createMode: "PointInTimeRestore", sourceDatabaseId: idOf(database), restorePointInTime: earlier },
    "InvalidPointInTime",
  ],
  [
    primary,
    { createMode: "PointInTimeRestore", sourceDatabaseId: idOf(database), restorePointInTime: later },
    "InvalidPointInTime",
  ],
  [
    secondary,
    { createMode: "PointInTimeRestore", sourceDatabaseId: idOf(database), restorePointInTime: earlier },
    "InvalidSourceDatabaseId",
  ],
  [primary, { createMode: "Copy", sourceDatabaseId: idOf(`${database}x`) }, "SourceDatabaseNotFound"],
  [primary, { createMode: "Copy", sourceDatabaseId: "nonsense" }, "InvalidSourceDatabaseId"],
  [
    primary,
    { createMode: "Secondary", sourceDatabaseId: idOf(database) },
    "ReplicationSourceAndTargetMustBeInDifferentServers",
  ],
  [
    secondary,
    { createMode: "Secondary", sourceDatabaseId: idOf(database) },
    "ReplicationSourceAndTargetMustHaveSameName",
  ],
  [secondary, { createMode: "RestoreExternalBackup" }, "NotServedByLocalCloud"],
];

for (const [server, properties, code] of badModes) {
  const { createMode, ...rest } = properties;
  test(`${createMode} on ${server.split("-").at(-1)} with ${Object.keys(rest).join(" and ") || "nothing"} ${Object.values(rest).at(-1)} is ${code}`, async (t) => {
    const { call } = await openSql(t);
    const at = server === secondary ? "northeurope" : location;
    t.is(
      (await call("PUT", `${server}/databases/other`, { location: at, properties })).body.error.code,
      code,
    );
  });
}

test("a server admits a subnet of its region that has the service endpoint", async (t) => {
  const cloud = await openSql(t);
  const net = "resourceGroups/plant/providers/Microsoft.Network/virtualNetworks/net";
  const endpoint = { serviceEndpoints: [{ service: "Microsoft.Sql" }] };
  const subnets = [
    { name: "open", properties: { addressPrefix: "127.0.4.0/26", ...endpoint } },
    { name: "closed", properties: { addressPrefix: "127.0.4.64/26" } },
  ];
  const addressSpace = { addressPrefixes: ["127.0.4.0/24"] };
  await cloud.settle("PUT", net, { location, properties: { addressSpace, subnets } });
  const put = (server: string, subnet: string) =>
    cloud.settle("PUT", `${server}/virtualNetworkRules/rule`, {
      properties: { virtualNetworkSubnetId: idOf(`${net}/subnets/${subnet}`) },
    });
  t.is((await put(primary, "closed")).body.error.code, "VirtualNetworkRuleBadRequest");
  t.is((await put(secondary, "open")).body.error.code, "VirtualNetworkRuleBadRequest");
  t.is((await put(primary, "open")).body.status, "Succeeded");
});

test("a geo-restore needs geo-redundant backups, and is judged only", async (t) => {
  const { call, settle } = await openSql(t);
  await settle("PUT", `${primary}/databases/local`, {
    location,
    properties: { requestedBackupStorageRedundancy: "Local" },
  });
  const properties = (name: string) => ({
    createMode: "Recovery",
    sourceDatabaseId: idOf(`${primary}/recoverableDatabases/${name}`),
  });
  const refused = await call("PUT", `${secondary}/databases/back`, {
    location: "northeurope",
    properties: properties("local"),
  });
  t.is(refused.body.error.code, "GeoRestoreBackupStorageTypeNotSupported");
  const accepted = await call("PUT", `${secondary}/databases/back`, {
    location: "northeurope",
    properties: properties("saas"),
  });
  t.is(accepted.status, 501, "nobody here keeps backups in another region");
});

test("a geo-secondary is not restored from", async (t) => {
  const { call, settle } = await openSql(t);
  await settle("PUT", `${primary}/failoverGroups/saas-sql`, groupBody());
  const properties = {
    createMode: "PointInTimeRestore",
    sourceDatabaseId: idOf(`${secondary}/databases/saas`),
    restorePointInTime: new Date().toISOString(),
  };
  const answer = await call("PUT", `${secondary}/databases/restored`, {
    location: "northeurope",
    properties,
  });
  t.is(answer.body.error.code, "RestoreNotSupportedForGeoDrSecondary");
});
