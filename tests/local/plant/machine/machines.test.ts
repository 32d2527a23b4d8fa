import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { processesWithEnvironment } from "../../../../local/plant/processes.ts";
import { poll } from "../../../../local/plant/readiness.ts";
import { runVariable } from "../../../../local/plant/run-folder.ts";
import {
  clientPort,
  cloudConfig,
  echoConfig,
  echoUnit,
  openMachinePark,
  openToAll,
} from "./machines-fixture.ts";
import type { MachinePark } from "./machines-fixture.ts";

let park: MachinePark;
let lastUsed = 100;

test.before(async () => {
  park = await openMachinePark();
});

test.after.always(() => park?.close());

/** A machine of the test's own, removed after it. */
function describeMachine(t: ExecutionContext, customData: (address: string) => string) {
  const last = (lastUsed += 1);
  const address = `127.${park.block.number}.1.${last}`;
  const name = `machine-${last}`;
  const spec = park.spec(name, last, customData(address));
  t.teardown(() => park.machines.serve({ remove: { machine: spec.id } }));
  const root = path.join(park.block.folder, "vm", name);
  return { spec, name, address, root, boot: () => park.boot(spec) };
}

interface Echo {
  pid: number;
  [variable: string]: unknown;
}

async function ask(address: string, at = "/"): Promise<Echo> {
  const response = await fetch(`http://${address}:${clientPort}${at}`, { signal: AbortSignal.timeout(5000) });
  return (await response.json()) as Echo;
}

const serves = (address: string) =>
  poll({ deadlineMs: 10_000, until: async () => (await ask(address)).pid > 0 || "no pid" });

test("a booted machine serves on its own address, with the environment of its unit and its identity", async (t) => {
  const { boot, address, root } = describeMachine(t, echoConfig);
  await boot();
  t.like(await ask(address), {
    IDENTITY_ENDPOINT: "http://127.0.0.1:1/token",
    SETTINGS_REFRESH_SECONDS: "2",
    COLOUR: "dark green",
    STATE_DIRECTORY: path.join(root, "var/lib/failover"),
  });
});

test("what customData leaves out is missing on the machine", async (t) => {
  const { boot, address } = describeMachine(t, (own) => echoConfig(own, { packages: [] }));
  const error = await t.throwsAsync(boot(), { name: "ProvisioningFailure" });
  t.is(error.message, "echo.service: /usr/bin/node cannot be started: package nodejs is not installed");
  await t.throwsAsync(ask(address));
});

test("a machine without customData does not come up", async (t) => {
  const { boot } = describeMachine(t, () => "");
  await t.throwsAsync(boot(), { message: "customData is empty" });
});

test("a machine that could not provision itself leaves nothing and may be booted again with other customData", async (t) => {
  const broken = echoUnit("127.0.0.1", "SuddenDeath=yes");
  const files = [{ path: "/etc/systemd/system/echo.service", content: broken }];
  const { spec, boot, root, address } = describeMachine(t, (own) => echoConfig(own, { write_files: files }));
  await t.throwsAsync(boot(), { message: /echo\.service: \[Service\] SuddenDeath is not a setting/ });
  t.false(existsSync(root));
  await park.boot({ ...spec, customData: echoConfig(address) });
  t.true((await ask(address)).pid > 0);
});

test("a program that does not become ready fails the boot with the end of its log", async (t) => {
  const files = (own: string) => [
    { path: "/opt/failover/echo.mjs", content: "throw new Error('no configuration');" },
    { path: "/etc/systemd/system/echo.service", content: echoUnit(own) },
  ];
  const { boot, name } = describeMachine(t, (own) => echoConfig(own, { write_files: files(own) }));
  const error = await t.throwsAsync(boot());
  t.true(error.message.includes(`${name}.echo did not become ready`), error.message);
  t.regex(error.message, /no configuration/);
});

test("customData is executed once in a machine's life", async (t) => {
  const { spec, boot, root, address } = describeMachine(t, echoConfig);
  await boot();
  const { pid } = await ask(address);
  await park.machines.serve({ halt: { machine: spec.id } });
  t.deepEqual(pidsOf(pid), []);
  const silent = fetch(`http://${address}:${clientPort}/`, { signal: AbortSignal.timeout(300) });
  await t.throwsAsync(silent, { name: "TimeoutError" });
  const changed = { ...spec, customData: cloudConfig({}) };
  await park.machines.serve({ boot: changed });
  t.not((await ask(address)).pid, pid);
  t.true(existsSync(path.join(root, "opt/failover/echo.mjs")));
});

test("a removed machine leaves no process, no listener and no disk", async (t) => {
  const { spec, boot, root, address } = describeMachine(t, echoConfig);
  await boot();
  const { pid } = await ask(address);
  await park.machines.serve({ remove: { machine: spec.id } });
  t.deepEqual(pidsOf(pid), []);
  t.false(existsSync(root));
  const error = await t.throwsAsync(ask(address));
  t.like(error.cause, { code: "ECONNREFUSED" });
});

test("a removed machine's units end as on SIGTERM: a worker finishes its job", async (t) => {
  const finished = path.join(park.block.folder, "finished");
  const worker = `import { writeFileSync } from "node:fs";
setInterval(() => {}, 1000);
process.on("SIGTERM", () => setTimeout(() => (writeFileSync(${JSON.stringify(finished)}, ""), process.exit()), 300));
console.log('{"ready":true}');`;
  const config = (address: string) =>
    echoConfig(address, {
      write_files: [
        { path: "/opt/failover/echo.mjs", content: worker },
        { path: "/etc/systemd/system/echo.service", content: echoUnit(address) },
      ],
    });
  const { spec, boot } = describeMachine(t, config);
  await boot();
  await park.machines.serve({ remove: { machine: spec.id } });
  t.true(existsSync(finished));
});

test("a unit that crashes is started again, and stays down when its machine was killed", async (t) => {
  const { boot, name, address } = describeMachine(t, echoConfig);
  await boot();
  const { pid } = await ask(address);
  await t.throwsAsync(ask(address, "/crash"));
  await serves(address);
  t.not((await ask(address)).pid, pid);
  await park.machines.get(name).services.stopAll("SIGKILL");
  const error = await t.throwsAsync(ask(address));
  t.like(error.cause, { code: "ECONNRESET" });
  await park.machines.start(name);
  t.true((await ask(address)).pid > 0);
});

test("a unit that crashes at every start is given up as systemd does", async (t) => {
  const unit = (own: string) =>
    echoUnit(own).replace("StartLimitIntervalSec=0", "StartLimitBurst=2\nStartLimitIntervalSec=60");
  const files = (own: string) => [
    {
      path: "/opt/failover/echo.mjs",
      content: "console.log('{\"ready\":true}'); setTimeout(() => process.exit(7), 1000);",
    },
    { path: "/etc/systemd/system/echo.service", content: unit(own) },
  ];
  const { boot, name } = describeMachine(t, (own) => echoConfig(own, { write_files: files(own) }));
  await boot();
  const given = () => park.failures.filter((failure) => failure.startsWith(name));
  await poll({ deadlineMs: 10_000, until: () => given().length > 0 || "still restarted" });
  t.deepEqual(given(), [`${name}.echo: exit code 7`]);
  t.is(park.machines.get(name).services.stateOf("echo.service"), "failed");
});

test("a unit that is starting is waited for by whoever else starts it", async (t) => {
  const { boot, name, address } = describeMachine(t, echoConfig);
  await boot();
  const { services } = park.machines.get(name);
  await services.stop("echo.service");
  const first = services.start("echo.service");
  t.is(services.stateOf("echo.service"), "starting");
  await services.start("echo.service");
  t.is(services.stateOf("echo.service"), "active");
  t.true((await ask(address)).pid > 0);
  await first;
});

test("nobody comes in before the cloud has said who may", async (t) => {
  const { spec, address } = describeMachine(t, echoConfig);
  await park.machines.serve({ boot: spec });
  const waiting = ask(address);
  await isDenied(spec.name, 1);
  const edge = {
    name: "edge",
    priority: 100,
    access: "Allow" as const,
    sources: ["127.0.0.80/31"],
    ports: ["*"],
  };
  await park.machines.serve({ firewall: { machine: spec.id, rules: [edge] } });
  const other = ask(address);
  await isDenied(spec.name, 2);
  await park.machines.serve({ firewall: { machine: spec.id, rules: openToAll } });
  t.deepEqual(await waiting, await other);
});

async function isDenied(name: string, times: number): Promise<void> {
  await poll({
    deadlineMs: 5000,
    until: async () => {
      const { denied = 0 } = (await park.nic.counts())[name] ?? {};
      return denied === times || `${denied} denied`;
    },
  });
}

test("rules that were sent before the machine exists are in force when it boots", async (t) => {
  const { spec, address } = describeMachine(t, echoConfig);
  await park.machines.serve({ firewall: { machine: spec.id, rules: openToAll } });
  await park.machines.serve({ boot: spec });
  t.true((await ask(address)).pid > 0);
});

test("a machine outside of the plant's block, or with a name that is taken, is refused", async (t) => {
  const { spec, boot } = describeMachine(t, echoConfig);
  await boot();
  const twin = { ...spec, id: `${spec.id}-twin` };
  await t.throwsAsync(park.machines.serve({ boot: twin }), { message: /the name machine-\d+ is taken by/ });
  const stranger = { ...twin, name: "stranger", addresses: ["127.1.1.1"] };
  await t.throwsAsync(park.machines.serve({ boot: stranger }), { message: /it has 127\.1\.1\.1/ });
});

test("Nagios is recorded and nothing runs for it", async (t) => {
  const { boot, name } = describeMachine(t, () =>
    cloudConfig({
      packages: ["nagios4", "monitoring-plugins"],
      write_files: [{ path: "/etc/nagios4/conf.d/failover.cfg", content: "define host {}\n" }],
      runcmd: [["systemctl", "enable", "--now", "nagios4.service"]],
    }),
  );
  await boot();
  t.is(park.machines.get(name).services.stateOf("nagios4.service"), "recorded");
  t.true(park.reports.includes(`${name}: nagios4.service is control plane only, nothing runs for it`));
});

test("every process of a machine carries the mark of its run", async (t) => {
  const { boot, address } = describeMachine(t, echoConfig);
  await boot();
  const { pid } = await ask(address);
  const marked = processesWithEnvironment(`${runVariable}=${park.block.run}`).map((process) => process.pid);
  t.true(marked.includes(pid));
  const recorded = readFileSync(path.join(park.block.folder, "processes.jsonl"), "utf8");
  t.regex(recorded, new RegExp(`"pid":${pid},`));
});

function pidsOf(pid: number): number[] {
  return processesWithEnvironment(`${runVariable}=${park.block.run}`)
    .map((process) => process.pid)
    .filter((running) => running === pid);
}
