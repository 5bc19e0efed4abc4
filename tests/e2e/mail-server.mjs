// A real mail server on loopback: what the rendezvous sends is received here, and read by tests as a person would.

import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort } from "./server.mjs";

/** How long its first start may take: it is installed then. */
const READY_MS = 120_000;
/** How long a letter may take. */
const LETTER_MS = 20_000;

const script = join(dirname(fileURLToPath(import.meta.url)), "../../rendezvous/tests/mail-server/run.sh");

/** A mail server that takes every letter. `letters` has all of them, oldest first. */
export class MailServer {
  /** Starts it; `stop` and `launch` take it down and bring it back on the same port. */
  static async start() {
    const server = new MailServer();
    server.port = await freePort();
    server.letters = [];
    server.waiting = [];
    await server.launch();
    return server;
  }

  /** The options that make a rendezvous send its letters here. */
  get args() {
    const smtp = ["--smtp-host", "127.0.0.1", "--smtp-port", String(this.port), "--smtp-security", "none"];
    return ["--mail", "smtp", "--mail-from", "Milanio <no-reply@meet.example>", ...smtp];
  }

  async launch() {
    // Beside the built app, which lies below the target directory.
    const venv = join(dirname(process.env.MILANIO_APP), "mail-server");
    this.child = spawn("sh", [script, venv, "--port", String(this.port)], { stdio: ["ignore", "pipe", "pipe"] });
    let log = "";
    this.child.stderr.on("data", (data) => (log += data));
    this.ended = new Promise((resolve) => this.child.once("exit", resolve));
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the mail server is not ready:\n${log}`)), READY_MS);
      this.child.once("exit", (code) => reject(new Error(`the mail server ended with ${code}:\n${log}`)));
      createInterface({ input: this.child.stdout }).on("line", (line) => {
        const said = JSON.parse(line);
        if (said.port) return resolve(clearTimeout(timer));
        this.letters.push(said);
        this.waiting.splice(0).forEach((look) => look());
      });
    });
  }

  /** The newest letter to `address` with such a subject, after the first `after` letters in all. Waits for it. */
  async letter(address, after = 0, subject = /./) {
    const deadline = Date.now() + LETTER_MS;
    for (;;) {
      const found = this.letters.slice(after).findLast((letter) => letter.to.includes(address) && subject.test(letter.subject));
      if (found) return found;
      if (Date.now() > deadline) throw new Error(`no letter to ${address}; got ${this.letters.map((l) => l.subject)}`);
      await new Promise((resolve) => {
        this.waiting.push(resolve);
        setTimeout(resolve, deadline - Date.now() + 1).unref();
      });
    }
  }

  /** The code in a letter, as it is written. */
  static code(letter) {
    return letter.text.match(/\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b/)?.[0];
  }

  /** The link in a letter. */
  static link(letter) {
    return letter.text.match(/^https?:\S+$/m)?.[0];
  }

  async stop() {
    this.child.kill("SIGTERM");
    await this.ended;
  }
}
