import { isLoopback } from "../../cloud/loopback.ts";
import type { CheckFailure } from "../answers.ts";
import { type Properties, unknownValue } from "../rpc.ts";
import { conceal, isMarked, reveal } from "./secrets.ts";

export const remoteCommand = "command:remote:Command";
export const localCommand = "command:local:Command";

/** Go's names, because the official plugin's failures print them. */
type Form =
  | "string"
  | "bool"
  | "int"
  | "float64"
  | "[]string"
  | "[]interface {}"
  | "map[string]string"
  | "connection";
type Forms = Record<string, Form>;

const shared: Forms = {
  addPreviousOutputInEnv: "bool",
  create: "string",
  delete: "string",
  environment: "map[string]string",
  logging: "string",
  stdin: "string",
  triggers: "[]interface {}",
  update: "string",
};
/** The inputs of each type. Others of the official plugin's are refused by name, not ignored. */
export const commandTypes: Record<string, { goName: string; forms: Forms; required: readonly string[] }> = {
  [remoteCommand]: {
    goName: "remote.CommandInputs",
    forms: { ...shared, connection: "connection" },
    required: ["connection"],
  },
  [localCommand]: {
    goName: "local.CommandInputs",
    forms: { ...shared, dir: "string", interpreter: "[]string" },
    required: [],
  },
};
export const connectionForms: Forms = {
  agentSocketPath: "string",
  dialErrorLimit: "int",
  host: "string",
  hostKey: "string",
  password: "string",
  perDialTimeout: "int",
  port: "float64",
  privateKey: "string",
  privateKeyPassword: "string",
  user: "string",
};
/** Inputs of the official plugin that the stand-in does not have. */
export const notServed: readonly string[] = ["archivePaths", "assetPaths", "proxy"];
const connectionDefaults = { dialErrorLimit: 10, perDialTimeout: 15, port: 22, user: "root" };
const wholeNumbers = ["dialErrorLimit", "perDialTimeout"];
const secretConnectionInputs = ["password", "privateKey", "privateKeyPassword"];

/** Everything that is wrong with a command's inputs, in the official plugin's words where it has any. */
export function checkInputs(type: string, news: Properties): CheckFailure[] {
  const { goName, forms, required } = commandTypes[type]!;
  return checkFields(news, { goName, forms, required });
}

/** The inputs as they came, for a refusal: a connection must not show in it. */
export function concealConnection(news: Properties): Properties {
  return news.connection === undefined ? news : { ...news, connection: conceal(news.connection) };
}

/** The inputs as the engine is to keep them: with a connection's defaults, and with what is always a secret marked. */
export function completeInputs(news: Properties): Properties {
  const inputs = Object.fromEntries(Object.entries(news).filter(([, value]) => value !== null));
  if (inputs.connection === undefined) return inputs;
  return { ...inputs, connection: conceal(completeConnection(inputs.connection)) };
}

function completeConnection(connection: unknown): unknown {
  const plain = isMarked(connection) ? connection.value : connection;
  if (typeof plain !== "object" || plain === null) return connection;
  const complete: Properties = { ...connectionDefaults, ...plain };
  for (const key of secretConnectionInputs) if (complete[key]) complete[key] = conceal(complete[key]);
  for (const key of wholeNumbers) {
    if (typeof complete[key] === "number") complete[key] = Math.trunc(complete[key]);
  }
  return complete;
}

interface Fields {
  goName: string;
  forms: Forms;
  required: readonly string[];
}

function checkFields(news: Properties, { goName, forms, required }: Fields): CheckFailure[] {
  const missing = required
    .filter((key) => (news[key] ?? null) === null)
    .map((key) => ({ property: key, reason: `Missing required field '${key}' on '${goName}'` }));
  const wrong = Object.entries(news).flatMap(([property, value]): CheckFailure[] => {
    if (notServed.includes(property))
      return [{ property, reason: `${property} is not served by the stand-in` }];
    const form = forms[property];
    if (!form) return [{ property, reason: `Unrecognized field '${property}' on '${goName}'` }];
    return checkForm(property, form, { value: reveal(value), goName });
  });
  return [...missing, ...wrong];
}

interface Value {
  value: unknown;
  goName: string;
}

function checkForm(property: string, form: Form, { value, goName }: Value): CheckFailure[] {
  if (value === unknownValue || value === null || value === undefined) return [];
  const expected = form === "connection" ? "remote.Connection" : form;
  if (!formOf[form](value)) {
    const said = `must be a '${expected}'; got '${goTypeOf(value)}' instead`;
    return [{ property, reason: `Field '${property}' on '${goName}' ${said}` }];
  }
  if (form === "connection") return checkConnection(property, value as Properties);
  const member = memberName[form];
  if (!member) return [];
  return Object.entries(value).flatMap(([key, one]) =>
    checkForm(member(property, key), "string", { value: one, goName }),
  );
}

const isObject = (value: unknown) => typeof value === "object" && !Array.isArray(value);
const formOf: Record<Form, (value: unknown) => boolean> = {
  string: (value) => typeof value === "string",
  bool: (value) => typeof value === "boolean",
  int: (value) => typeof value === "number",
  float64: (value) => typeof value === "number",
  "[]string": Array.isArray,
  "[]interface {}": Array.isArray,
  "map[string]string": isObject,
  connection: isObject,
};
const memberName: Partial<Record<Form, (property: string, key: string) => string>> = {
  "[]string": (property, index) => `${property}[${index}]`,
  "map[string]string": (property, key) => `${property}[${key}] value`,
};

/** The official plugin reports what is wrong in a connection as one failure of `connection`. */
function checkConnection(property: string, connection: Properties): CheckFailure[] {
  const fields = { goName: "remote.Connection", forms: connectionForms, required: ["host"] };
  const failures = checkFields(connection, fields);
  const { host } = connection;
  if (typeof host === "string" && host !== unknownValue && !isLoopback(host)) {
    failures.push({ property: "host", reason: remoteRefusal(host) });
  }
  if (failures.length === 0) return [];
  const lines = failures.map((failure) => `\n\t${failure.property}: ${failure.reason}`).join("");
  const said = `An error occurred decoding 'CommandInputs.${property}': ${failures.length} failures decoding:`;
  return [{ property, reason: said + lines }];
}

/** Why a host outside 127.0.0.0/8 is refused: a stand-in must never change a real server. */
export function remoteRefusal(host: string): string {
  return (
    `this is the stand-in of the command provider; it refuses ${host}, because it talks to servers in ` +
    "127.0.0.0/8 only. Give an address of the local plant, or install the official plugin."
  );
}

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  const types: Record<string, string> = { boolean: "bool", number: "float64", string: "string" };
  return types[typeof value] ?? "map[string]interface {}";
}
