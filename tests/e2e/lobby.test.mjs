// The landing page as a lobby: how a new room is to be, and the rooms visited lately.

import assert from "node:assert/strict";

import { SIZES, judge } from "./looks.mjs";
import { SOON_MS } from "./person.mjs";
import { scene } from "./scene.mjs";

/** Goes to the landing page within the document, and waits until it lists the room. */
const home = async (person, code) => {
  await person.page.evaluate(() => void (location.hash = "#/"));
  await room(person, code).waitFor();
};

const room = (person, code) => person.at("recent-room").filter({ hasText: code });

scene("rooms visited lately are kept on this device, with their state, until they are cleared", {}, async (scene) => {
  const context = { ...SIZES.desktop, colorScheme: "light", reducedMotion: "reduce" };
  const ada = await scene.person("Ada", { context });
  await ada.open();
  await ada.at("landing-start").waitFor();
  assert.equal(await ada.at("recent").count(), 0, "nothing is listed at first");
  const first = await ada.startRoom();
  await ada.enter();
  await ada.leave();
  await home(ada, first);
  const second = await ada.startRoom();
  await home(ada, second);
  await ada.open();
  await Promise.all([room(ada, first).waitFor(), room(ada, second).waitFor()]);
  await ada.waitFor(
    () => [...document.querySelectorAll('[data-testid="recent-room"]')].every((one) => one.dataset.state === "waiting"),
    undefined,
    "both rooms waiting",
  );
  await judge(ada, "recent", "light-desktop");
  const bela = await scene.person("Béla");
  await bela.open(`r/${first}`);
  await bela.enter();
  // The registry hears of a room in use some seconds after somebody entered, and the page asks again by itself.
  await ada.page.locator('[data-testid="recent-room"][data-state="active"]').filter({ hasText: first }).waitFor({ timeout: 45_000 });
  assert.equal(await room(ada, second).getAttribute("data-state"), "waiting");
  await room(ada, second).getByRole("button", { name: `Forget ${second}` }).click();
  await room(ada, second).waitFor({ state: "detached" });
  await room(ada, first).getByRole("button", { name: `QR code of ${first}` }).click();
  await ada.page.getByRole("img", { name: "QR code of the invitation link" }).waitFor();
  await ada.page.keyboard.press("Escape");
  await ada.waitFor((code) => document.activeElement?.ariaLabel === `QR code of ${code}`, first, "the focus back where it was");
  await room(ada, first).getByRole("link").click();
  await ada.at("prejoin-join").waitFor();
  await ada.open();
  await ada.at("recent-clear").click();
  await ada.at("question").filter({ hasText: "every conversation that this browser has kept" }).waitFor();
  await ada.at("confirm").click();
  await ada.at("recent").waitFor({ state: "detached" });
  await ada.open();
  await ada.at("landing-start").waitFor();
  assert.equal(await ada.at("recent").count(), 0, "cleared for good");
});

/** What this browser keeps of conversations, byte by byte as text; less than a head and a seal is nothing. */
const keptTalks = (person) =>
  person.page.evaluate(
    () =>
      new Promise((resolve) => {
        const opening = indexedDB.open("milanio.history");
        opening.onsuccess = () => {
          const all = opening.result.transaction("rooms").objectStore("rooms").getAll();
          const text = (record) => new TextDecoder("latin1").decode(record);
          all.onsuccess = () => resolve(all.result.filter((record) => record.length > 120).map(text));
        };
      }),
  );

scene("what was kept of conversations is gone with the rooms, once the question is answered", {}, async (scene) => {
  const ada = await scene.person("Ada");
  const code = await ada.startRoom();
  await ada.enter();
  await ada.openChat();
  await ada.at("chat-settings").click();
  await ada.at("chat-keep").selectOption("always");
  await ada.say("Keep this in mind");
  await ada.reads("in mind");
  await ada.leave();
  await home(ada, code);
  const [kept, ...others] = await keptTalks(ada);
  assert.equal(others.length, 0);
  assert.ok(kept && !kept.includes("Keep this") && !kept.includes("Ada"), "it is sealed");
  await ada.at("recent-clear").click();
  await ada.at("question").filter({ hasText: "every conversation that this browser has kept" }).waitFor();
  await ada.at("cancel").click();
  await ada.at("question").waitFor({ state: "detached" });
  await room(ada, code).waitFor();
  assert.equal((await keptTalks(ada)).length, 1, "nothing is gone before the answer");
  await ada.at("recent-clear").click();
  await ada.at("confirm").click();
  await ada.at("recent").waitFor({ state: "detached" });
  const end = Date.now() + SOON_MS;
  while ((await keptTalks(ada)).length > 0) assert.ok(Date.now() < end, "nothing is kept any more");
  await ada.open(`r/${code}`);
  await ada.enter();
  await ada.say("Here again");
  await ada.reads("Here again");
  assert.equal(await ada.at("chat-message").count(), 1);
  assert.equal(await ada.at("history-divider").count(), 0);
});

for (const [size, options] of Object.entries(SIZES)) {
  scene(`how a new room is to be is chosen before it is opened: ${size}`, {}, async (scene) => {
    const ada = await scene.person("Ada", { context: { ...options, colorScheme: "dark", reducedMotion: "reduce" } });
    await ada.open();
    await ada.at("landing-options").click();
    await ada.page.locator('input[name="life"][value="7 days"]').check();
    await judge(ada, "call-options", `dark-${size}`);
    await ada.at("landing-start").click();
    await ada.at("prejoin-join").waitFor();
    const code = await ada.code();
    await home(ada, code);
    await room(ada, code).filter({ hasText: /Ends in [67] days/ }).waitFor();
  });
}
