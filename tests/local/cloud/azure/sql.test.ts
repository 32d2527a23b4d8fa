import test, { type ExecutionContext } from "ava";
import { openAzure, type TestCloud } from "./azure-fixture.ts";
import { idOf, location } from "./network-fixture.ts";

const servers = "resourceGroups/plant/providers/Microsoft.Sql/servers";
const primary = `${servers}/saas-sql-primary`;
const secondary = `${servers}/saas-sql-secondary`;
const database = `${primary}/databases/saas`;
const login = { administratorLogin: "operator", administratorLoginPassword: "Secret-0123456" };

async function openSql(t: ExecutionContext): Promise<TestCloud> {
  const cloud = await openAzure(t);
  await cloud.call("PUT", "resourceGroups/plant", { location });
  await cloud.settle("PUT", primary, { location, properties: login });
  await cloud.settle("PUT", secondary, { location: "northeurope", properties: login });
  await cloud.settle("PUT", database, { location });
  return cloud;
}

const groupBody = (more: object = {}, endpoint: object = { failoverPolicy: "Manual" }) => ({
  properties: {
    partnerServers: [{ id: idOf(secondary) }],
    readWriteEndpoint: endpoint,
    databases: [idOf(database)],
    ...more,
  },
});

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
  t.is(
    (
      await settle("PUT", `${servers}/third`, {
        location,
        properties: { administrators: { azureADOnlyAuthentication: true } },
      })
    ).body.status,
    "Succeeded",
  );
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

test("a restore to a point in time makes a new database on the same server", async (t) => {
  const { call, settle } = await openSql(t);
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
  const over = await call("PUT", database, { location, properties });
  t.deepEqual([over.status, over.body.error.code], [409, "DatabaseAlreadyExists"]);
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

test("a geo-restore needs geo-redundant backups", async (t) => {
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
  const restored = await settle("PUT", `${secondary}/databases/back`, {
    location: "northeurope",
    properties: properties("saas"),
  });
  t.is(restored.body.status, "Succeeded");
});

test("a failover group appears on both servers and seeds its databases on the partner", async (t) => {
  const { call, settle } = await openSql(t);
  await settle("PUT", `${primary}/failoverGroups/saas-sql`, groupBody());
  const roleOn = async (server: string) =>
    (await call("GET", `${server}/failoverGroups/saas-sql`)).body.properties.replicationRole;
  t.deepEqual([await roleOn(primary), await roleOn(secondary)], ["Primary", "Secondary"]);
  const copy = (await call("GET", `${secondary}/databases/saas`)).body;
  t.like(copy, { location: "northeurope", properties: { status: "Online", secondaryType: "Geo" } });
  t.is(
    (await call("GET", database)).body.properties.failoverGroupId,
    idOf(`${primary}/failoverGroups/saas-sql`),
  );
});

for (const verb of ["failover", "forceFailoverAllowDataLoss"]) {
  test(`${verb} is asked of the secondary, swaps the roles, and can be taken back`, async (t) => {
    const { call, settle } = await openSql(t);
    await settle("PUT", `${primary}/failoverGroups/saas-sql`, groupBody());
    const on = (server: string) => `${server}/failoverGroups/saas-sql`;
    const wrong = await call("POST", `${on(primary)}/${verb}`);
    t.deepEqual([wrong.status, wrong.body.error.code], [400, "FailoverGroupFailoverRequestOnPrimary"]);
    t.is((await settle("POST", `${on(secondary)}/${verb}`)).body.status, "Succeeded");
    t.is((await call("GET", on(secondary))).body.properties.replicationRole, "Primary");
    const update = await call("PUT", on(primary), groupBody());
    t.is(update.body.error.code, "FailoverGroupUpdateOrDeleteRequestOnSecondary");
    t.is(
      (await call("DELETE", on(primary))).body.error.code,
      "FailoverGroupUpdateOrDeleteRequestOnSecondary",
    );
    await settle("POST", `${on(primary)}/failover`);
    t.is((await call("GET", on(primary))).body.properties.replicationRole, "Primary");
  });
}

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

test("a failover group's second PUT needs a target of its read-only endpoint", async (t) => {
  const { call, settle } = await openSql(t);
  const path = `${primary}/failoverGroups/saas-sql`;
  await settle("PUT", path, groupBody());
  t.regex((await call("PUT", path, groupBody())).body.error.code, /InvalidReadOnlyEndpointTargetServer$/);
  const readOnlyEndpoint = { failoverPolicy: "Disabled", targetServer: idOf(secondary) };
  t.is((await settle("PUT", path, groupBody({ readOnlyEndpoint }))).body.status, "Succeeded");
});

const badGroups = [
  [
    groupBody({}, { failoverPolicy: "Manual", failoverWithDataLossGracePeriodMinutes: 60 }),
    "InvalidFailoverGroupGracePeriod",
  ],
  [groupBody({}, { failoverPolicy: "Automatic" }), "InvalidFailoverGroupGracePeriod"],
  [groupBody({ partnerServers: [{ id: idOf(primary) }] }), "FailoverGroupPartnerServerFromSameRegion"],
  [groupBody({ partnerServers: [{ id: idOf(`${servers}/no`) }] }), "ServerNotInSubscriptionResourceGroup"],
  [groupBody({ databases: [idOf(`${primary}/databases/no`)] }), "InvalidFailoverGroupDatabase"],
] as const;

for (const [index, [body, code]] of badGroups.entries()) {
  test(`a failover group is refused with ${code} (${index})`, async (t) => {
    const { call } = await openSql(t);
    t.is((await call("PUT", `${primary}/failoverGroups/saas-sql`, body)).body.error.code, code);
  });
}

test("deleting the group leaves both databases; deleting a server takes its own with it", async (t) => {
  const { call, settle } = await openSql(t);
  await settle("PUT", `${primary}/failoverGroups/saas-sql`, groupBody());
  await settle("DELETE", `${primary}/failoverGroups/saas-sql`);
  t.is((await call("GET", `${secondary}/failoverGroups/saas-sql`)).status, 404);
  t.is((await call("GET", `${secondary}/databases/saas`)).status, 200);
  await settle("DELETE", primary);
  t.is((await call("GET", database)).status, 404);
});
