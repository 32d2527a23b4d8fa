/**
 * The probe process: one JSON target on standard input, one JSON sample a line on standard output.
 * A process of its own, so that nothing the drill does can delay a request. Ends with its input.
 */
import { type ClientClass, clientClasses, monotonicMs } from "./journal.ts";
import { openLoop } from "./open-loop.ts";
import { Probe, type ProbeTarget } from "./probe.ts";

function start(target: ProbeTarget): void {
  const periodMs = 1000 / target.perSecond;
  const classes = Object.keys(clientClasses) as ClientClass[];
  classes.forEach((name, index) => {
    const probe = new Probe(target, name);
    // Spread over the period, so that the classes do not compete for the same instant.
    openLoop(periodMs, monotonicMs() + (index * periodMs) / classes.length, (dueMs) => {
      void probe
        .sample(dueMs, monotonicMs)
        .then((sample) => process.stdout.write(`${JSON.stringify(sample)}\n`));
    });
  });
}

let input = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk: string) => {
  input += chunk;
  if (!input.includes("\n")) return;
  start(JSON.parse(input) as ProbeTarget);
  input = "";
});
process.stdin.on("end", () => process.exit(0));
process.on("SIGINT", () => {}); // A terminal's Ctrl-C reaches the whole group; the drill decides when probes end.
