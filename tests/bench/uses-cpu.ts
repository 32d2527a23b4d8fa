/** Arguments: CPU seconds to use up, and those of a child, if any; "leave" does not wait for that child. */
import { spawn } from "node:child_process";
import { once } from "node:events";

const [seconds, ofChild, leave] = process.argv.slice(2);
const child = ofChild
  ? spawn(process.execPath, [import.meta.filename, ofChild], { stdio: "inherit", argv0: "the-child" })
  : undefined;
while (process.cpuUsage().user + process.cpuUsage().system < Number(seconds) * 1e6);
if (child && !leave) await once(child, "exit");
else child?.unref();
