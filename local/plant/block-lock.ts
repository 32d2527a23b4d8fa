import net from "node:net";
import { lockOf } from "./addresses.ts";

/** Who holds a block: the answer of the lock itself, so it works across users. */
export interface Holder {
  /** Undefined when the holder does not answer in time: frozen or very busy. */
  pid?: number;
  /** `sweep` lets go in a moment, `plant` when its owner ends. */
  purpose?: "plant" | "sweep";
}

export interface BlockLock {
  release(): Promise<void>;
}

const answerMs = 500;

/**
 * A listening socket is the lock: the kernel gives it to one process only and takes it back when
 * that process ends in whatever way, SIGKILL included. A lock file does neither.
 * Resolves with undefined when somebody else holds it.
 */
export function lockBlock(block: number, purpose: "plant" | "sweep"): Promise<BlockLock | undefined> {
  const server = net.createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.end(JSON.stringify({ pid: process.pid, purpose }));
  });
  // The lock lives as long as the process, but must not keep it alive.
  server.unref();
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen({ ...listenOn(block), exclusive: true }, () =>
      resolve({ release: () => new Promise((done) => server.close(() => done())) }),
    );
  });
}

export function askHolder(block: number): Promise<Holder> {
  const socket = net.connect(listenOn(block));
  let answer = "";
  return new Promise((resolve) => {
    const settle = () => {
      socket.destroy();
      resolve(parse(answer));
    };
    socket.setTimeout(answerMs, settle);
    socket.on("data", (chunk) => (answer += String(chunk)));
    socket.on("error", settle);
    socket.on("close", settle);
  });
}

function listenOn(block: number): { host: string; port: number } {
  const { address, port } = lockOf(block);
  return { host: address, port };
}

function parse(answer: string): Holder {
  try {
    return JSON.parse(answer) as Holder;
  } catch {
    // Not our lock, or its holder is frozen: nothing is known about it.
    return {};
  }
}
