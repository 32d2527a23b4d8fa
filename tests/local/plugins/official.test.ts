import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "ava";
import { writeLauncher } from "../../../local/plugins/launcher.ts";
import { findOfficialPlugin, pinnedVersion } from "../../../local/plugins/official.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const version = pinnedVersion("cloudflare");
const name = "pulumi-resource-cloudflare";

/** A program that answers `--version` as a bridged plugin does. */
function plugin(path: string, answer: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho ${answer}\n`);
  chmodSync(path, 0o755);
  return path;
}

test("the plugin in the user's plugin folder is found at the pinned version only", async (t) => {
  const home = temporaryFolder();
  plugin(join(home, ".pulumi/plugins/resource-cloudflare-v1.0.0", name), "v1.0.0");
  t.is(await findOfficialPlugin("cloudflare", { HOME: home, PATH: "" }), undefined);
  const pinned = plugin(join(home, `.pulumi/plugins/resource-cloudflare-v${version}`, name), `v${version}`);
  t.is(await findOfficialPlugin("cloudflare", { HOME: home, PATH: "" }), pinned);
});

test("PULUMI_HOME names the plugin folder where it is set", async (t) => {
  const home = temporaryFolder();
  const pinned = plugin(join(home, `plugins/resource-cloudflare-v${version}`, name), `v${version}`);
  t.is(
    await findOfficialPlugin("cloudflare", { PULUMI_HOME: home, HOME: temporaryFolder(), PATH: "" }),
    pinned,
  );
});

test("a plugin on PATH is taken at the pinned version, and another one is passed over", async (t) => {
  const [older, right] = [temporaryFolder(), temporaryFolder()];
  plugin(join(older, name), "v6.0.0");
  t.is(await findOfficialPlugin("cloudflare", { HOME: temporaryFolder(), PATH: older }), undefined);
  const pinned = plugin(join(right, name), `v${version}`);
  t.is(
    await findOfficialPlugin("cloudflare", { HOME: temporaryFolder(), PATH: `${older}:${right}` }),
    pinned,
  );
});

test("a program on PATH that tells no version is passed over", async (t) => {
  const broken = temporaryFolder();
  plugin(join(broken, name), "; exit 1");
  t.is(await findOfficialPlugin("cloudflare", { HOME: temporaryFolder(), PATH: broken }), undefined);
});

for (const provider of ["cloudflare", "azure-native", "command"]) {
  test(`${provider}: a program on PATH that prints no version is asked for it as by an engine`, async (t) => {
    const launcher = writeLauncher({ plugin: provider, folder: temporaryFolder(), node: process.execPath });
    t.is(await findOfficialPlugin(provider, { HOME: temporaryFolder(), PATH: dirname(launcher) }), undefined);
    // The same program, but nothing says that it is a stand-in.
    writeFileSync(launcher, `#!/bin/sh\n${readFileSync(launcher, "utf8").split("\n")[2]}\n`);
    t.is(await findOfficialPlugin(provider, { HOME: temporaryFolder(), PATH: dirname(launcher) }), launcher);
  });
}
