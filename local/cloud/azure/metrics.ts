import { ArmError, armError } from "./arm-error.ts";
import { checkApiVersion } from "./api-versions.ts";
import type { Cloud } from "./cloud.ts";
import type { Json } from "./document.ts";
import type { ReplicationLag } from "./plant-protocol.ts";
import { regionOf, type Resource } from "./resource.ts";

/** What a metric was at a time, or null while nobody knows. */
interface Point {
  value: number;
  /** ISO 8601, UTC. */
  at: string;
}

interface Metric {
  name: string;
  localizedName: string;
  description: string;
  unit: string;
  /** All by which it may be asked for; the first unless one is named. */
  aggregations: readonly string[];
  read: (resource: Resource, cloud: Cloud) => Promise<Point | null>;
}

/** learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-sql-servers-databases-metrics, read 2026-11. */
const metricsOf: Readonly<Record<string, readonly Metric[]>> = {
  "Microsoft.Sql/servers/databases": [
    {
      name: "replication_lag_seconds",
      localizedName: "Replication lag (preview)",
      description:
        "Replication lag or RPO is the number of seconds that the secondary database is behind the primary database. This value is available on the primary database only.",
      unit: "Seconds",
      aggregations: ["average", "maximum", "minimum"],
      read: replicationLag,
    },
  ],
};

async function replicationLag({ kept, name }: Resource, { plant }: Cloud): Promise<Point | null> {
  if (kept.role === "Secondary") return null;
  const lag = (await plant.call({ replicationLag: { database: name } })) as ReplicationLag | null;
  return lag && { value: lag.seconds, at: lag.asOf };
}

export const metricsPath = /^(\/subscriptions\/.+)\/providers\/Microsoft\.Insights\/metrics$/i;

/**
 * Metrics of a resource, one data point each: what the plant knows now.
 * learn.microsoft.com/rest/api/monitor/metrics/list
 * @throws ArmError 404 without the resource, 400 for a metric that its type has not, 501 for a type without any here.
 */
export async function readMetrics(id: string, query: URLSearchParams, cloud: Cloud): Promise<Json> {
  checkApiVersion(query.get("api-version"), "Microsoft.Insights/metrics");
  const resource = cloud.store.get(id);
  if (!resource) throw armError("notFound", { type: "resource", name: id, group: "" });
  const { type } = resource.row;
  const known = metricsOf[type];
  if (!known) throw armError("notServed", { call: `metrics of ${type}` });
  const asked = askedOf(query);
  const names = query.get("metricnames")?.split(",") ?? known.slice(0, 1).map(({ name }) => name);
  const metrics = names.map((name) => find(name, { type, known }));
  const value = await Promise.all(metrics.map((metric) => seriesOf(metric, { resource, asked, cloud })));
  return {
    cost: 0,
    timespan: `${isoOf(asked.fromMs)}/${isoOf(asked.untilMs)}`,
    interval: "PT1M",
    value,
    namespace: type,
    resourceregion: regionOf(resource),
  };
}

function find(name: string, { type, known }: { type: string; known: readonly Metric[] }): Metric {
  const metric = known.find((each) => each.name === name.trim().toLowerCase());
  if (metric) return metric;
  const [provider, ...rest] = type.split("/");
  const valid = known.map((each) => each.name).join(",");
  throw badRequest(
    `Failed to find metric configuration for provider: ${provider}, resource Type: ${rest.join("/")}, metric: ${name}, Valid metrics: ${valid}`,
  );
}

const minuteMs = 60_000;

interface Asked {
  fromMs: number;
  untilMs: number;
  aggregations: readonly string[];
}

/** The last hour unless a timespan is given. */
function askedOf(query: URLSearchParams): Asked {
  const interval = query.get("interval") ?? "PT1M";
  if (interval !== "PT1M") throw badRequest(`Detected invalid time grain input: ${interval}. Valid: PT1M`);
  const [from, until] = query.get("timespan")?.split("/").map(Date.parse) ?? [
    Date.now() - 3_600_000,
    Date.now(),
  ];
  if (from === undefined || until === undefined || !(from < until))
    throw badRequest(`Invalid time interval input: ${query.get("timespan")}`);
  const aggregations = query.get("aggregation")?.toLowerCase().split(",") ?? [];
  return { fromMs: from, untilMs: until, aggregations: aggregations.map((each) => each.trim()) };
}

interface Series {
  resource: Resource;
  asked: Asked;
  cloud: Cloud;
}

async function seriesOf(metric: Metric, { resource, asked, cloud }: Series): Promise<Json> {
  const { name, localizedName, description, unit } = metric;
  const point = await metric.read(resource, cloud);
  const atMs = point ? Date.parse(point.at) : Number.NaN;
  // A point stands for its minute.
  const inside = point && asked.fromMs - minuteMs <= atMs && atMs <= asked.untilMs + minuteMs;
  return {
    id: `${resource.id}/providers/Microsoft.Insights/metrics/${name}`,
    type: "Microsoft.Insights/metrics",
    name: { value: name, localizedValue: localizedName },
    displayDescription: description,
    unit,
    timeseries: inside ? [{ metadatavalues: [], data: [dataOf(point, { metric, asked })] }] : [],
    errorCode: "Success",
  };
}

function dataOf(point: Point, { metric, asked }: { metric: Metric; asked: Asked }): Json {
  const wanted = asked.aggregations.length > 0 ? asked.aggregations : metric.aggregations.slice(0, 1);
  const values = metric.aggregations.filter((each) => wanted.includes(each));
  return { timeStamp: point.at, ...Object.fromEntries(values.map((each) => [each, point.value])) };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

function badRequest(message: string): ArmError {
  return new ArmError(400, "BadRequest", message);
}
