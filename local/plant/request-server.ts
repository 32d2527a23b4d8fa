import { createInterface } from "node:readline";

export type Answer<Request> = (request: Request) => Promise<object> | object;

/**
 * The process' end of `openChannel`. Says `{"ready":true}` first, answers one line per request, and
 * ends the process when standard input does: its parent is gone then.
 */
export function serveRequests<Request extends object>(answer: Answer<Request>): void {
  const requests = createInterface({ input: process.stdin });
  requests.on("line", (line) => void serve(JSON.parse(line) as Request & { id: number }, answer));
  requests.on("close", () => process.exit(0));
  say({ ready: true });
}

async function serve<Request extends object>(
  request: Request & { id: number },
  answer: Answer<Request>,
): Promise<void> {
  const { id } = request;
  try {
    say({ id, ...(await answer(request)) });
  } catch (error) {
    say({ id, error: error instanceof Error ? error.message : String(error) });
  }
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
