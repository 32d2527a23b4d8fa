import { readFileSync } from "node:fs";
import test from "ava";
import { resourceTypes } from "../../../../local/cloud/azure/table/table.ts";
import { pathParameters } from "../../../../local/plugins/azure-native/body.ts";
import { inputShapes, outputShapes } from "../../../../local/plugins/azure-native/shapes.ts";
import { files, print } from "./sdk-shapes.ts";

const command = "node tests/local/plugins/azure-native/sdk-shapes.ts";

test("what the plugin knows of inputs and outputs is what the SDK declares", (t) => {
  for (const [file, read] of Object.entries(files)) {
    t.true(readFileSync(file, "utf8") === print(read()), `${file} is out of date. Run: ${command}`);
  }
});

for (const row of resourceTypes) {
  test(`${row.token}: every name in its row of the resource table is an input of the SDK's`, (t) => {
    const names = new Set(inputShapes.ofResource(row.token).map(({ name }) => name));
    const optional = row.singleton === undefined ? [] : [row.names.at(-1)];
    for (const name of pathParameters(row)) t.true(names.has(name) || optional.includes(name), name);
    for (const name of [...row.required, ...row.createOnly, ...(row.maintained ?? [])])
      t.true(names.has(name), name);
    t.true(outputShapes.ofResource(row.token).some(({ name }) => name === "name"));
  });
}

test("every nested path in the resource table leads to an object of the SDK's", (t) => {
  const paths = resourceTypes.flatMap(({ token, flattened, renamed }) =>
    Object.keys({ ...flattened, ...renamed }).map((path) => ({ token, path })),
  );
  t.deepEqual(
    paths.filter(({ token, path }) => formAt(token, path) === undefined),
    [],
  );
});

/** The form at "subnets[].delegations[]", of inputs or else of outputs; undefined when there is none. */
function formAt(token: string, path: string): string | undefined {
  for (const shapes of [inputShapes, outputShapes]) {
    let shape = shapes.ofResource(token);
    let form: string | undefined;
    for (const part of path.split(".")) {
      const isList = part.endsWith("[]");
      form = shape.find(({ name }) => name === part.replace(/\[\]$/, ""))?.form;
      if (form === undefined) break;
      if (isList) form = form.replace(/\[\]$/, "");
      shape = shapes.ofForm(form) ?? [];
    }
    if (form !== undefined) return form;
  }
  return undefined;
}
