import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { DrillProcess, gitStatus } from "./drill-process.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A server that nobody should call, and how often somebody did. */
class Trap {
  calls = 0;
  readonly #server: Server = createServer((socket) => {
    this.calls += 1;
    socket.destroy();
  });

  async listen(
    t: ExecutionContext,
    where: { host: string; port: number } | { path: string },
  ): Promise<string> {
    this.#server.listen(where);
    await once(this.#server, "listening");
    t.teardown(() => this.#server.close());
    const address = this.#server.address() as AddressInfo | string;
    return typeof address === "string" ? address : `127.0.0.1:${address.port}`;
  }
}

test("a drill uses no token, proxy, agent or backend of the shell it is started from", async (t) => {
  t.timeout(300_000);
  const folder = temporaryFolder();
  const net = new Trap();
  const agent = new Trap();
  const trap = await net.listen(t, { host: "127.0.0.1", port: 0 });
  const socket = await agent.listen(t, { path: join(folder, "agent.sock") });
  const before = gitStatus();
  const json = join(folder, "report.json");
  const env = { ...process.env, ...poison(`http://${trap}`, socket) };
  const drill = new DrillProcess(["load-balancer-down", "--json", json], { env, through: "setup" });
  t.teardown(() => drill.child.kill("SIGKILL"));
  t.is(await drill.ended(), 0, drill.output);
  t.is(net.calls, 0);
  t.is(agent.calls, 0);
  t.is(gitStatus(), before, "the drill changed the repository");
  t.notRegex(drill.output, /poisoned/);

  const report = JSON.parse(readFileSync(json, "utf8")) as Report;
  t.is(report.schemaVersion, 1);
  t.is(report.run.realTime, false);
  const [scenario] = report.scenarios;
  t.like(scenario, {
    name: "load-balancer-down",
    system: "Load balancer",
    topology: "lb-backup",
    verdict: "kept",
  });
});

test("the traps of this file do catch a call", async (t) => {
  const net = new Trap();
  const trap = await net.listen(t, { host: "127.0.0.1", port: 0 });
  await t.throwsAsync(fetch(`http://${trap}`));
  t.is(net.calls, 1);
});

interface Report {
  schemaVersion: number;
  run: { realTime: boolean };
  scenarios: Record<string, unknown>[];
}

function poison(trap: string, agent: string): Record<string, string> {
  const urls = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "PULUMI_BACKEND_URL",
    "PULUMI_API",
    "CLOUDFLARE_BASE_URL",
    "AZURE_AUTHORITY_HOST",
    "IDENTITY_ENDPOINT",
    "MSI_ENDPOINT",
    "ARM_MSI_ENDPOINT",
    "ARM_OIDC_REQUEST_URL",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "AZURE_APPCONFIG_ENDPOINT",
  ];
  const secrets = [
    "PULUMI_ACCESS_TOKEN",
    "CLOUDFLARE_API_TOKEN",
    "CLOUDFLARE_API_KEY",
    "IDENTITY_HEADER",
    "ARM_CLIENT_ID",
    "ARM_CLIENT_SECRET",
    "ARM_TENANT_ID",
    "ARM_SUBSCRIPTION_ID",
    "ARM_ENVIRONMENT",
    "ARM_OIDC_TOKEN",
    "ARM_OIDC_REQUEST_TOKEN",
    "ARM_ACCESS_KEY",
    "ARM_SAS_TOKEN",
    "ARM_PARTNER_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_TENANT_ID",
    "AZURE_SUBSCRIPTION_ID",
    "AZURE_STORAGE_ACCOUNT",
    "AZURE_STORAGE_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_USERNAME",
    "AZURE_PASSWORD",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_CONFIG_DIR",
    "AZURE_KEYVAULT_AUTH_VIA_CLI",
    "AZURE_TOKEN_CREDENTIALS",
  ];
  // True ones would take every sign-in another way.
  const switches = ["ARM_USE_MSI", "ARM_USE_OIDC", "ARM_USE_CLI", "AZURE_STORAGE_USE_EMULATOR"];
  return {
    ...Object.fromEntries(urls.map((name) => [name, trap])),
    ...Object.fromEntries(secrets.map((name) => [name, "poisoned"])),
    ...Object.fromEntries(switches.map((name) => [name, "true"])),
    // Without the scheme, and with the system's authorities: nothing of ours would be believed there.
    ARM_METADATA_HOSTNAME: trap.replace("http://", ""),
    ARM_METADATA_HOST: trap.replace("http://", ""),
    // A folder without secrets: servers of the plant would not come up with them.
    FAILOVER_SECRETS: "/nowhere/poisoned",
    FAILOVER_PLANT: "azure",
    SSL_CERT_FILE: "/nowhere/poisoned",
    SSH_AUTH_SOCK: agent,
    PULUMI_CONFIG_PASSPHRASE: "poisoned",
    PULUMI_STACK: "poisoned",
    NO_PROXY: "",
    NODE_USE_ENV_PROXY: "1",
  };
}
