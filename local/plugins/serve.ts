import { Server, ServerCredentials } from "@grpc/grpc-js";
import {
  type IResourceProviderServer,
  ResourceProviderService,
} from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { exitWithParent } from "./parent-watch.ts";

const unlimited = -1;

/**
 * Serves a provider on a free loopback port for one engine operation. The engine reads the port from the first
 * line of stdout; the process ends with the engine, or when told to.
 */
export function serveProvider(provider: IResourceProviderServer): void {
  const server = new Server({
    "grpc.max_receive_message_length": unlimited,
    "grpc.max_send_message_length": unlimited,
  });
  server.addService(ResourceProviderService, provider);
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`);
  });
  exitWithParent();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));
}
