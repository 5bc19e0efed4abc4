// Firefox with fake devices, driven by WebDriver BiDi: Playwright drives only a Firefox of its own.

import puppeteer from "puppeteer-core";

import { SOON_MS } from "./person.mjs";

/** Fake devices without a question, and addresses of this machine as candidates: there is no other network in a test. */
const PREFERENCES = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.autoplay.default": 0,
  "media.peerconnection.ice.loopback": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
};

export const launchFirefox = () =>
  puppeteer.launch({
    browser: "firefox",
    executablePath: process.env.FIREFOX,
    headless: true,
    extraPrefsFirefox: PREFERENCES,
  });

/** Runs in the page before its own scripts: keeps the peer connections, so that decoded frames can be counted. */
const observe = () => {
  const connections = [];
  const Original = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Original {
    constructor(...configuration) {
      super(...configuration);
      connections.push(this);
    }
  };
  globalThis.__frames = async () => {
    let frames = 0;
    for (const connection of connections) {
      for (const one of (await connection.getStats()).values()) {
        if (one.type === "inbound-rtp" && one.kind === "video") frames += one.framesDecoded ?? 0;
      }
    }
    return frames;
  };
};

/** Somebody at Firefox: the few things that one test needs. */
export class FirefoxPerson {
  static async arrive(browser, origin) {
    const person = new FirefoxPerson();
    person.origin = origin;
    person.problems = [];
    person.page = await browser.newPage();
    person.page.setDefaultTimeout(2 * SOON_MS);
    person.page.on("console", (message) => message.type() === "error" && person.problems.push(message.text()));
    person.page.on("pageerror", (error) => person.problems.push(String(error)));
    await person.page.evaluateOnNewDocument(observe);
    return person;
  }

  at(id) {
    return this.page.waitForSelector(`[data-testid="${id}"]`, { visible: true });
  }

  async press(id) {
    await (await this.at(id)).click();
  }

  async enter(code, name) {
    await this.page.goto(`${this.origin}/#/r/${code}`);
    const field = await this.at("prejoin-name");
    await field.type(name);
    await this.press("prejoin-join");
    await this.at("call-leave");
  }

  async say(text) {
    await this.press("call-chat");
    await (await this.at("chat-input")).type(text);
    await this.press("chat-send");
  }

  /** An own file, by its path, is offered to everybody. */
  async offer(path) {
    const input = await this.page.waitForSelector('[data-testid="file-input"]');
    await input.uploadFile(path);
  }

  /** Presses something at a file that somebody offers, once its item is in this state. */
  async pressAt(name, state, id) {
    const find = ({ name, state, id }) =>
      [...document.querySelectorAll(`[data-testid="file-offer"][data-state="${state}"]`)]
        .filter((one) => one.textContent.includes(name))
        .map((one) => one.querySelector(`[data-testid="${id}"]`))[0];
    const handle = await this.page.waitForFunction(find, {}, { name, state, id });
    await handle.click();
  }

  /** Waits until the message is shown. */
  reads(text) {
    const shown = (text) => [...document.querySelectorAll('[data-testid="chat-message"]')].some((one) => one.textContent.includes(text));
    return this.page.waitForFunction(shown, {}, text);
  }

  /** Waits until `count` more frames of the others were decoded. */
  async receives(count) {
    const before = await this.page.evaluate(() => globalThis.__frames());
    const end = Date.now() + 2 * SOON_MS;
    let now = before;
    while (now < before + count) {
      if (Date.now() > end) throw new Error(`Firefox decoded ${now - before} frames in ${2 * SOON_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      now = await this.page.evaluate(() => globalThis.__frames());
    }
  }
}
