import test from "ava";
import { explainFailure } from "../../engine/failures.ts";

const command = "up -s primary --yes --skip-preview";

/** What pulumi 3.274 prints at the end of a failed `up`, with these errors of a virtual machine. */
function outputWith(error: string): string {
  return [
    "Updating (primary):",
    " +  azure-native:compute:VirtualMachine api-main creating (0s) ",
    ` +  azure-native:compute:VirtualMachine api-main **creating failed** error: ${error.split("\n")[0]}`,
    "Diagnostics:",
    "  pulumi:pulumi:Stack (failover-stacks-primary):",
    "    warning: using pulumi-resource-command from $PATH at /run/bin/pulumi-resource-command",
    "    error: update failed",
    "",
    "  azure-native:compute:VirtualMachine (api-main):",
    `    error: ${error.replaceAll("\n", "\n    ")}`,
    "",
    "Outputs:",
    '    plant: "local"',
    "",
    "Resources:",
    "    + 2 created",
  ].join("\n");
}

const explained: Record<string, [error: string, problem: string, next: RegExp]> = {
  "a size that is not available": [
    'Status=409 Code="SkuNotAvailable" Message="The requested VM size is currently not available."',
    "SkuNotAvailable: The requested VM size is currently not available.",
    /another machineSize in infra\/components\/linux\.ts, then: pulumi up -s primary$/,
  ],
  "a quota": [
    'Status=409 Code="OperationNotAllowed" Message="Exceeding approved Total Regional Cores quota."',
    "OperationNotAllowed: Exceeding approved Total Regional Cores quota.",
    /az vm list-usage/,
  ],
  "a restore point that Azure does not keep": [
    'Status=400 Code="InvalidPointInTime" Message="The earliest is 2026-11-24T00:00:00Z."',
    "InvalidPointInTime: The earliest is 2026-11-24T00:00:00Z.",
    /^set the last entry of restores .* or take it out and set the topology that was live, then: pulumi up -s primary$/,
  ],
  "a role that is missing": [
    'Status=403 Code="AuthorizationFailed" Message="The client does not have authorization."',
    "AuthorizationFailed: The client does not have authorization.",
    /have the role it names assigned/,
  ],
  "a region that is down": [
    'Status=503 Code="ServiceUnavailable" Message="Unavailable in westeurope."',
    "ServiceUnavailable: Unavailable in westeurope.",
    /nothing of yours to correct: wait .* then: pulumi up -s primary$/,
  ],
  "an API that nobody answers for": [
    'Put "https://127.20.0.11:8444/x": dial tcp 127.20.0.11:8444: connect: connection refused',
    'Put "https://127.20.0.11:8444/x": dial tcp 127.20.0.11:8444: connect: connection refused',
    /nothing of yours to correct/,
  ],
  "a sign-in that fails on several lines": [
    "ClientSecretCredential authentication failed.\nPOST https://login/token\nRESPONSE 503\n{}",
    "ClientSecretCredential authentication failed. POST https://login/token RESPONSE 503 {}",
    /check ARM_TENANT_ID/,
  ],
  "a machine that did not come up, in a list of one": [
    `1 error occurred:\n\t* Status=200 Code="OSProvisioningClientError" Message="It failed: ${"why ".repeat(200)}"\n\n`,
    "OSProvisioningClientError: It failed: why why",
    /^correct what it was given, then: pulumi up -s primary --replace '\*\*:VirtualMachine::api-main'$/,
  ],
  "a resource that a killed up had made": [
    "cannot create already existing resource '/subscriptions/0/virtualMachines/saas-api-main'",
    "cannot create already existing resource '/subscriptions/0/virtualMachines/saas-api-main'",
    /leave only api-main in it, .* pulumi import -s primary --file import\.json .*, then: pulumi up -s primary$/,
  ],
  "anything else": [
    'Status=400 Code="InvalidParameter" Message="The value is invalid."',
    "InvalidParameter: The value is invalid.",
    /^correct what it names, then: pulumi up -s primary$/,
  ],
};

for (const [what, [error, problem, next]] of Object.entries(explained)) {
  test(`${what} is told in the cloud's words, with the resource and what comes next`, (t) => {
    const { code, message, problems } = explainFailure({
      command,
      stack: "primary",
      output: outputWith(error),
    });
    t.is(code, "ENGINE_FAILED");
    t.is(problems.length, 1);
    t.true(problems[0]?.startsWith(`VirtualMachine api-main: ${problem}`), problems[0]);
    t.true(message.length < 800, message);
    t.regex(message, /\n {2}In: pulumi up -s primary\n/);
    t.regex(message.split("Next: ")[1] ?? "", next);
  });
}

test("errors of several resources are listed, and the first that is known decides what comes next", (t) => {
  const output = [
    "Diagnostics:",
    "  azure-native:sql:Server (sql-primary):",
    '    error: Status=400 Code="InvalidParameter" Message="The value is invalid."',
    "",
    "  azure-native:network:SecurityRule (edge):",
    '    error: Status=503 Code="ServiceUnavailable" Message="Unavailable."',
    "",
  ].join("\n");
  const { problems, message } = explainFailure({ command, stack: "primary", output });
  t.deepEqual(problems, [
    "Server sql-primary: InvalidParameter: The value is invalid.",
    "SecurityRule edge: ServiceUnavailable: Unavailable.",
  ]);
  t.regex(message, /Next: nothing of yours to correct/);
});

test("workers beyond a quota can be fewer", (t) => {
  const output = [
    "Diagnostics:",
    "  azure-native:compute:VirtualMachineScaleSet (workers-secondary):",
    '    error: Status=409 Code="OperationNotAllowed" Message="Exceeding approved Total Regional Cores quota."',
  ].join("\n");
  const { message } = explainFailure({ command, stack: "failover", output });
  t.regex(message, /Next: take fewer \(pulumi config set --path 'failover-stacks:workers\.scaled' /);
});

test("a refusal of the program that a command ran is told as it is", (t) => {
  const refusal = [
    "PROMOTION_REFUSED",
    "  failover: 400 PlannedFailoverTimedOut: no answer",
    "  no loss is accepted",
  ];
  const rest = [
    "  In: the failover group; nothing was changed",
    "  Next: pulumi config set acceptedLoss T -s failover",
  ];
  const error = `exit status 1: running "node promote.ts":\nif it must be forced: all\n${[...refusal, ...rest].join("\n")}`;
  const { code, message } = explainFailure({ command, stack: "failover", output: outputWith(error) });
  t.is(code, "PROMOTION_REFUSED");
  t.is(message, [...refusal, ...rest].join("\n"));
});

test("errors that are of no resource come as the engine printed them", (t) => {
  const output = "error: failed to load plugin azure-native\nerror: update failed\n";
  t.deepEqual(explainFailure({ command, stack: "primary", output }).problems, [
    "error: failed to load plugin azure-native",
    "error: update failed",
  ]);
});

test("an engine that printed nothing is said to have done so", (t) => {
  t.deepEqual(explainFailure({ command, stack: "primary", output: "" }).problems, ["it printed nothing."]);
});
