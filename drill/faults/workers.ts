import { databaseName } from "../../infra/names.ts";
import type { Fault } from "./fault.ts";

/** With fewer jobs than this in the queues every job is done in time. */
export const backlogBound = 12;
const surgeJobs = 10 * backlogBound;

/** Every machine of the primary region's pool crashes: what they worked on comes back to the queue by its time-out. */
export const workersLost: Fault = {
  what: "all workers of the primary region are gone",
  apply: ({ workers }) => workers.kill("primary"),
  async prove({ workers }) {
    const { all, running } = workers.count("primary");
    return { proven: all > 0 && running === 0, evidence: `workers-primary: ${running} of ${all} run` };
  },
  lift: ({ workers }) => workers.start("primary"),
};

/** More jobs at once than the pools do in a while. */
export const backlogSurge: Fault = {
  what: `${surgeJobs} jobs arrive at once`,
  async apply(plant) {
    plant.surge(surgeJobs);
  },
  async prove(plant) {
    const waiting = await plant.backlog(databaseName);
    return { proven: waiting > backlogBound, evidence: `${waiting} jobs wait; the bound is ${backlogBound}` };
  },
  // It is worked off, or it is not.
  lift: null,
};
