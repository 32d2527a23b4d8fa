import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { followSettings } from "../../../drill/part-rules.ts";
import { haproxyChecks, hostFigures, nagiosChecks } from "../../../evidence/promises/figures.ts";
import { quotas, writesOf } from "../../../evidence/promises/quotas.ts";
import { haproxyConfig } from "../../../infra/hosts/haproxy-config.ts";
import { nagiosObjects } from "../../../infra/hosts/nagios-config.ts";
import { axesOf } from "../../../infra/compose.ts";
import { degraded, normal } from "../../../infra/topologies.ts";
import { publishedBuckets } from "../../../local/cloud/azure/throttle.ts";
import { publishedLimit } from "../../../local/cloud/cloudflare/rate-limit.ts";
import { loadBalancer } from "../../infra/hosts/host-options.ts";

const root = join(import.meta.dirname, "../../..");

function numberIn(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`${pattern} is not found any more`);
  return Number(found);
}

function source(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

test("load balancers check API servers as the linter reckons", (t) => {
  const config = haproxyConfig(loadBalancer);
  t.deepEqual(haproxyChecks, {
    interval: numberIn(config, /default-server check inter (\d+)ms/) / 1000,
    afterFailure: numberIn(config, /fastinter (\d+)ms/) / 1000,
    timeout: numberIn(config, /timeout check (\d+)ms/) / 1000,
    failures: numberIn(config, / fall (\d+) /),
  });
});

test("the monitor checks as the linter reckons", (t) => {
  const objects = nagiosObjects({
    computerName: "monitor",
    clientPort: 443,
    zoneName: "example.test",
    clientName: "api.example.test",
    servers: [],
  });
  // Nagios counts intervals in units of 60 s.
  const service = objects.slice(objects.indexOf("name failover-service"));
  t.deepEqual(nagiosChecks, {
    interval: numberIn(service, /check_interval (\d+)/) * 60,
    afterFailure: numberIn(service, /retry_interval (\d+)/) * 60,
    timeout: numberIn(objects, /check_http .* -t (\d+)/),
    failures: numberIn(service, /max_check_attempts (\d+)/),
  });
});

test("hosts pause between two reads of the settings at least as long as the linter reckons", (t) => {
  const program = source("infra/hosts/programs/settings.ts");
  const seconds = numberIn(program, /defaultRefreshSeconds = ([\d.]+);/);
  const least = numberIn(program, /ms \* \(([\d.]+) \+ Math\.random\(\)/);
  t.is(hostFigures.leastPauseSeconds, seconds * least);
  t.true(hostFigures.leastPauseSeconds < followSettings.pauseSeconds);
});

test("the pool grows as far as the linter reckons", (t) => {
  t.is(
    hostFigures.autoscaleFactor,
    numberIn(source("infra/components/autoscale.ts"), /String\(minimum \* (\d+)\)/),
  );
});

test("the local clouds have the quotas that the linter reckons with", (t) => {
  t.is(quotas.cloudflare.requests, publishedLimit.requests);
  t.is(quotas.cloudflare.windowSeconds, publishedLimit.windowSeconds);
  t.is(quotas.resourceManager.writes, publishedBuckets.writes.size);
  t.is(quotas.resourceManager.perSecond, publishedBuckets.writes.perSecond);
  const quota = source("local/cloud/azure/app-configuration/quota.ts").replaceAll("_", "");
  t.is(quotas.settingsStore.requests, numberIn(quota, /standard: \{ requests: (\d+), seconds: 3600 \}/));
});

/** The table that tests/engine/requests.test.ts counts with the real engine: writes of a switch from normal. */
function countedWrites(topology: string): { cloudflare: number; resourceManager: number } {
  const row = source("docs/deployability.md")
    .split("\n")
    .find((line) => line.startsWith(`| \`${topology}\` |`));
  const [, , cloudflare = "", resourceManager = ""] = (row ?? "").split("|").map((cell) => cell.trim());
  const each = [...resourceManager.matchAll(/(\d+) ×/g)].map(([, count]) => Number(count));
  return { cloudflare: Number(cloudflare), resourceManager: each.reduce((sum, count) => sum + count, 0) };
}

for (const topology of Object.keys(degraded)) {
  test(`a switch to ${topology} writes as often as the engine was counted to`, (t) => {
    t.deepEqual(writesOf({ from: normal, to: axesOf(topology) }), countedWrites(topology));
  });
}
