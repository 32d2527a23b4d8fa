import { execa } from "execa";
import { join } from "node:path";
import { border, type Invocation } from "./border.ts";

async function fixVerb({ signal }: Invocation): Promise<number> {
  const options = {
    cwd: join(import.meta.dirname, ".."),
    preferLocal: true,
    stdio: "inherit",
    cancelSignal: signal,
  } as const;
  await execa("oxlint", ["--type-aware", "--fix"], { ...options, reject: false });
  await execa("oxfmt", ["--write"], options);
  return 0;
}

await border("npm run fix", fixVerb);
