import { FailoverError } from "../../infra/errors.ts";

export const installLines = {
  "Debian, Ubuntu": "sudo apt-get install haproxy nsd unbound postgresql",
  "Fedora, RHEL": "sudo dnf install haproxy nsd unbound postgresql-server",
  Arch: "sudo pacman -S haproxy nsd unbound postgresql",
  Alpine: "sudo apk add haproxy nsd unbound postgresql16 postgresql16-client",
  openSUSE: "sudo zypper install haproxy nsd unbound postgresql-server",
};

const needed =
  "HAProxy 2.6–3.x, NSD 4.x, Unbound 1.13 or newer and PostgreSQL 15–18 are needed on PATH or where distributions keep them";

/** For systems whose packages cannot be unpacked here. */
export function failWithoutApt(tool: string): FailoverError {
  return new FailoverError("TOOL_MISSING", {
    problems: [
      `${needed}, and this system has no ${tool} to unpack them with.`,
      ...Object.entries(installLines).map(([system, line]) => `${system}: ${line}`),
    ],
    fix: "install them with your system's line and start again",
  });
}

/** For a Debian or Ubuntu whose sources do not have them. */
export function failWithoutPackage(names: string[]): FailoverError {
  return new FailoverError("TOOL_MISSING", {
    problems: `${needed}, and none of apt's sources has ${names.join(", ")}.`,
    where: "/etc/apt/sources.list and /etc/apt/sources.list.d",
    fix: "add Debian's main component, or Ubuntu's main and universe, to the sources and start again",
  });
}
