// `cargo xtask run`, as somebody types it who has built before: ready soon, ended by Ctrl-C, several at once.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { freePort } from "./server.mjs";

const LIMIT = { timeout: 120_000 };
/** A start without changes is to take no longer: what the product promises on two idle cores. */
const READY_MS = 5_000;
/** A busy machine gets this many tries at it. */
const STARTS = 3;

const ROOT = join(import.meta.dirname, "../..");
const quick = process.env.MILANIO_QUICK ? ["--quick"] : [];
const running = new Set();

/** The environment without what cargo told the program that runs these tests about its own package. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^CARGO_(PKG|MANIFEST|BIN|CRATE)_/.test(name)));

/** Types the command; resolves when the first line is on stdout. */
const start = async (port) => {
  const data = await mkdtemp(join(tmpdir(), "milanio-run-"));
  const args = ["xtask", "run", "--port", String(port), "--data", data, ...quick];
  const began = performance.now();
  const child = spawn(process.env.CARGO ?? "cargo", args, { cwd: ROOT, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let said = "";
  child.stderr.on("data", (data) => (said += data));
  const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
  const line = await new Promise((resolve, reject) => {
    let output = "";
    child.stdout.on("data", (data) => {
      output += data;
      if (output.includes("\n")) resolve(output.slice(0, output.indexOf("\n")));
    });
    ended.then(({ code, signal }) => reject(new Error(`it ended with ${code ?? signal}:\n${said}`)));
  });
  return {
    line,
    took: performance.now() - began,
    /** Presses Ctrl-C; how it ended. */
    async interrupt() {
      child.kill("SIGINT");
      const how = await ended;
      running.delete(child);
      await rm(data, { recursive: true, force: true });
      return how;
    },
  };
};

after(() => running.forEach((child) => child.kill("SIGKILL")));

/** Fails if anybody still has the port. */
const assertFree = async (port) => {
  const tcp = createServer();
  const udp = createSocket("udp4");
  try {
    await new Promise((resolve, reject) => tcp.once("error", reject).listen(port, "127.0.0.1", resolve));
    await new Promise((resolve, reject) => udp.once("error", reject).bind(port, "127.0.0.1", resolve));
  } finally {
    tcp.close();
    udp.close();
  }
};

const ENDED_WELL = { code: 0, signal: null };

test("started again without changes it is soon ready, and Ctrl-C ends it", LIMIT, async () => {
  const port = await freePort();
  const took = [];
  while (took.length < STARTS && !(took.at(-1) < READY_MS)) {
    const product = await start(port);
    took.push(product.took);
    assert.equal(product.line, `Milanio is ready at http://localhost:${port}`);
    assert.deepEqual(await product.interrupt(), ENDED_WELL);
    await assertFree(port);
  }
  assert.ok(took.at(-1) < READY_MS, `ready after ${took.map((ms) => ms.toFixed(0))} ms`);
});

test("two instances serve side by side", LIMIT, async () => {
  const ports = [await freePort(), await freePort()];
  const products = await Promise.all(ports.map(start));
  for (const port of ports) {
    const page = await fetch(`http://localhost:${port}/`);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /data-testid="landing-start"/);
  }
  for (const product of products) assert.deepEqual(await product.interrupt(), ENDED_WELL);
  for (const port of ports) await assertFree(port);
});
