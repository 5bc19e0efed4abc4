// Who may do what: each choice of the owner reaches the pages of the others, which say why something cannot be done.

import assert from "node:assert/strict";

import { SIZES, THEMES, judge } from "./looks.mjs";
import { choose, knock, openPeople, row, sees } from "./people.mjs";
import { scene } from "./scene.mjs";

const LONG = { timeout: 240_000 };

/** Chooses for the room: who may do `what`. */
const set = async (person, what, value) => {
  await openPeople(person);
  await person.at("room-policy").click();
  await person.page.locator(`input[name="${what}"][value="${value}"]`).check();
  await person.page.keyboard.press("Escape");
  await person.at("policy").waitFor({ state: "detached" });
};

/** How it looks in both themes, and what axe says. */
const look = async (person, name, size) => {
  for (const theme of THEMES) {
    await person.page.evaluate((theme) => (document.documentElement.dataset.theme = theme), theme);
    await judge(person, name, `${theme}-${size}`);
  }
};

const tile = (person, state) => person.page.locator(`[data-testid="tile"]:not([data-self="true"])${state}`);

scene("who may write and speak is chosen by the owner, and the others' pages say why they cannot", LONG, async (scene) => {
  const { ada, bela } = await scene.pair({}, { context: SIZES.phone });
  await set(ada, "chat", "Co-host");
  await bela.at("call-chat").click();
  await bela.at("chat-closed").filter({ hasText: "Your role here only reads the chat" }).waitFor();
  assert.equal(await bela.at("chat-input").isVisible(), false);
  await ada.say("Questions at the end, please");
  await bela.at("chat-message").filter({ hasText: "Questions at the end" }).waitFor();
  await look(bela, "only-reads", "phone");
  await set(ada, "chat", "Viewer");
  await bela.at("chat-closed").waitFor({ state: "detached" });
  await bela.say("Now I may");
  await ada.reads("Now I may");
  await bela.page.keyboard.press("Escape");

  await tile(ada, '[data-camera="on"][data-microphone="on"]').waitFor();
  await set(ada, "speak", "Co-host");
  await bela.at("call-listens").filter({ hasText: "Your role here only listens" }).waitFor();
  assert.equal((await bela.at("call-mic").count()) + (await bela.at("call-camera").count()), 0);
  await tile(ada, '[data-camera="off"][data-microphone="off"]').waitFor();
  await bela.page.keyboard.press("m");
  await bela.page.keyboard.press("v");
  await bela.receives();
  await tile(ada, '[data-camera="off"][data-microphone="off"]').waitFor();
  await look(bela, "only-listens", "phone");

  // The choice is the same on the page of who may see it; as a co-host one may speak again.
  await set(ada, "share", "Co-host");
  await choose(ada, "Béla", "person-role", "Make co-host");
  await bela.at("call-camera").click();
  await bela.at("call-mic").click();
  await tile(ada, '[data-camera="on"][data-microphone="on"]').waitFor();
  await ada.receives();
  await openPeople(bela);
  await bela.at("room-policy").click();
  const chosen = await bela.at("policy").locator("input:checked").evaluateAll((all) => all.map(({ name, value }) => [name, value]));
  assert.deepEqual(chosen, [["door", "open"], ["speak", "Co-host"], ["share", "Co-host"], ["chat", "Viewer"], ["history", "no"]]);
});

scene("the door follows the owner's choice, and who knocked may change their mind", LONG, async (scene) => {
  const ada = await scene.person("Ada");
  const code = await ada.startRoom();
  await ada.enter();
  await set(ada, "door", "lobby");
  const bela = await knock(scene, "Béla", code);
  await bela.at("knock-wait").waitFor();
  await ada.at("knock-item").filter({ hasText: "Béla" }).waitFor();
  await bela.at("knock-cancel").click();
  await bela.at("knock-wait").waitFor({ state: "detached" });
  await bela.at("prejoin-join").waitFor();
  await ada.at("knock-item").waitFor({ state: "detached", timeout: 45_000 });
  assert.equal(await ada.at("person").count(), 1);
  await set(ada, "door", "open");
  await bela.at("prejoin-join").click();
  await bela.at("call-leave").waitFor({ timeout: 30_000 });
  await Promise.all([ada.receives(), bela.receives()]);
});

scene("all are muted after a question, a camera is switched off, and the room is given away", LONG, async (scene) => {
  const { ada, bela } = await scene.pair();
  await openPeople(ada);
  await ada.at("mute-all").click();
  await ada.at("question").filter({ hasText: "Each can switch it on again" }).waitFor();
  await ada.at("cancel").click();
  await tile(ada, '[data-microphone="on"]').waitFor();
  await ada.at("mute-all").click();
  await ada.at("confirm").click();
  await sees(bela, "Ada muted you. You can always unmute.");
  await tile(ada, '[data-microphone="off"][data-camera="on"]').waitFor();
  await bela.at("call-mic").click();
  await tile(ada, '[data-microphone="on"]').waitFor();

  await choose(ada, "Béla", "person-camera-off");
  await sees(bela, /Ada turned your camera off/);
  await bela.page.locator('[data-testid="call-camera"][aria-pressed="false"]').waitFor();
  await tile(ada, '[data-camera="off"]').waitFor();

  const digits = async (person) => {
    await openPeople(person);
    await person.at("agreement").filter({ hasText: "All 2 see the same members" }).waitFor();
    await person.at("room-check").click();
    const shown = (await person.at("room-check-digits").textContent()).replaceAll(/\D/g, "");
    await person.page.keyboard.press("Escape");
    assert.match(shown, /^\d{30}$/);
    return shown;
  };
  const before = await digits(ada);
  assert.equal(await digits(bela), before, "the same check on both pages");
  await choose(ada, "Béla", "person-transfer");
  await ada.at("question").filter({ hasText: "Only Béla can undo it" }).waitFor();
  await ada.at("confirm").click();
  await sees(bela, "Ada made you owner");
  await ada.page.locator('[data-testid="person"][data-role="Owner"]').filter({ hasText: "Béla" }).waitFor();
  await ada.page.locator('[data-testid="person"][data-role="Co-host"]').filter({ hasText: "Ada" }).waitFor();
  const after = await digits(ada);
  assert.equal(await digits(bela), after, "still the same on both pages");
  assert.notEqual(after, before, "and another one, since roles changed");
  await row(bela, "Ada").getByTestId("person-menu").click();
  await bela.at("person-transfer").waitFor();
});
