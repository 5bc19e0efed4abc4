// A person at a page: does what a person does, sees what a person sees, and remembers everything that went wrong.

import assert from "node:assert/strict";

/** The longest wait for something that should happen soon. */
export const SOON_MS = 15_000;

/** Runs in every page before its own scripts: keeps the peer connections, so that their statistics can be read. */
const observe = () => {
  const connections = (globalThis.__connections = []);
  globalThis.__violations = [];
  document.addEventListener("securitypolicyviolation", (event) => {
    globalThis.__violations.push(`${event.effectiveDirective} blocked ${event.blockedURI || event.sample}`);
  });
  const Original = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Original {
    constructor(...configuration) {
      super(...configuration);
      connections.push(this);
    }
  };
  // Sums up the statistics of all open peer connections.
  globalThis.__media = async () => {
    const sum = { connections: 0, frames: 0, audio: 0, relayed: 0, protocols: [] };
    for (const connection of connections) {
      if (connection.connectionState === "closed") continue;
      sum.connections += 1;
      const stats = [...(await connection.getStats()).values()];
      for (const one of stats) {
        if (one.type === "inbound-rtp" && one.kind === "video") sum.frames += one.framesDecoded ?? 0;
        if (one.type === "inbound-rtp" && one.kind === "audio") sum.audio += one.totalAudioEnergy ?? 0;
        if (one.type !== "transport" || !one.selectedCandidatePairId) continue;
        const pair = stats.find((other) => other.id === one.selectedCandidatePairId);
        const local = stats.find((other) => other.id === pair?.localCandidateId);
        if (local?.candidateType === "relay") sum.relayed += 1;
        sum.protocols.push(local?.relayProtocol ?? local?.protocol);
      }
    }
    return sum;
  };
};


export class Person {
  /**
   * @param {import("playwright-core").Browser} browser
   * @param {string} origin where the server is
   * @param {string} name
   * @param {{ context?: object, init?: Function, argument?: unknown, sharing?: Person }} [options]
   *   `init` runs in the page before anything else; `sharing` opens another tab of that person's browser.
   */
  static async arrive(browser, origin, name, { context = {}, init, argument, sharing } = {}) {
    const person = new Person();
    Object.assign(person, { origin, name, problems: [], expected: [], own: !sharing });
    person.context = sharing?.context ?? (await browser.newContext({ viewport: { width: 1280, height: 800 }, ...context }));
    person.page = await person.context.newPage();
    person.page.setDefaultTimeout(SOON_MS);
    await person.page.addInitScript(observe);
    if (init) await person.page.addInitScript(init, argument);
    person.watch();
    return person;
  }

  watch() {
    const { page, problems, origin } = this;
    this.console = [];
    page.on("console", (message) => {
      this.console.push(`${message.type()}: ${message.text()}`);
      if (message.type() === "error") problems.push(`console: ${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => problems.push(`exception: ${error.stack ?? error}`));
    page.on("crash", () => problems.push("the page crashed"));
    const own = new URL(origin).host;
    const judge = (url) => {
      const { protocol, host } = new URL(url);
      if (["http:", "https:", "ws:", "wss:"].includes(protocol) && !this.isOwn(host, own)) problems.push(`asked another host: ${url}`);
    };
    page.on("request", (request) => judge(request.url()));
    page.on("websocket", (socket) => judge(socket.url()));
  }

  isOwn(host, own) {
    return host === own || host === own.replace("localhost", "127.0.0.1");
  }

  /** Lets problems through that the test itself causes. */
  expect(pattern) {
    this.expected.push(pattern);
  }

  /** Fails if anything went wrong in this page that the test did not expect. */
  async assertClean() {
    const violations = await this.page.evaluate(() => globalThis.__violations ?? []).catch(() => []);
    const problems = [...this.problems, ...violations.map((text) => `policy: ${text}`)];
    const unexpected = problems.filter((problem) => !this.expected.some((pattern) => pattern.test(problem)));
    assert.deepEqual(unexpected, [], `${this.name}'s page`);
  }

  at(id) {
    return this.page.getByTestId(id);
  }

  /** Opens an address of the app afresh, as from a bookmark: `""` for the landing page, `r/CODE` for a room. */
  async open(path = "") {
    // Without this, a step within the same document would only change the fragment.
    if (this.page.url() !== "about:blank") await this.page.goto("about:blank");
    await this.page.goto(`${this.origin}/${path ? `#/${path}` : ""}`);
  }

  /** Makes a room from the landing page and returns its code. */
  async startRoom() {
    await this.open();
    await this.at("landing-start").click();
    await this.at("prejoin-join").waitFor();
    return this.code();
  }

  /** The code of the room that the address names. */
  async code() {
    await this.page.waitForURL(/#\/r\/[0-9a-z-]{16,}/);
    return this.page.url().split("#/r/")[1];
  }

  /** Types a code or link on the landing page. */
  async joinBy(text) {
    await this.open();
    await this.at("landing-code").fill(text);
    await this.at("landing-join").click();
  }

  /** From the prejoin page into the call. */
  async enter() {
    await this.at("prejoin-name").fill(this.name);
    await this.at("prejoin-join").click();
    await this.at("call-leave").waitFor({ timeout: 2 * SOON_MS });
  }

  /** Waits until this many other people have tiles. */
  async seesOthers(count, timeout = 2 * SOON_MS) {
    await this.waitFor(
      (count) => document.querySelectorAll('[data-testid="tile"]:not([data-self="true"])').length === count,
      count,
      `${count} other tiles`,
      timeout,
    );
  }

  /** The tile of another person, by name. */
  tileOf(name) {
    return this.page.locator('[data-testid="tile"]:not([data-self="true"])').filter({ hasText: name });
  }

  media() {
    return this.page.evaluate(() => globalThis.__media());
  }

  /** Waits until the decoded frames of all peers have grown by `frames`, and the sound's energy too unless told not. */
  async receives({ frames = 10, sound = true, timeout = 2 * SOON_MS } = {}) {
    const before = await this.media();
    const grown = async ({ before, frames, sound }) => {
      const now = await globalThis.__media();
      return now.frames - before.frames >= frames && (!sound || now.audio > before.audio);
    };
    await this.waitFor(grown, { before, frames, sound }, `media after ${JSON.stringify(before)}`, timeout);
    return this.media();
  }

  async openChat() {
    if (!(await this.at("chat-input").isVisible())) await this.at("call-chat").click();
    await this.at("chat-input").waitFor();
  }

  async say(text) {
    await this.openChat();
    await this.at("chat-input").fill(text);
    await this.at("chat-send").click();
  }

  /** Waits until the message is shown, exactly once. */
  async reads(text, timeout = SOON_MS) {
    await this.openChat();
    const message = this.at("chat-message").filter({ hasText: text });
    await message.first().waitFor({ timeout });
    assert.equal(await message.count(), 1, `"${text}" is shown once`);
  }

  /** Leaves the call; an owner with others inside is asked first. */
  async leave() {
    await this.at("call-leave").click();
    const left = this.at("call-leave").waitFor({ state: "hidden" });
    // A click that only waits here would press the next question that ever comes.
    const asked = this.at("confirm").waitFor().then(() => true, () => false);
    if (await Promise.race([left.then(() => false), asked])) await this.at("confirm").click();
    await left;
  }

  /** Waits for a page of the app that tells a failure, and returns its title. */
  async failure() {
    await this.at("error-title").waitFor({ timeout: 2 * SOON_MS });
    return (await this.at("error-title").textContent()).trim();
  }

  /** Waits until `predicate` holds in the page. Playwright's own wait takes the promise of an async predicate for a yes. */
  async waitFor(predicate, argument, what, timeout = SOON_MS) {
    const end = Date.now() + timeout;
    let cause;
    // A page that is just being replaced cannot be asked.
    const holds = () => this.page.evaluate(predicate, argument).catch((error) => void (cause = error));
    while (!(await holds())) {
      if (Date.now() > end) throw new Error(`${this.name}: waited ${timeout} ms for ${what}`, { cause });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async depart() {
    await (this.own ? this.context.close() : this.page.close());
  }
}
