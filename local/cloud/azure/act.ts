import { armError, retrySoon } from "./arm-error.ts";
import type { Cloud } from "./cloud.ts";
import type { Json } from "./document.ts";
import type { Reply } from "./listener.ts";
import { acceptedWithoutBody } from "./long-running.ts";
import { rulesOf } from "./rules/table.ts";
import { findTarget, notFound } from "./target.ts";
import { typeOfPath } from "./table/table.ts";
import type { Caller } from "./tokens.ts";
import { placesOf } from "./write.ts";

export interface Action {
  /** Of the resource, then the verb. */
  path: string;
  body: Json;
  caller: Caller;
  base: string;
  method: string;
}

/** POST of a verb on a resource. @throws ArmError 501 for a verb that is not in the table. */
export function act({ path, body, caller, base, method }: Action, cloud: Cloud): Reply {
  const onInstance = /^(.*\/virtualMachineScaleSets\/[^/]+)\/virtualMachines\/([^/]+)\/([^/]+)$/i.exec(path);
  const [resourcePath, verb] = onInstance
    ? [onInstance[1] ?? "", onInstance[3] ?? ""]
    : [path.slice(0, path.lastIndexOf("/")), path.slice(path.lastIndexOf("/") + 1)];
  const found = typeOfPath(resourcePath);
  const known = found?.row.actions.some((action) => action.toLowerCase() === verb.toLowerCase());
  if (!found || !known) throw armError("notServed", { call: `${method} ${path}` });
  const target = findTarget(found, cloud);
  const { old, row, key, name } = target;
  if (!old) throw notFound(target);
  const subject = { resource: old, cloud, caller };
  const rules = rulesOf(row.type);
  const answer = rules.answers?.[verb.toLowerCase()];
  if (answer) return { status: 200, body: answer(subject) };
  cloud.switches.checkRegions(placesOf(target));
  cloud.switches.checkRefusals(row.type, name);
  const busy = cloud.operations.of(key);
  if (busy) throw armError("busy", { operation: busy.id }).with(retrySoon(cloud.durations.pollMs));
  const chosen = onInstance ? { ...body, instanceIds: [onInstance[2]] } : body;
  const work = rules.actions?.[verb.toLowerCase()]?.(subject, chosen);
  if (!work) throw armError("notServed", { call: `${method} ${path}` });
  const operation = cloud.operations.start({
    key,
    namespace: row.type.split("/")[0] ?? "",
    regions: placesOf(target),
    seconds: cloud.durations.secondsOf(row.type, "action"),
    run: work,
    ended: () => {},
  });
  return acceptedWithoutBody(operation, { type: row.type, base, pollMs: cloud.durations.pollMs });
}
