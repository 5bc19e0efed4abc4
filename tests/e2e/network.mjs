// Bad networks, made by the kernel: packets that vanish, and a network namespace of a test's own. Needs root.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const run = (program, ...args) => execFileSync(program, args, { stdio: ["ignore", "pipe", "pipe"] });

const works = (...command) => {
  try {
    run(...command);
    return true;
  } catch {
    return false;
  }
};

/** Why packets cannot be dropped here, or false. */
export const cannotDrop = () =>
  works("iptables", "--wait", "--list", "INPUT") ? false : "needs root and iptables (Debian: apt-get install iptables)";

/** Why there can be no namespaces here, or false. */
export const cannotSeparate = () => {
  const name = `milanio-probe-${process.pid}`;
  if (!works("ip", "netns", "add", name)) return "needs root and iproute2";
  const drops = works("ip", "netns", "exec", name, "iptables", "--wait", "--list", "INPUT");
  run("ip", "netns", "delete", name);
  return drops ? false : "needs iptables (Debian: apt-get install iptables)";
};

/** Drops every packet from and to these local ports until the returned function is called. */
export const dropPackets = (ports) => {
  const rules = ports.flatMap((port) =>
    ["udp", "tcp"].flatMap((protocol) =>
      ["--dport", "--sport"].map((side) => ["INPUT", "--protocol", protocol, side, String(port), "--jump", "DROP"]),
    ),
  );
  for (const rule of rules) run("iptables", "--wait", "--insert", ...rule);
  let dropped = true;
  return () => {
    if (!dropped) return;
    dropped = false;
    for (const rule of rules) run("iptables", "--wait", "--delete", ...rule);
  };
};

/**
 * A network with nothing in it but the loopback and one interface, on which UDP packets vanish.
 *
 * @returns {Promise<{ wrapper: string[], program: (path: string) => Promise<string>, close: () => Promise<void> }>}
 *   `wrapper` runs a command inside; `program` writes a script that runs a program inside.
 */
export const networkWithoutUdp = async () => {
  sweep();
  const name = `milanio-${process.pid}`;
  const wrapper = ["ip", "netns", "exec", name];
  const folder = await mkdtemp(join(tmpdir(), "milanio-netns-"));
  const close = async () => {
    works("ip", "netns", "delete", name);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    setUpWithoutUdp(name, wrapper);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    wrapper,
    async program(path) {
      const script = join(folder, "run");
      await writeFile(script, `#!/bin/sh\nexec ${wrapper.join(" ")} ${path} "$@"\n`);
      await chmod(script, 0o755);
      return script;
    },
    close,
  };
};

/** Deletes the namespaces of test processes that were ended before they could. */
const sweep = () => {
  for (const [name, pid] of String(run("ip", "netns", "list")).matchAll(/^milanio-(?:probe-)?(\d+)/gm)) {
    if (!existsSync(`/proc/${pid}`)) works("ip", "netns", "delete", name);
  }
};

const setUpWithoutUdp = (name, wrapper) => {
  run("ip", "netns", "add", name);
  run("ip", "-n", name, "link", "set", "lo", "up");
  run("ip", "-n", name, "link", "add", "outside", "type", "veth", "peer", "name", "nowhere");
  run("ip", "-n", name, "link", "set", "nowhere", "up");
  run("ip", "-n", name, "address", "add", "10.77.0.1/24", "dev", "outside");
  run("ip", "-n", name, "link", "set", "outside", "up");
  run("ip", "-n", name, "route", "add", "default", "dev", "outside");
  run(...wrapper, "iptables", "--wait", "--append", "INPUT", "--protocol", "udp", "--jump", "DROP");
};
