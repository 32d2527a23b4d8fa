/**
 * The stand-in of pulumi-resource-command. The engine starts it for one operation, with its own address as the only
 * argument, reads the port from the first line of stdout, and ends it; see launcher.ts for the executable.
 */
import { serveProvider } from "../serve.ts";
import { endLocalCommands } from "./local-command.ts";
import { createProvider } from "./provider.ts";

process.once("exit", endLocalCommands);
serveProvider(createProvider(process.argv[2]));
