import { readFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import ssh2 from "ssh2";
import { haproxyConfig } from "../../../infra/hosts/index.ts";
import { adminUsername } from "../../../infra/names.ts";
import { defaultEndpoints, mainAddress } from "../../../local/plant/addresses.ts";
import { acquireDrillBlock } from "../../../local/plant/block.ts";
import type { Block } from "../../../local/plant/block.ts";
import { startPlant } from "../../../local/plant/plant.ts";
import type { Plant } from "../../../local/plant/plant.ts";
import { poll } from "../../../local/plant/readiness.ts";
import { prepareToolchain } from "../../../local/toolchain/prepare.ts";
import { PlantClient } from "./plant-client.ts";
import { bootServers, haproxyOptions } from "./plant-servers.ts";
import { runCommand } from "./ssh/ssh-run.ts";

const zoneName = "example.test";
const apiToken = "local-plant-test-token-of-forty-characters";
const name = `app.${zoneName}`;

let block: Block;
let plant: Plant;
let client: PlantClient;
let exits = "";

test.before(async () => {
  const toolchain = await prepareToolchain(() => {});
  block = await acquireDrillBlock({ clientPort: 8443, report: () => {} });
  plant = await startPlant({
    toolchain,
    block,
    hosts: defaultEndpoints(block.number),
    zoneName,
    clientPort: 8443,
    prefix: "saas",
    regions: { primary: "westeurope", secondary: "northeurope" },
    ttlDivisor: 30,
    refreshSeconds: 1,
    apiToken,
    onExit: ({ name: process, how }) => (exits += `${process}: ${how}\n`),
    report: () => {},
  });
  await bootServers(plant, zoneName);
  client = new PlantClient(plant, apiToken);
});

test.after.always(async () => {
  await plant?.stop();
  await block?.release();
});

/** Runs a command on the main load balancer as the primary stack does. */
async function run(
  t: ExecutionContext,
  command: string,
  input = "",
): Promise<{ said: string; code: number | null }> {
  const secret = (file: string) => readFileSync(path.join(plant.secrets, file), "utf8");
  const connection = new ssh2.Client();
  t.teardown(() => connection.end());
  await new Promise<void>((resolve, reject) => {
    connection.once("ready", resolve).once("error", reject);
    connection.connect({
      host: mainAddress(plant.addresses, "load-balancer-main").address,
      port: plant.addresses.sshPort,
      username: adminUsername,
      privateKey: secret("deploy-key"),
      hostVerifier: (key: Buffer) => secret("load-balancer-main.pub").includes(key.toString("base64")),
    });
  });
  const { output, errors, code } = await runCommand(connection, command, input);
  return { said: output + errors, code };
}

const call = () => client.callAt(mainAddress(plant.addresses, "load-balancer-main").address, name);
const config = () => haproxyConfig(haproxyOptions(plant, "load-balancer-main", zoneName));
const install = "sudo -n /usr/local/bin/failover-install-haproxy";

test.serial(
  "a new configuration is installed, and HAProxy serves with it without losing a request",
  async (t) => {
    const changed = config().replace(
      "default_backend api",
      "http-response set-header X-Colour green\n  default_backend api",
    );
    const requests = Array.from({ length: 20 }, () => call());
    const installed = await run(t, install, changed);
    t.deepEqual(installed, { said: "", code: 0 });
    const answers = await Promise.all([...requests, call()]);
    t.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    const file = readFileSync(
      path.join(plant.folder, "vm/load-balancer-main/etc/haproxy/haproxy.cfg"),
      "utf8",
    );
    t.regex(file, /X-Colour green/);
    t.true(file.includes(`bind ${mainAddress(plant.addresses, "load-balancer-main").shadow}:8443`));
  },
);

test.serial("a configuration that HAProxy refuses is not installed", async (t) => {
  const { said, code } = await run(t, install, config().replace("mode http", "mode https"));
  t.is(code, 1);
  t.regex(said, /HAProxy refuses the configuration; nothing was installed/);
  t.is((await call()).status, 200);
});

test.serial("systemctl tells and changes what runs, and refuses what it does not know", async (t) => {
  t.deepEqual(await run(t, "systemctl is-active haproxy"), { said: "active\n", code: 0 });
  t.is((await run(t, "sudo systemctl stop haproxy.service")).code, 0);
  t.deepEqual(await run(t, "systemctl is-active haproxy"), { said: "inactive\n", code: 3 });
  t.is((await run(t, "sudo systemctl reload haproxy")).code, 1);
  await t.throwsAsync(call(), { code: "ECONNRESET" });
  t.is((await run(t, "sudo systemctl restart haproxy")).code, 0);
  t.is((await call()).status, 200);
  t.deepEqual(await run(t, "systemctl mask haproxy"), {
    said: "a local machine does not know systemctl mask\n",
    code: 1,
  });
  t.regex((await run(t, "systemctl start nothing")).said, /unit nothing\.service does not exist/);
});

test.serial("a killed HAProxy is started again by its unit", async (t) => {
  const pid = () => readFileSync(path.join(plant.folder, "vm/load-balancer-main/run/haproxy.pid"), "utf8");
  const before = pid();
  await run(t, "kill -KILL $(cat /run/haproxy.pid)");
  await poll({
    deadlineMs: 10_000,
    until: async () => {
      const { said } = await run(t, "systemctl is-active haproxy");
      return said === "active\n" || said;
    },
  });
  t.not(pid(), before);
  t.is((await call()).status, 200);
  t.is(exits, "");
});
