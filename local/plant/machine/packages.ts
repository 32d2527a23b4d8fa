/** What a package of Ubuntu brings that a unit, a command or a configuration relies on. */
export interface Package {
  folders?: readonly string[];
  /** Written where customData has put none: dpkg keeps a configuration that is there already. */
  files?: Readonly<Record<string, string>>;
  units?: Readonly<Record<string, string>>;
}

/** As Debian's package has it, without what only root and systemd can do. */
const haproxyUnit = `[Unit]
Description=HAProxy Load Balancer
After=network-online.target
Wants=network-online.target

[Service]
EnvironmentFile=-/etc/default/haproxy
Environment="CONFIG=/etc/haproxy/haproxy.cfg" "PIDFILE=/run/haproxy.pid" "EXTRAOPTS=-S /run/haproxy-master.sock"
ExecStart=/usr/sbin/haproxy -Ws -f $CONFIG -p $PIDFILE $EXTRAOPTS
ExecReload=/usr/sbin/haproxy -Ws -f $CONFIG -c $EXTRAOPTS
ExecReload=/bin/kill -USR2 $MAINPID
KillMode=mixed
Restart=always
SuccessExitStatus=143
Type=notify

[Install]
WantedBy=multi-user.target
`;

const haproxyConfig = `global
  stats socket /run/haproxy/admin.sock mode 660 level admin
  stats timeout 30s

defaults
  mode http
  timeout connect 5000
  timeout client  50000
  timeout server  50000
`;

const nagiosUnit = `[Unit]
Description=nagios4

[Service]
ExecStart=/usr/sbin/nagios4 /etc/nagios4/nagios.cfg
Restart=always

[Install]
WantedBy=multi-user.target
`;

export const packages = {
  haproxy: {
    folders: ["/etc/haproxy", "/run/haproxy", "/var/lib/haproxy"],
    files: { "/etc/haproxy/haproxy.cfg": haproxyConfig },
    units: { "haproxy.service": haproxyUnit },
  },
  nodejs: {},
  npm: {},
  nagios4: { folders: ["/etc/nagios4/conf.d"], units: { "nagios4.service": nagiosUnit } },
  "monitoring-plugins": {},
  curl: {},
} as const satisfies Record<string, Package>;

export type PackageName = keyof typeof packages;

export const packageNames = Object.keys(packages) as PackageName[];
