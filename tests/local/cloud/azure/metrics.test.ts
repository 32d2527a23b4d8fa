import test from "ava";
import { idOf } from "./network-fixture.ts";
import { database, openGroup, openSql, primary, secondary, twin } from "./sql-fixture.ts";

const metrics = (of: string, query = "") =>
  `${of}/providers/Microsoft.Insights/metrics?api-version=2024-02-01&metricnames=replication_lag_seconds${query}`;

test("the lag of a database's replica is one data point of the time it is known from", async (t) => {
  const { call, plant } = await openGroup(t);
  const asOf = new Date(Date.now() - 90_000).toISOString();
  plant.lags.set("saas", { seconds: 0.75, asOf });
  const { status, body } = await call("GET", metrics(database, "&aggregation=Maximum,Average&interval=PT1M"));
  t.is(status, 200);
  t.like(body, {
    interval: "PT1M",
    namespace: "Microsoft.Sql/servers/databases",
    resourceregion: "westeurope",
  });
  const [metric] = body.value;
  t.like(metric, {
    id: `${idOf(database)}/providers/Microsoft.Insights/metrics/replication_lag_seconds`,
    type: "Microsoft.Insights/metrics",
    name: { value: "replication_lag_seconds" },
    unit: "Seconds",
    errorCode: "Success",
  });
  t.deepEqual(metric.timeseries, [
    { metadatavalues: [], data: [{ timeStamp: asOf, average: 0.75, maximum: 0.75 }] },
  ]);
});

test("there is no data point without a replica, on a replica, or outside the timespan", async (t) => {
  const lonely = await openSql(t);
  const { call, settle, plant } = await openGroup(t);
  const pointsOf = async (of: string, query = "", ask = call) =>
    (await ask("GET", metrics(of, query))).body.value[0].timeseries.length;
  t.is(await pointsOf(database, "", lonely.call), 0);
  t.is(await pointsOf(database), 1);
  t.is(await pointsOf(`${secondary}/databases/saas`), 0);
  t.is(await pointsOf(database, "&timespan=2026-01-01T00:00:00Z/2026-01-02T00:00:00Z"), 0);
  await settle("POST", `${twin}/forceFailoverAllowDataLoss`);
  t.deepEqual([await pointsOf(database), await pointsOf(`${secondary}/databases/saas`)], [0, 1]);
  plant.lags.clear();
  t.is(await pointsOf(`${secondary}/databases/saas`), 0);
});

const refused = [
  [`${database}/providers/Microsoft.Insights/metrics?api-version=2024-02-01&metricnames=cpu`, 400],
  [metrics(database, "&interval=PT5M"), 400],
  [metrics(database, "&timespan=yesterday"), 400],
  [metrics(database).replace("2024-02-01", "1999-01-01"), 400],
  [metrics(`${primary}/databases/no`), 404],
  [metrics(primary), 501],
] as const;

test("a metric, grain, timespan or version that there is none of is refused", async (t) => {
  const { call } = await openSql(t);
  for (const [path, status] of refused) t.is((await call("GET", path)).status, status, path);
  const { error } = (await call("GET", refused[0][0])).body;
  t.regex(error.message, /metric: cpu, Valid metrics: replication_lag_seconds$/);
});
