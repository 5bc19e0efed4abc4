// Who comes late reads what was said before, where a moderator chose so: marked, by whom it was said, and from whom it is. What cannot
// be had any more shows as a hole.

import assert from "node:assert/strict";

import { judge } from "./looks.mjs";
import { openPeople } from "./people.mjs";
import { scene } from "./scene.mjs";

const LONG = { timeout: 240_000 };

/** Opens or closes the room's past to who comes later. */
const setHistory = async (person, value) => {
  await openPeople(person);
  await person.at("room-policy").click();
  const choice = person.page.locator(`input[name="history"][value="${value}"]`);
  await choice.check();
  await person.page.keyboard.press("Escape");
};

const joins = async (scene, name, code) => {
  const person = await scene.person(name);
  await person.open(`r/${code}`);
  await person.enter();
  return person;
};

scene("a late joiner reads nothing from before by default, and what was said since a moderator chose so, marked", LONG, async (scene) => {
  const { ada, bela, code } = await scene.pair();
  await ada.say("Not for who comes later");
  await bela.reads("Not for who comes later");
  const cleo = await joins(scene, "Cleo", code);
  await cleo.seesOthers(2);
  await ada.say("Hello Cleo");
  await cleo.reads("Hello Cleo");
  assert.equal(await cleo.page.getByText("Not for who comes later").count(), 0);
  assert.equal(await cleo.at("history-divider").count(), 0);

  await setHistory(ada, "yes");
  await bela.page.getByText(/whoever comes within 24 hours/).waitFor();
  await ada.say("For who comes later");
  await bela.say("This, too");
  await ada.reads("This, too");

  const dora = await joins(scene, "Dora", code);
  await dora.seesOthers(3);
  await dora.openChat();
  await dora.at("history-divider").filter({ hasText: /Said before you came, from Ada's history/ }).waitFor();
  const said = await dora.at("chat-message").locator(".message-text").allTextContents();
  assert.deepEqual(said, ["For who comes later", "This, too"]);
  assert.equal(await dora.at("history-gap").count(), 0);
  await dora.say("I have read it");
  await ada.reads("I have read it");

  await setHistory(ada, "no");
  await bela.page.getByText(/whoever comes within 24 hours/).waitFor({ state: "detached" });
  const emil = await joins(scene, "Emil", code);
  await emil.seesOthers(4);
  await ada.say("Hello Emil");
  await emil.reads("Hello Emil");
  assert.equal(await emil.page.getByText("For who comes later").count(), 0);
});

/** What Chromium itself writes at error level when a connection breaks. */
const BROKEN = /Failed to load resource|WebSocket connection to|Failed to establish a connection|WebTransport|net::ERR_/;

/** Lets the page's connections be cut, and none be made until that is over: runs in the page. */
const cuttable = () => {
  const open = new Set();
  let isCut = false;
  for (const name of ["WebSocket", "WebTransport"]) {
    globalThis[name] = class extends globalThis[name] {
      constructor(...how) {
        if (isCut) throw new DOMException("cut", "NetworkError");
        super(...how);
        open.add(this);
      }
    };
  }
  globalThis.__cut = (on) => {
    isCut = on;
    if (on) open.forEach((one) => one.close());
    open.clear();
  };
};

/** More than may be said at once: what is missed is said again one by one, each second. */
const SAID = 30;

scene("what somebody said while one was cut off, and cannot say again because they left, shows as a hole", LONG, async (scene) => {
  const { ada, bela } = await scene.pair({}, { init: cuttable });
  bela.expect(BROKEN);
  await bela.openChat();
  await bela.page.evaluate(() => globalThis.__cut(true));
  await bela.page.locator('[data-testid="connection-state"]:not([data-state="connected"])').waitFor();
  for (let n = 1; n <= SAID; n += 1) await ada.say(`Number ${n}.`);
  const waiting = () => document.querySelector('[data-testid="chat-message"][data-delivery="waiting"]');
  await ada.waitFor(`!(${waiting})()`, undefined, "everything to be said", 30_000);
  await bela.page.evaluate(() => globalThis.__cut(false));
  await bela.at("chat-message").first().waitFor({ timeout: 30_000 });
  await ada.leave();
  await bela.at("history-gap").filter({ hasText: /^\d+ messages of Ada did not arrive$/ }).waitFor();
  const missing = parseInt(await bela.at("history-gap").textContent(), 10);
  const came = await bela.at("chat-message").count();
  assert.ok(came > 0 && missing > 0 && came + missing === SAID, `${came} came, ${missing} are missing of ${SAID}`);
  await judge(bela, "history-gap", "light-desktop");
});
