import { FailoverError } from "../../infra/errors.ts";

const installLines = {
  "Debian, Ubuntu": "sudo apt-get install haproxy nsd unbound",
  "Fedora, RHEL": "sudo dnf install haproxy nsd unbound",
  Arch: "sudo pacman -S haproxy nsd unbound",
  Alpine: "sudo apk add haproxy nsd unbound",
  openSUSE: "sudo zypper install haproxy nsd unbound",
};

const needed = "HAProxy 2.6–3.x, NSD 4.x and Unbound 1.13 or newer are needed on PATH or in /usr/sbin";

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
