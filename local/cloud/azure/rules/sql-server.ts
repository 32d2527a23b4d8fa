import { ArmError, armError } from "../arm-error.ts";
import type { Change, Rules } from "../cloud.ts";
import { listAt, objectAt, textAt } from "../document.ts";
import { removeNames, setSqlName, sqlHostName } from "../host-names.ts";
import { regionOf } from "../resource.ts";

export const sqlServer: Rules = {
  accept(change) {
    const { document, old } = change;
    const { properties } = document;
    const directoryOnly = objectAt(properties, "administrators").azureADOnlyAuthentication === true;
    const login = textAt(properties, "administratorLogin");
    if (!old && !directoryOnly && (!login || !textAt(properties, "administratorLoginPassword"))) {
      throw armError("missingProperty", {
        property: "administratorLogin and administratorLoginPassword, or administrators",
      });
    }
    checkPassword(change);
    const before = textAt(old?.document.properties, "administratorLogin");
    if (login === undefined && before !== undefined) properties.administratorLogin = before;
    properties.version ??= "12.0";
    properties.minimalTlsVersion ??= "1.2";
    properties.publicNetworkAccess ??= "Enabled";
  },
  carryOut: (server, { cloud }) =>
    setSqlName(cloud.plant, { name: server.name, kind: "server", region: regionOf(server) ?? "" }),
  clear: ({ name }, { plant }) => removeNames(plant, [sqlHostName(name)]),
  outputs: ({ name }) => ({ fullyQualifiedDomainName: sqlHostName(name), state: "Ready" }),
  envelope: () => ({ kind: "v12.0" }),
  writeOnly: ["properties.administratorLoginPassword"],
};

/** learn.microsoft.com/sql/relational-databases/security/password-policy: 8 to 128 characters of three kinds. */
function checkPassword({ document }: Change): void {
  const password = textAt(document.properties, "administratorLoginPassword");
  if (password === undefined) return;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z0-9]/].filter((kind) => kind.test(password)).length;
  if (kinds >= 3 && password.length >= 8 && password.length <= 128) return;
  throw new ArmError(
    400,
    "PasswordNotComplex",
    "Password validation failed. The password does not meet policy requirements because it is not complex enough.",
  );
}

export const sqlFirewallRule: Rules = {
  accept({ document }) {
    for (const property of ["startIpAddress", "endIpAddress"]) {
      if (textAt(document.properties, property) === undefined)
        throw armError("missingProperty", { property });
    }
  },
};

/** learn.microsoft.com/azure/azure-sql/database/vnet-service-endpoint-rule-overview; the code is that of reports. */
export const sqlNetworkRule: Rules = {
  accept({ document, parent, cloud }) {
    const subnet = cloud.store.get(textAt(document.properties, "virtualNetworkSubnetId") ?? "");
    if (!subnet) throw armError("missingProperty", { property: "virtualNetworkSubnetId" });
    const network = cloud.store.get(subnet.parentKey ?? "");
    const near = network && parent && regionOf(network) === regionOf(parent);
    const open = listAt(subnet.document.properties, "serviceEndpoints").some(
      ({ service }) => service === "Microsoft.Sql",
    );
    if (near && (open || document.properties.ignoreMissingVnetServiceEndpoint === true)) return;
    throw new ArmError(
      400,
      "VirtualNetworkRuleBadRequest",
      `Azure SQL Server Virtual Network Rule encountered an user error: Cannot proceed with operation because subnet ${subnet.id} is ${near ? "not provisioned with the service endpoint Microsoft.Sql" : "in another region than the server"}.`,
    );
  },
  outputs: () => ({ state: "Ready" }),
};

export const shortTermRetention: Rules = {
  defaults: { retentionDays: 7, diffBackupIntervalInHours: 12 },
  accept({ document }) {
    const { properties } = document;
    const days = properties.retentionDays ?? 7;
    if (typeof days !== "number" || !Number.isInteger(days) || days < 1 || days > 35) {
      throw new ArmError(
        400,
        "InvalidBackupRetentionPeriod",
        "Invalid retention days: they must be between 1 and 35.",
      );
    }
    properties.retentionDays = days;
    properties.diffBackupIntervalInHours ??= 12;
  },
};
