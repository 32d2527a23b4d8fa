import net from "node:net";

const answerMs = 2000;

/** One command on HAProxy's admin socket; resolves with the whole answer. */
export function askHaproxy(socketPath: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = net.connect({ path: socketPath }, () => socket.write(`${command}\n`));
    socket.setTimeout(answerMs, () => socket.destroy(new Error(`HAProxy does not answer on ${socketPath}`)));
    socket.on("data", (chunk) => (answer += String(chunk)));
    socket.on("error", reject);
    socket.on("end", () => resolve(answer));
  });
}
