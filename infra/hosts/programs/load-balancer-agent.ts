/**
 * Brings the settings' `api` axis to the HAProxy beside it, each second anew: a HAProxy that was reloaded or
 * restarted, or that somebody gave another order, follows the settings again. Keeps HAProxy's own state
 * file, from which a reload and a boot start.
 */
import { setTimeout as pause } from "node:timers/promises";
import { writeAtomically } from "./atomic-file.ts";
import { askHaproxy } from "./haproxy-socket.ts";
import { type HostFile, readHostFile } from "./host-file.ts";
import { commandsFor, parseServerStates } from "./server-states.ts";
import { SettingsFollower } from "./settings.ts";

interface LoadBalancerHost extends HostFile {
  adminSocket: string;
  serverState: string;
}

const periodMs = 1000;

const host = readHostFile() as LoadBalancerHost;
const follower = new SettingsFollower(host);
let kept = "";
let lastSaid = "";

process.stdout.write('{"ready":true}\n');
void follower.follow();
for (;;) {
  await bringSettings().catch((error: unknown) => say(`waiting: ${String(error)}`));
  await pause(periodMs);
}

async function bringSettings(): Promise<void> {
  const api = follower.current?.api;
  const states = parseServerStates(await askHaproxy(host.adminSocket, "show servers state"));
  const commands = api ? commandsFor(api, states) : [];
  for (const command of commands) await order(command);
  await keepStates();
  if (api) say(`servers in use: ${api}`);
}

async function order(command: string): Promise<void> {
  const answer = (await askHaproxy(host.adminSocket, command)).trim();
  // HAProxy answers an order with nothing, or with what is wrong with it.
  if (answer !== "") throw new Error(`${command}: ${answer}`);
}

/**
 * Written whenever a server came, went or changed sides, not only after an order: a file that still
 * calls both servers down would make the next reload answer 503 until its checks have passed.
 */
async function keepStates(): Promise<void> {
  const answer = await askHaproxy(host.adminSocket, "show servers state");
  const states = JSON.stringify(parseServerStates(answer));
  if (states === kept) return;
  writeAtomically(host.serverState, answer);
  kept = states;
}

function say(text: string): void {
  if (text !== lastSaid) process.stderr.write(`agent: ${text}\n`);
  lastSaid = text;
}
