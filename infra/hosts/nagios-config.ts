import type { MonitorOptions } from "./options.ts";

/**
 * Objects for Nagios 4 beside those of Debian's package, whose commands, time periods and contacts
 * they use: a host with its own check per server, and clients' name through DNS and through each server.
 * A server that the bypass keeps from us is reported by its path, the rest stays green.
 */
export function nagiosObjects({ clientPort, clientName, servers }: MonitorOptions): string {
  const commands = [
    define("command", {
      command_name: "failover-port",
      command_line: `${plugins}/check_tcp -H $HOSTADDRESS$ -p ${clientPort} -t 5`,
    }),
    define("command", {
      command_name: "failover-https",
      // -I is where it connects, -H what it asks for: the request of a client through this server.
      command_line: `${plugins}/check_http -S --sni -H ${clientName} -I $HOSTADDRESS$ -p ${clientPort} -u /healthz -e 200 -t 5`,
    }),
  ];
  const watched = [{ name: "clients", address: clientName }, ...servers];
  return [
    ...commands,
    hostTemplate,
    serviceTemplate,
    ...watched.map(({ name, address }) => define("host", { use: "failover-host", host_name: name, address })),
    ...watched.map(({ name }) => serviceOf(name)),
  ].join("\n");
}

const plugins = "/usr/lib/nagios/plugins";

const checks = {
  check_interval: "1",
  retry_interval: "1",
  check_period: "24x7",
  notification_period: "24x7",
  notification_interval: "30",
  contact_groups: "admins",
};

const hostTemplate = define("host", {
  name: "failover-host",
  register: "0",
  // Not a ping: security groups let the client port in and nothing else.
  check_command: "failover-port",
  max_check_attempts: "2",
  ...checks,
});

const serviceTemplate = define("service", {
  name: "failover-service",
  register: "0",
  max_check_attempts: "3",
  ...checks,
});

function serviceOf(host: string): string {
  return define("service", {
    use: "failover-service",
    host_name: host,
    service_description: "api",
    check_command: "failover-https",
  });
}

function define(kind: string, directives: Record<string, string>): string {
  const lines = Object.entries(directives).map(([name, value]) => `  ${name} ${value}\n`);
  return `define ${kind} {\n${lines.join("")}}\n`;
}
