/** `systemctl` on a local machine: arguments are the plant's socket, then systemctl's own. */
import { connect } from "node:net";
import { json } from "node:stream/consumers";
import type { SystemctlAnswer } from "./systemctl.ts";

const [socket = "", ...args] = process.argv.slice(2);
const plant = connect(socket);
plant.end(JSON.stringify(args));
const { code, output, problem } = (await json(plant)) as SystemctlAnswer;
if (output !== undefined && !args.includes("--quiet") && !args.includes("-q"))
  process.stdout.write(`${output}\n`);
if (problem !== undefined) process.stderr.write(`${problem}\n`);
process.exitCode = code;
