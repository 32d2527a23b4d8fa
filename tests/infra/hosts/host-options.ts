import type { ApiServerOptions, LoadBalancerOptions } from "../../../infra/hosts/index.ts";

const server = {
  clientPort: 443,
  zoneName: "example.test",
  edgeRanges: ["192.0.2.0/24", "2001:db8::/32"],
  tls: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
  sshHostKey: {
    privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nBBBB\n-----END OPENSSH PRIVATE KEY-----",
    publicKey: "ssh-ed25519 CCCC host\n",
  },
  settingsEndpoint: "https://saas-settings.azconfig.io",
  identityClientId: "00000000-0000-0000-0000-000000000000",
};

export const loadBalancer: LoadBalancerOptions = {
  ...server,
  computerName: "load-balancer-main",
  address: "10.20.1.11",
  apiServers: { main: "10.20.1.21", backup: "10.20.1.22" },
  trust: null,
};

export const apiServer: ApiServerOptions = {
  ...server,
  computerName: "api-main",
  address: "10.20.1.21",
  loadBalancers: { main: "10.20.1.11", backup: "10.20.1.12" },
};
