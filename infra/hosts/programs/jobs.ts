import { refused, type Work } from "./answer.ts";
import { isUuid, valuesIn } from "./request-body.ts";

/** One statement is one transaction: a job is accepted with its row in the outbox, or not at all. */
const accept = `with job as (insert into jobs (id, payload) values ($1, $2) on conflict do nothing returning id)
  insert into outbox (job) select id from job`;
const find = "select payload from jobs where id = $1";
const stateOf = "select exists (select from effects where job = id) as done from jobs where id = $1";

/** Accepts a job, once by its id. @throws BadBody */
export function acceptJob(body: Record<string, unknown>): Work {
  const [id, payload] = valuesIn(body, { id: "a UUID", payload: "a text" });
  return async (connection) => {
    const { rowCount } = await connection.query(accept, [id, payload]);
    if (rowCount === 0) {
      const { rows } = await connection.query<{ payload: string }>(find, [id]);
      if (rows[0]?.payload !== payload) return refused(409, "another job has this id");
    }
    return { status: 202, body: { id } };
  };
}

export function showJob(id: string): Work {
  return async (connection) => {
    const { rows } = isUuid(id) ? await connection.query<{ done: boolean }>(stateOf, [id]) : { rows: [] };
    const [job] = rows;
    if (!job) return refused(404, "no such job");
    return { status: 200, body: { state: job.done ? "done" : "accepted" } };
  };
}
