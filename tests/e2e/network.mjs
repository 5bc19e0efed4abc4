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
 * A network namespace of its own.
 *
 * @typedef {{ wrapper: string[], program: (path: string) => Promise<string>, close: () => Promise<void> }} Namespace
 *   `wrapper` runs a command inside; `program` writes a script that runs a program inside.
 */

/** @returns {Promise<Namespace>} with nothing in it but the loopback and what `setUp(name, wrapper)` puts there. */
const namespace = async (ending, setUp) => {
  sweep();
  const name = `milanio-${process.pid}${ending}`;
  const wrapper = ["ip", "netns", "exec", name];
  const folder = await mkdtemp(join(tmpdir(), "milanio-netns-"));
  const close = async () => {
    works("ip", "netns", "delete", name);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    run("ip", "netns", "add", name);
    run("ip", "-n", name, "link", "set", "lo", "up");
    setUp(name, wrapper);
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
  for (const [name, pid] of String(run("ip", "netns", "list")).matchAll(/^milanio-(?:probe-)?(\d+)[-a-z]*/gm)) {
    if (!existsSync(`/proc/${pid}`)) works("ip", "netns", "delete", name);
  }
};

/** Makes `device` the namespace's way to everywhere. */
const address = (name, device, own) => {
  run("ip", "-n", name, "address", "add", own, "dev", device);
  run("ip", "-n", name, "link", "set", device, "up");
  run("ip", "-n", name, "route", "add", "default", "dev", device);
};

/** A network with one interface that leads nowhere, on which UDP packets vanish, as they do on the loopback. */
export const networkWithoutUdp = () =>
  namespace("", (name, wrapper) => {
    run("ip", "-n", name, "link", "add", "outside", "type", "veth", "peer", "name", "nowhere");
    run("ip", "-n", name, "link", "set", "nowhere", "up");
    address(name, "outside", "10.77.0.1/24");
    run(...wrapper, "iptables", "--wait", "--append", "INPUT", "--protocol", "udp", "--jump", "DROP");
  });

/**
 * Two networks with one cable between them.
 *
 * @returns {Promise<{ sides: (Namespace & { ip: string })[], cut: () => void, mend: () => void, close: () => Promise<void> }>}
 *   `cut` lets every packet between them vanish, without a sign to either; `mend` ends that.
 */
export const twoNetworks = async () => {
  const ips = ["10.77.0.1", "10.77.0.2"];
  const first = await namespace("-north", () => {});
  const second = await namespace("-south", (south) => {
    const north = south.replace("south", "north");
    run("ip", "-n", north, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", south);
    address(north, "cable", `${ips[0]}/24`);
    address(south, "cable", `${ips[1]}/24`);
  }).catch(async (error) => {
    await first.close();
    throw error;
  });
  const rule = ["INPUT", "--in-interface", "cable", "--jump", "DROP"];
  const sides = [first, second].map((side, index) => ({ ...side, ip: ips[index] }));
  return {
    sides,
    cut: () => sides.forEach(({ wrapper }) => run(...wrapper, "iptables", "--wait", "--insert", ...rule)),
    mend: () => sides.forEach(({ wrapper }) => run(...wrapper, "iptables", "--wait", "--delete", ...rule)),
    close: async () => {
      for (const side of sides) await side.close();
    },
  };
};
