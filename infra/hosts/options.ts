/** An OpenSSH key pair of a server, fixed so that its public half can be committed before it boots. */
export interface SshHostKey {
  /** The whole private file, `-----BEGIN OPENSSH PRIVATE KEY-----` … */
  privateKey: string;
  /** `ssh-ed25519 AAAA…` */
  publicKey: string;
}

/** Where a host pulls the settings, and as whom. */
export interface SettingsSource {
  /** `https://<store>.azconfig.io` */
  settingsEndpoint: string;
  /** Client id of the user-assigned identity of the machine. */
  identityClientId: string;
}

/** What every server that faces clients or the edge is told. */
export interface ServerOptions extends SettingsSource {
  /** `load-balancer-main`, `api-backup` …: osProfile.computerName, and what answers are signed with. */
  computerName: string;
  /** Its own private address, which is static; it listens on no other. */
  address: string;
  clientPort: number;
  /** `example.com`; the certificate is for it and the names below. */
  zoneName: string;
  /** Peers whose forwarded-for headers are true, as CIDR. */
  edgeRanges: readonly string[];
  /** PEM: certificate, intermediates, key. */
  tls: string;
  sshHostKey: SshHostKey;
}

export interface LoadBalancerOptions extends ServerOptions {
  /** Private addresses. */
  apiServers: { main: string; backup: string };
  /** PEM of the authority that signed the API servers' certificate; null: one of the system's roots did. */
  trust: string | null;
  /** Where an API server says that it is healthy; default `/healthz`. */
  healthPath?: string;
}

export interface ApiServerOptions extends ServerOptions {
  /** Private addresses: peers whose X-Forwarded-For is true. */
  loadBalancers: { main: string; backup: string };
}

/** The instances of a scale set share one customData: what tells them apart is their host name. */
export interface WorkerOptions extends SettingsSource {
  /** `primary` or `secondary`: which pool the heartbeat counts for. */
  region: string;
}

export interface MonitorOptions {
  computerName: string;
  clientPort: number;
  zoneName: string;
  /** The name clients use: `app.example.com`. */
  clientName: string;
  /** Every server to watch; a path is checked through each. */
  servers: readonly { name: string; address: string }[];
}
