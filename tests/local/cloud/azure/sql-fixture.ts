import type { ExecutionContext } from "ava";
import { openAzure, type TestCloud } from "./azure-fixture.ts";
import { idOf, location } from "./network-fixture.ts";

export const servers = "resourceGroups/plant/providers/Microsoft.Sql/servers";
export const primary = `${servers}/saas-sql-primary`;
export const secondary = `${servers}/saas-sql-secondary`;
export const partnerLocation = "northeurope";
export const database = `${primary}/databases/saas`;
export const group = `${primary}/failoverGroups/saas-sql`;
export const twin = `${secondary}/failoverGroups/saas-sql`;
export const login = { administratorLogin: "operator", administratorLoginPassword: "Secret-0123456" };

/** Where the database of both servers is, as the plant is told. */
export const placed = {
  primary: { server: "saas-sql-primary", region: location, database: "saas" },
  secondary: { server: "saas-sql-secondary", region: partnerLocation, database: "saas" },
};

/** Two servers, and a database on the first. */
export async function openSql(t: ExecutionContext): Promise<TestCloud> {
  const cloud = await openAzure(t);
  await cloud.call("PUT", "resourceGroups/plant", { location });
  await cloud.settle("PUT", primary, { location, properties: login });
  await cloud.settle("PUT", secondary, { location: partnerLocation, properties: login });
  await cloud.settle("PUT", database, { location });
  return cloud;
}

export const groupBody = (more: object = {}, endpoint: object = { failoverPolicy: "Manual" }) => ({
  properties: {
    partnerServers: [{ id: idOf(secondary) }],
    readWriteEndpoint: endpoint,
    databases: [idOf(database)],
    ...more,
  },
});

/** The same, in a failover group. */
export async function openGroup(t: ExecutionContext): Promise<TestCloud> {
  const cloud = await openSql(t);
  await cloud.settle("PUT", group, groupBody());
  return cloud;
}
