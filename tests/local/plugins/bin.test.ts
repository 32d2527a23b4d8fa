import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { prepareBin } from "../../../local/plugins/bin.ts";
import { isLauncher } from "../../../local/plugins/launcher.ts";
import type { Toolchain } from "../../../local/toolchain/prepare.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const providers = ["cloudflare", "azure-native", "command"];

test("a run's folder has pulumi, Node and each provider's plugin, the official one or its stand-in", async (t) => {
  const folder = temporaryFolder();
  const program = { path: process.execPath };
  const toolchain = {
    pulumi: program,
    node: process.execPath,
    languageHost: program,
  } as unknown as Toolchain;
  const bin = await prepareBin(folder, toolchain);
  t.deepEqual(Object.keys(bin.plugins), providers);
  for (const name of ["pulumi", "node", "pulumi-language-nodejs"])
    t.notThrows(() => executable(bin.folder, name));
  const standIns = providers.filter((name) => bin.plugins[name] === "stand-in");
  for (const name of standIns) t.true(isLauncher(join(bin.folder, `pulumi-resource-${name}`)));
  t.true(providers.every((name) => /^(stand-in|official \d+\.\d+\.\d+)$/.test(bin.plugins[name] ?? "")));
});

function executable(folder: string, name: string): void {
  accessSync(join(folder, name), constants.X_OK);
}
