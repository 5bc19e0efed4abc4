// The real server as a child process: free ports, its own data, everything it says kept for when a test fails.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How long the server may take until it serves. */
const READY_MS = 20_000;
/** How long it may take to end after SIGTERM. */
const STOP_MS = 10_000;

const required = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests with \`cargo xtask test browser\``);
  return value;
};

/** A TCP port that is free now. */
export const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

/** Runs the server; `restart` brings it back on the same port with the same data. */
export class Server {
  /**
   * @param {{ port?: number, limits?: string, args?: string[], wrapper?: string[] }} [options]
   *   `wrapper` is a command that the server runs under, for instance in a network namespace.
   */
  static async start(options = {}) {
    const server = new Server();
    server.options = options;
    server.port = options.port ?? (await freePort());
    server.data = await mkdtemp(join(tmpdir(), "milanio-"));
    server.log = "";
    await server.launch();
    return server;
  }

  get origin() {
    return `http://localhost:${this.port}`;
  }

  async launch() {
    const { args = [], wrapper = [], limits } = this.options;
    const own = ["run", "--port", String(this.port), "--data", this.data, "--app", required("MILANIO_APP")];
    if (limits) own.push("--limits", limits);
    const [program, ...rest] = [...wrapper, required("MILANIO_SERVER"), ...own, ...args];
    this.child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"] });
    this.child.stderr.on("data", (data) => (this.log += data));
    this.ended = new Promise((resolve) => this.child.once("exit", resolve));
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the server is not ready:\n${this.log}`)), READY_MS);
      let output = "";
      this.child.stdout.on("data", (data) => {
        output += data;
        if (output.includes("Milanio is ready at ")) resolve(clearTimeout(timer));
      });
      this.child.once("error", reject);
      this.child.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${this.log}`)));
    });
  }

  /** Ends it as the kernel would: without a word to anybody. */
  async kill() {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  /** Starts it again where it was. */
  restart() {
    return this.launch();
  }

  /** Asks it to end, waits, and removes its data. */
  async stop() {
    this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), STOP_MS);
    await this.ended;
    clearTimeout(timer);
    await rm(this.data, { recursive: true, force: true });
  }
}
