// One browser, several tabs: who is in a room with one of them, and how another takes over.

import assert from "node:assert/strict";

import { SOON_MS } from "./person.mjs";
import { scene } from "./scene.mjs";

/** A copy of the tab, with what it remembers. */
const duplicate = async (person) => {
  const [copy] = await Promise.all([
    person.context.waitForEvent("page"),
    person.page.evaluate(() => void window.open(location.href)),
  ]);
  copy.setDefaultTimeout(SOON_MS);
  return copy;
};

scene("a tab that is opened twice says so, and takes over when told to", {}, async (scene) => {
  const { ada, bela } = await scene.pair();
  const copy = await duplicate(ada);
  await copy.getByTestId("error-title").filter({ hasText: "Already open in another tab" }).waitFor();
  await copy.getByRole("button", { name: "Use it here" }).click();
  assert.match(await ada.failure(), /Already open in another tab/);
  await copy.getByTestId("prejoin-join").click();
  await copy.getByTestId("call-leave").waitFor();
  await bela.seesOthers(1);
  await bela.receives();
  await bela.say("Still one of you?");
  await copy.getByTestId("call-chat").click();
  await copy.getByTestId("chat-message").filter({ hasText: "Still one of you?" }).waitFor();

  await ada.page.getByRole("button", { name: "Use it here" }).click();
  await copy.getByTestId("error-title").waitFor();
  await ada.enter();
  await bela.seesOthers(1);
});

scene("a tab that is opened twice can also join as another guest", {}, async (scene) => {
  const { ada, bela } = await scene.pair();
  const copy = await duplicate(ada);
  await copy.getByRole("button", { name: "Join as another guest" }).click();
  await copy.getByTestId("prejoin-join").click();
  await copy.getByTestId("call-leave").waitFor();
  await Promise.all([ada.seesOthers(2), bela.seesOthers(2)]);
});

scene("the chosen speaker plays everybody, and is remembered", {}, async (scene) => {
  const { ada, bela } = await scene.pair();
  const sinks = () => [...document.querySelectorAll('[data-testid="tile"]:not([data-self]) video')].map((video) => video.sinkId);
  await ada.page.getByRole("button", { name: "Microphone and speaker" }).click();
  await ada.page.getByTestId("test-sound").click();
  const speakers = ada.page.getByRole("group", { name: "Speaker" }).getByRole("radio");
  assert.ok((await speakers.count()) > 1, "there are speakers to choose from");
  await speakers.last().click();
  await ada.waitFor(() => localStorage.getItem("milanio.speaker"), undefined, "a remembered speaker");
  const chosen = await ada.page.evaluate(() => localStorage.getItem("milanio.speaker"));
  await ada.waitFor(`(${sinks})().join() === ${JSON.stringify(chosen)}`, undefined, "the speaker in use");

  await ada.page.reload();
  await ada.waitFor((chosen) => document.querySelector("#pick-speaker")?.value === chosen, chosen, "the speaker shown");
  await ada.enter();
  await Promise.all([ada.receives(), bela.receives()]);
  await ada.waitFor(`(${sinks})().join() === ${JSON.stringify(chosen)}`, undefined, "the speaker in use again");
});
