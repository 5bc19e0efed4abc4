// A test with a stage: a server, a browser, people. Whatever happens, everything is torn down; if something fails,
// what everybody saw is kept in `out/`.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { launch } from "./browser.mjs";
import { MailServer } from "./mail-server.mjs";
import { Person } from "./person.mjs";
import { Server } from "./server.mjs";

/** Where pictures and logs go. */
export const OUT = join(import.meta.dirname, "out");
/** The longest a test may take. */
const LIMIT_MS = 120_000;

export class Scene {
  constructor() {
    this.people = [];
    this.closing = [];
  }

  /** Somebody opens the site in a browser of their own. */
  async person(name, options = {}) {
    const person = await Person.arrive(options.browser ?? this.browser, options.origin ?? this.server.origin, name, options);
    this.people.push(person);
    return person;
  }

  /** Two people in one call, media flowing both ways. */
  async pair(first = {}, second = {}) {
    const ada = await this.person("Ada", first);
    const code = await ada.startRoom();
    await ada.enter();
    const bela = await this.person("Béla", second);
    await bela.joinBy(code);
    await bela.enter();
    await Promise.all([ada.seesOthers(1), bela.seesOthers(1)]);
    await Promise.all([ada.receives(), bela.receives()]);
    return { ada, bela, code };
  }

  /** Ends this when the test ends. */
  atEnd(close) {
    this.closing.push(close);
  }

  async keepEvidence(name) {
    await mkdir(OUT, { recursive: true });
    const stem = join(OUT, `failed-${name.replaceAll(/[^a-z0-9]+/gi, "-")}`);
    for (const person of this.people) {
      await person.page.screenshot({ path: `${stem}-${person.name}.png` }).catch(() => {});
      await writeFile(`${stem}-${person.name}.log`, [...person.console, ...person.problems].join("\n")).catch(() => {});
    }
    if (this.server) await writeFile(`${stem}-server.log`, this.server.log).catch(() => {});
  }

  async close() {
    for (const person of this.people) await person.depart().catch(() => {});
    for (const close of this.closing.reverse()) await close();
    await this.browser?.close();
    await this.server?.stop();
  }
}

/** One server and one browser. */
const set = async (stage, options) => {
  if (options.mail) {
    stage.mail = await MailServer.start();
    stage.atEnd(() => stage.mail.stop());
  }
  const args = [...(options.server?.args ?? []), ...(stage.mail?.args ?? [])];
  stage.server = await Server.start({ ...options.server, args });
  stage.browser = await launch(options.browser);
};

/**
 * A browser test.
 *
 * @param {string} name a sentence
 * @param {{ server?: object, browser?: object, mail?: boolean, timeout?: number, skip?: string | false,
 *   set?: (scene: Scene) => Promise<void> }} options
 *   `mail` starts a mail server, too, and has the server send its letters there; `set` starts server and browser another way.
 * @param {(scene: Scene) => Promise<void>} play
 */
export const scene = (name, options, play) =>
  test(name, { timeout: options.timeout ?? LIMIT_MS, skip: options.skip ?? false }, async () => {
    const stage = new Scene();
    try {
      await (options.set ?? set)(stage, options);
      await play(stage);
      for (const person of stage.people) await person.assertClean();
    } catch (error) {
      await stage.keepEvidence(name);
      throw error;
    } finally {
      await stage.close();
    }
  });
