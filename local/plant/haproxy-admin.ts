import net from "node:net";

const answerMs = 2000;

/** What a load balancer's last health check of one server found. */
export interface ServerCheck {
  server: string;
  /** `UP`, `DOWN`, `MAINT` … */
  status: string;
  /** `L7OK`, `L4CON` …; `INI` before the first check has ended. */
  check: string;
}

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

export async function serverChecks(socketPath: string): Promise<ServerCheck[]> {
  const answer = await askHaproxy(socketPath, "show stat -1 4 -1");
  const [header = "", ...rows] = answer.replace(/^# /, "").trim().split("\n");
  const column = (name: string) => header.split(",").indexOf(name);
  const [server, status, check] = [column("svname"), column("status"), column("check_status")];
  return rows.map((row) => {
    const cells = row.split(",");
    // A check that is running right now has a star: "* L7OK".
    const outcome = cells[check]?.replace("* ", "") ?? "";
    return { server: cells[server] ?? "", status: cells[status] ?? "", check: outcome };
  });
}
