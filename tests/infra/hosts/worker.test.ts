import { cpSync, existsSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { poll } from "../../../local/plant/readiness.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { sourceOf, startProgram } from "./host-process.ts";

test("a worker without its packages shows that it lives, says what it lacks, and ends when it is told to", async (t) => {
  const folder = temporaryFolder();
  cpSync(path.dirname(sourceOf("worker")), folder, { recursive: true });
  const worker = await startProgram(t, {
    host: {
      region: "primary",
      stateFolder: folder,
      settings: { endpoint: "https://127.0.0.1:1", clientId: "none" },
    },
    folder,
    file: path.join(folder, "worker.ts"),
  });
  const saysBoth = /worker: it cannot do any work: [^]*settings: kept version none: |settings: [^]*worker: /;
  await poll({ deadlineMs: 20_000, until: () => saysBoth.test(worker.errors) || worker.errors });
  t.true(existsSync(path.join(folder, "heartbeat.json")));
  t.is(await worker.stop("SIGTERM"), 0);
});
