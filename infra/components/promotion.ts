import { Command } from "@pulumi/command/local/command.js";
import { ComponentResource, type ComponentResourceOptions, type Resource } from "@pulumi/pulumi";

export interface PromotionArgs {
  failoverGroup: string;
  /** Name of the database that the group replicates. */
  database: string;
  /** ARM ids. */
  servers: { primary: string; secondary: string };
  /** The region whose server is to be the one that takes writes. */
  target: "primary" | "secondary";
  acceptedLoss?: string;
}

/**
 * The act of promoting a database server, which no resource of Azure's is.
 * The command's only changing input is where the primary role is to be: it runs when that changes and at
 * no other `up`. Credentials come from the environment, so none is in the state.
 */
export class Promotion extends ComponentResource {
  readonly command: Command;

  constructor(name: string, args: PromotionArgs, opts?: ComponentResourceOptions & { dependsOn?: Resource }) {
    super("failover-stacks:database:Promotion", name, {}, opts);
    const { failoverGroup, database, servers, target, acceptedLoss } = args;
    this.command = new Command(
      name,
      {
        // The engine runs plugins in the folder of the program's main file, infra/.
        create: "node --disable-warning=ExperimentalWarning promotion/promote.ts",
        environment: {
          FAILOVER_GROUP: failoverGroup,
          FAILOVER_DATABASE: database,
          FAILOVER_SERVER_PRIMARY: servers.primary,
          FAILOVER_SERVER_SECONDARY: servers.secondary,
          FAILOVER_TARGET: target,
          // The way back loses nothing, ever; and without it, a switch back changes the target alone.
          ...(target === "secondary" &&
            acceptedLoss !== undefined && { FAILOVER_ACCEPTED_LOSS: acceptedLoss }),
        },
        addPreviousOutputInEnv: false,
      },
      { parent: this, ...(opts?.dependsOn && { dependsOn: opts.dependsOn }) },
    );
    this.registerOutputs();
  }
}
