// Who is who: the safety number is the same for both, what was compared stays, and somebody under a known name is not taken for them.

import assert from "node:assert/strict";

import { readByCamera } from "./camera.mjs";
import { SIZES, THEMES, judge } from "./looks.mjs";
import { choose, row } from "./people.mjs";
import { scene } from "./scene.mjs";

/** Opens the digits of somebody from the people panel. */
const compare = async (person, name) => {
  await choose(person, name, "person-compare");
  await person.at("safety-number").waitFor();
};

const digits = async (person) => (await person.at("safety-number").textContent()).replaceAll(/\D/g, "");

scene("two people read the same sixty digits, and what was compared stays", {}, async (scene) => {
  const { ada, bela, code } = await scene.pair();
  await compare(ada, "Béla");
  await compare(bela, "Ada");
  const [ours, theirs] = [await digits(ada), await digits(bela)];
  assert.match(ours, /^\d{60}$/);
  assert.equal(ours, theirs);
  assert.equal(await readByCamera(ada, ada.page.getByRole("img", { name: "QR code of the safety number" })), ours);
  assert.equal(await ada.at("safety-state").getAttribute("data-state"), "new");
  await ada.at("safety-verify").click();
  await ada.at("safety-number").waitFor({ state: "detached" });
  await ada.page.locator('[data-testid="person"][data-trust="compared"]').waitFor();

  await bela.page.keyboard.press("Escape");
  await bela.leave();
  const mallory = await scene.person("Béla");
  await mallory.open(`r/${code}`);
  await mallory.enter();
  await ada.at("key-changed").waitFor();
  await ada.at("call-chat").click();
  await ada.at("chat-closed").waitFor();
  const frames = (await mallory.media()).frames;
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  assert.ok((await mallory.media()).frames - frames < 5, "no picture goes to who only has the name");
  await ada.at("key-changed").getByRole("button").click();
  await ada.at("safety-accept").click();
  await ada.at("key-changed").waitFor({ state: "detached" });
  await mallory.receives();
  await ada.say("Hello again");
  await mallory.reads("Hello again");
});

for (const [size, options] of Object.entries(SIZES)) {
  for (const theme of THEMES) {
    scene(`the digits and the menu of a person are usable: ${theme}-${size}`, {}, async (scene) => {
      const { ada } = await scene.pair({ context: { ...options, colorScheme: theme, reducedMotion: "reduce" } });
      await ada.at("call-people").click();
      await row(ada, "Béla").getByTestId("person-menu").click();
      await ada.at("person-compare").waitFor();
      await judge(ada, "person-menu", `${theme}-${size}`);
      await ada.page.keyboard.press("ArrowDown");
      await ada.page.keyboard.press("Home");
      await ada.page.keyboard.press("Enter");
      await ada.at("safety-number").waitFor();
      await judge(ada, "safety", `${theme}-${size}`);
      await ada.page.keyboard.press("Escape");
      await ada.at("safety-number").waitFor({ state: "detached" });
    });
  }
}
