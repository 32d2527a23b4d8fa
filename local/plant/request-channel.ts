import type { RunningProcess } from "./supervisor.ts";

/** Asks a process of the plant and resolves with its answer. @throws Error with the process' refusal */
export type Ask<Request, Answer> = (request: Request) => Promise<Answer>;

type Reply<Answer> = { id: number } & (Answer | { error: string });

const answerDeadlineMs = 5000;

/**
 * Requests as JSON lines on standard input, answers as JSON lines on standard output, told apart by
 * their `id`. The other end is `serveRequests`.
 */
export function openChannel<Request extends object, Answer extends object>({
  name,
  stdin,
  lines,
}: RunningProcess): Ask<Request, Answer> {
  const waiting = new Map<number, (reply: Reply<Answer>) => void>();
  let lastId = 0;
  lines.onLine((line) => {
    const reply = JSON.parse(line) as Reply<Answer>;
    waiting.get(reply.id)?.(reply);
  });
  return async (request) => {
    const id = (lastId += 1);
    const { promise, resolve, reject } = Promise.withResolvers<Reply<Answer>>();
    const silent = new Error(`${name} does not answer`);
    const timer = setTimeout(() => reject(silent), answerDeadlineMs);
    waiting.set(id, resolve);
    stdin?.write(`${JSON.stringify({ id, ...request })}\n`);
    try {
      const reply = await promise;
      if ("error" in reply) throw new Error(`${name} refused: ${reply.error}`);
      return reply;
    } finally {
      clearTimeout(timer);
      waiting.delete(id);
    }
  };
}
