// Who comes late reads what was said before, where a moderator chose so: marked, by whom it was said, and from whom it is.

import assert from "node:assert/strict";

import { scene } from "./scene.mjs";

const LONG = { timeout: 240_000 };

/** Opens or closes the room's past to who comes later. */
const setHistory = async (person, value) => {
  if (!(await person.at("person").first().isVisible())) await person.at("call-people").click();
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
