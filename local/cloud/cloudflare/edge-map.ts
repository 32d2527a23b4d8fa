import { rename, writeFile } from "node:fs/promises";
import { connect } from "node:net";

/** HAProxy refuses a command line longer than its buffer, 16 kB unless configured. */
const payloadBytes = 8000;

export interface EdgeMapSettings {
  /** The map file of the edge's configuration, as written there. */
  file: string;
  /** HAProxy's admin socket, `level admin`. */
  socket: string;
  timeoutMs?: number;
}

/**
 * Tells the edge where each host's origin is: the file for its next start, the socket for the running process,
 * which then has the whole new map from one moment to the next. An edge that is not running has the file.
 * @throws Error when HAProxy answers with a complaint, or not at all within `timeoutMs` (1 s).
 */
export async function publishEdgeMap(
  origins: ReadonlyMap<string, string>,
  settings: EdgeMapSettings,
): Promise<void> {
  const lines = [...origins].map(([host, address]) => `${host} ${address}`);
  await replaceFile(settings.file, lines.map((line) => `${line}\n`).join(""));
  try {
    await replaceRunningMap(lines, settings);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/** Readers see the old file or the new one, never half of one. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const fresh = `${file}.new`;
  await writeFile(fresh, text);
  await rename(fresh, file);
}

async function replaceRunningMap(lines: readonly string[], settings: EdgeMapSettings): Promise<void> {
  const { file } = settings;
  const prepared = await runCommand(`prepare map ${file}\n`, settings);
  const version = /version created: (\d+)/i.exec(prepared)?.[1];
  if (!version) throw new Error(`HAProxy, asked to replace ${file}: ${prepared.trim()}`);
  for (const payload of cutPayloads(lines)) {
    await runQuietly(`add map @${version} ${file} <<\n${payload}\n\n`, settings);
  }
  await runQuietly(`commit map @${version} ${file}\n`, settings);
}

async function runQuietly(command: string, settings: EdgeMapSettings): Promise<void> {
  const complaint = (await runCommand(command, settings)).trim();
  if (complaint) throw new Error(`HAProxy, asked to replace ${settings.file}: ${complaint}`);
}

function cutPayloads(lines: readonly string[]): string[] {
  const payloads: string[] = [];
  for (const line of lines) {
    const last = payloads.at(-1);
    if (last !== undefined && last.length + line.length < payloadBytes) {
      payloads[payloads.length - 1] = `${last}\n${line}`;
    } else payloads.push(line);
  }
  return payloads;
}

function runCommand(command: string, { socket, timeoutMs = 1000 }: EdgeMapSettings): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const connection = connect(socket, () => connection.write(command));
    connection.setEncoding("utf8").setTimeout(timeoutMs, () => {
      connection.destroy(new Error(`HAProxy does not answer on ${socket}`));
    });
    connection.on("data", (text: string) => (answer += text));
    connection.once("end", () => resolve(answer)).once("error", reject);
  });
}

function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ECONNREFUSED";
}
