/**
 * The stand-in of pulumi-resource-cloudflare. The engine starts it for one operation, reads the port from the
 * first line of stdout, and ends it; see launcher.ts for the executable.
 */
import { serveProvider } from "../serve.ts";
import { createProvider } from "./provider.ts";

serveProvider(createProvider(process.env));
