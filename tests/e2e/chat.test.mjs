// What people do with messages: answer, react, change, take back, write to one alone, see each other write, and keep it.

import assert from "node:assert/strict";

import { SIZES, THEMES, judge } from "./looks.mjs";
import { scene } from "./scene.mjs";

/** What Chromium itself writes at error level when a connection breaks. */
const BROKEN = /Failed to load resource|WebSocket connection to|Failed to establish a connection|WebTransport|net::ERR_/;

/** So many own messages wait for a connection at most (`MAX_CHAT_WAITING` in `node/src/core/room/limits.rs`). */
const MOST_WAITING = 64;

/** The messages that say this themselves, not in what they quote. */
const message = (person, text) => person.at("chat-message").filter({ has: person.page.locator(".message-text", { hasText: text }) });

/** Opens the menu of a message. */
async function open(person, text) {
  const one = message(person, text).first();
  await one.hover();
  await one.getByTestId("chat-menu").click();
  return one;
}

/** Opens the menu of a message and presses something in it. */
async function act(person, text, testid) {
  const one = await open(person, text);
  await one.getByTestId(testid).first().click();
}

/** How it looks in both themes, and what axe says. */
async function look(person, name, size) {
  for (const theme of THEMES) {
    await person.page.evaluate((theme) => (document.documentElement.dataset.theme = theme), theme);
    await judge(person, name, `${theme}-${size}`);
  }
}

scene("messages are answered, reacted to, changed and taken back, for both alike", {}, async (scene) => {
  const { ada, bela } = await scene.pair({}, { context: SIZES.phone });
  await ada.say("Two walls **moved** since Tuesday");
  await bela.reads("since Tuesday");
  await message(bela, "since Tuesday").locator("strong", { hasText: "moved" }).waitFor();

  await bela.at("chat-input").pressSequentially("Which");
  await ada.at("chat-typing").filter({ hasText: "Béla is typing" }).waitFor();
  await bela.at("chat-input").fill("");
  await act(bela, "since Tuesday", "chat-reply");
  await bela.at("chat-reply-bar").waitFor();
  await bela.say("Which ones?");
  await message(ada, "Which ones?").getByTestId("chat-quote").filter({ hasText: "since Tuesday" }).waitFor();
  await ada.waitFor(() => document.querySelector('[data-testid="chat-typing"]').textContent === "", undefined, "an end of the typing");

  await act(bela, "since Tuesday", "chat-react");
  await message(ada, "since Tuesday").getByTestId("chat-reaction").filter({ hasText: "1" }).click();
  await message(bela, "since Tuesday").getByTestId("chat-reaction").filter({ hasText: "2" }).waitFor();

  await act(ada, "since Tuesday", "chat-edit");
  await ada.say("Three walls, long room first");
  await message(bela, "Three walls").filter({ hasText: "edited" }).waitFor();
  assert.equal(await bela.at("chat-message").filter({ hasText: "since Tuesday" }).count(), 0, "the quote changes with it");

  await ada.say("```\nlong room 6.40 -> 5.80 m\n```");
  await message(bela, "5.80 m").locator("pre").waitFor();
  const attack = `<img src=x onerror="globalThis.__hit=1"> [x](javascript:globalThis.__hit=1) https://example.org/?q=<script>`;
  await ada.say(attack);
  await bela.reads("onerror");
  assert.deepEqual(await bela.page.evaluate(() => [globalThis.__hit ?? null, document.querySelectorAll(".log img, .log script").length]), [null, 0]);
  const links = await message(bela, "onerror").locator("a").evaluateAll((all) => all.map((a) => [a.getAttribute("href"), a.target, a.rel]));
  assert.deepEqual(links, [["https://example.org/?q=", "_blank", "noopener noreferrer nofollow"]]);

  await open(ada, "Which ones?");
  await look(ada, "chat-said", "desktop");
  await open(bela, "Which ones?");
  await look(bela, "chat-said", "phone");
  await message(bela, "Which ones?").getByTestId("chat-menu").press("Enter");
  await act(bela, "Which ones?", "chat-delete");
  await ada.at("chat-deleted").waitFor();
  assert.equal(await message(ada, "Which ones?").count(), 0);
});

scene("who has read a message shows to who shares that, of who shares it, and to nobody before", {}, async (scene) => {
  const { ada, bela } = await scene.pair();
  const share = async (person) => {
    await person.at("chat-settings").click();
    await person.at("chat-reading-switch").click();
    await person.at("chat-settings").click();
  };
  await ada.say("Which wall moved?");
  await bela.reads("Which wall moved?");
  await share(ada);
  await bela.say("The long one");
  await ada.reads("The long one");
  assert.equal(await ada.at("chat-read").count(), 0, "Béla did not choose to tell");
  assert.equal(await bela.at("chat-read").count(), 0, "nor to see");

  await share(bela);
  await ada.at("chat-read").filter({ hasText: /^Read by Béla$/ }).waitFor();
  await bela.at("chat-read").filter({ hasText: /^Read by Ada$/ }).waitFor();
  await ada.say("Thank you");
  await bela.reads("Thank you");
  await ada.page.locator("[data-testid=chat-message]:has-text('Thank you') + [data-testid=chat-read]").waitFor();
  await look(ada, "chat-read", "desktop");

  await share(bela);
  await bela.at("chat-read").waitFor({ state: "detached" });
  await ada.say("One more thing");
  await bela.reads("One more thing");
  await bela.say("Yes?");
  await ada.reads("Yes?");
  assert.equal(await ada.page.locator("[data-testid=chat-message]:has-text('One more thing') + [data-testid=chat-read]").count(), 0);
});

scene("a private message is seen by one person alone, and says so", {}, async (scene) => {
  const { ada, bela, code } = await scene.pair();
  const cleo = await scene.person("Cleo");
  await cleo.joinBy(code);
  await cleo.enter();
  await Promise.all([ada, bela, cleo].map((person) => person.seesOthers(2)));
  for (const person of [ada, bela, cleo]) await person.openChat();
  await ada.at("chat-settings").click();
  await ada.at("chat-whisper-to").filter({ hasText: "Béla" }).click();
  await ada.at("chat-private-bar").filter({ hasText: "Only Béla sees this" }).waitFor();
  await ada.say("Can we talk after the call?");
  await message(bela, "after the call").getByTestId("chat-private").filter({ hasText: "Only you see this" }).waitFor();
  await ada.at("chat-private-bar").getByRole("button").click();
  await ada.say("Thank you all");
  await cleo.reads("Thank you all");

  // An answer to what one said in private is private, too; Escape ends the answer and nothing else.
  await act(ada, "after the call", "chat-reply");
  await ada.at("chat-private-bar").filter({ hasText: "Only Béla sees this" }).waitFor();
  await look(ada, "chat-private", "desktop");
  await ada.say("Or before it");
  await message(bela, "Or before it").getByTestId("chat-quote").filter({ hasText: "after the call" }).waitFor();
  await act(ada, "Thank you all", "chat-reply");
  await ada.at("chat-input").press("Escape");
  await ada.at("chat-reply-bar").waitFor({ state: "detached" });
  await ada.at("chat-private-bar").waitFor();

  // Who has left gets nothing, and what was written for them stays.
  await ada.at("chat-input").fill("Nobody else should know");
  await bela.leave();
  await ada.at("chat-private-bar").filter({ hasText: "Béla has left" }).waitFor();
  await ada.at("chat-input").press("Enter");
  assert.equal(await ada.at("chat-input").inputValue(), "Nobody else should know");
  await look(ada, "chat-reader-left", "desktop");
  await ada.at("chat-input").fill("For all of you");
  await ada.at("chat-to-all").click();
  await ada.at("chat-input").press("Enter");
  await cleo.reads("For all of you");
  for (const text of ["after the call", "before it", "else should know"]) assert.equal(await message(cleo, text).count(), 0, text);
});

scene("a private message whose reader left before it could go out says so, and stays", {}, async (scene) => {
  const { ada, bela } = await scene.pair();
  [ada, bela].forEach((person) => person.expect(BROKEN));
  await ada.openChat();
  await ada.at("chat-settings").click();
  await ada.at("chat-whisper-to").filter({ hasText: "Béla" }).click();
  await scene.server.kill();
  await ada.page.getByText("Messages wait until it is back").waitFor();
  await ada.say("One more thing");
  await ada.page.locator('[data-testid="chat-message"][data-delivery="waiting"]').filter({ hasText: "One more thing" }).waitFor();
  await bela.depart();
  await scene.server.restart();
  const told = ada.page.locator('[data-testid="chat-message"][data-delivery="undelivered"]').filter({ hasText: "One more thing" });
  await told.filter({ hasText: "Not delivered: Béla had left" }).waitFor({ timeout: 60_000 });
});

scene("a message that is too long stays in the field, and a text survives that the chat is closed", {}, async (scene) => {
  const { ada, bela } = await scene.pair();
  await ada.openChat();
  await ada.at("chat-input").fill("x".repeat(16 * 1024 + 3));
  await ada.at("chat-too-long").filter({ hasText: "Too long by 3 characters" }).waitFor();
  await ada.at("chat-input").press("Enter");
  assert.equal(await ada.at("chat-message").count(), 0);
  await ada.at("chat-input").fill("Half a thought");
  await ada.at("chat-input").press("Escape");
  await ada.at("chat-input").waitFor({ state: "detached" });
  await ada.openChat();
  assert.equal(await ada.at("chat-input").inputValue(), "Half a thought");
  await ada.at("chat-input").press("Enter");
  await bela.reads("Half a thought");
});

scene("a change that the room does not take is given back into the field", {}, async (scene) => {
  const { ada, bela } = await scene.pair();
  [ada, bela].forEach((person) => person.expect(BROKEN));
  await ada.say("Four o'clock");
  await bela.reads("Four o'clock");
  await scene.server.kill();
  await ada.page.getByText("Messages wait until it is back").waitFor();
  for (let n = 1; n <= MOST_WAITING; n += 1) await ada.say(`Number ${n}.`);
  const waiting = ada.page.locator('[data-testid="chat-message"][data-delivery="waiting"]');
  await waiting.filter({ hasText: `Number ${MOST_WAITING}.` }).waitFor();
  assert.equal(await waiting.count(), MOST_WAITING);

  await act(ada, "Four o'clock", "chat-edit");
  await ada.say("Five o'clock");
  await ada.page.getByText("Too many messages at once. Wait a moment.").first().waitFor();
  await ada.at("chat-edit-bar").waitFor();
  assert.equal(await ada.at("chat-input").inputValue(), "Five o'clock");
  assert.equal(await message(ada, "Four o'clock").count(), 1, "nothing has changed yet");

  await scene.server.restart();
  await bela.reads("Number 1.", 60_000);
  await ada.at("chat-input").press("Enter");
  await ada.at("chat-edit-bar").waitFor({ state: "detached" });
  await message(ada, "Five o'clock").waitFor();
});

scene("a message is answered and changed by keys alone", {}, async (scene) => {
  const { ada, bela } = await scene.pair();
  await bela.openChat();
  await ada.say("Four o'clock");
  await Promise.all([ada.reads("Four o'clock"), bela.reads("Four o'clock")]);
  await ada.at("chat-input").press("ArrowUp");
  await ada.at("chat-edit-bar").waitFor();
  await ada.at("chat-input").press("End");
  await ada.at("chat-input").pressSequentially(" sharp");
  await ada.at("chat-input").press("Enter");
  await message(bela, "Four o'clock sharp").filter({ hasText: "edited" }).waitFor();
  await message(bela, "Four o'clock").getByTestId("chat-menu").focus();
  await bela.page.keyboard.press("Enter");
  await bela.page.keyboard.press("Tab");
  await bela.page.keyboard.press("Enter");
  await message(ada, "Four o'clock").getByTestId("chat-reaction").filter({ hasText: "👍" }).waitFor();
  const focused = await bela.page.evaluate(() => document.activeElement?.dataset.testid);
  assert.equal(focused, "chat-message", "the focus stays with the message");
});

scene("who reads further up stays there and goes to the latest by a button", {}, async (scene) => {
  const { ada, bela } = await scene.pair({}, { context: SIZES.phone });
  await ada.say(Array.from({ length: 60 }, (_, n) => `Line ${n + 1}`).join("\n"));
  await bela.reads("Line 60");
  assert.equal(await bela.at("chat-latest").count(), 0, "nothing is further down");
  const log = bela.page.getByRole("log");
  await log.evaluate((log) => void (log.scrollTop = 0));
  await bela.at("chat-latest").waitFor();
  await ada.say("The last word");
  await bela.reads("The last word");
  assert.ok((await log.evaluate((log) => log.scrollTop)) < 10, "what comes does not carry one away");
  await judge(bela, "chat-latest", "light-phone");
  await bela.at("chat-latest").click();
  await bela.at("chat-latest").waitFor({ state: "detached" });
  await bela.waitFor(
    () => {
      const log = document.querySelector('[role="log"]');
      return log.scrollHeight - log.scrollTop - log.clientHeight < 2;
    },
    undefined,
    "the end of the log",
  );
});

scene("emoji go where the cursor is, and writing shows to nobody where a person chose so", {}, async (scene) => {
  const { ada, bela } = await scene.pair();
  await ada.openChat();
  await ada.at("chat-input").fill("Well done, all");
  await ada.at("chat-input").press("Home");
  for (let n = 0; n < "Well done".length; n += 1) await ada.at("chat-input").press("ArrowRight");
  await ada.at("chat-emoji").click();
  const choice = ada.page.getByRole("group", { name: "Emoji" });
  await choice.waitFor();
  await look(ada, "chat-emoji", "desktop");
  await choice.getByRole("button", { name: "🎉" }).click();
  await choice.waitFor({ state: "detached" });
  await ada.at("chat-input").pressSequentially("!");
  await ada.at("chat-input").press("Enter");
  await bela.reads("Well done🎉!, all");

  // Béla's switch is for both ways.
  const quiet = async () => {
    await bela.at("chat-settings").click();
    await bela.at("chat-typing-switch").click();
    await bela.at("chat-settings").click();
  };
  await quiet();
  const typing = (person) => person.at("chat-typing").textContent();
  await ada.at("chat-input").pressSequentially("One moment");
  await bela.at("chat-input").pressSequentially("Not yet");
  await ada.at("chat-input").pressSequentially(", please");
  await bela.at("chat-input").press("Enter");
  await ada.reads("Not yet");
  assert.deepEqual([await typing(ada), await typing(bela)], ["", ""]);
  await quiet();
  await bela.at("chat-input").pressSequentially("Now");
  await ada.at("chat-typing").filter({ hasText: "Béla is typing" }).waitFor();
  await ada.at("chat-input").pressSequentially("?");
  await bela.at("chat-typing").filter({ hasText: "Ada is typing" }).waitFor();
});

scene("a conversation comes back after a reload where the person keeps it, and nowhere else", {}, async (scene) => {
  const { ada, bela } = await scene.pair();
  await ada.openChat();
  await ada.at("chat-settings").click();
  await ada.at("chat-keep").selectOption("day");
  await ada.say("Keep this in mind");
  await bela.reads("in mind");
  // It is written half a second after the last change, sealed.
  await ada.waitFor(
    () =>
      new Promise((resolve) => {
        const opening = indexedDB.open("milanio.history");
        opening.onsuccess = () => {
          const all = opening.result.transaction("rooms").objectStore("rooms").getAll();
          all.onsuccess = () => resolve(all.result.some((record) => record.length > 120));
        };
      }),
    undefined,
    "a record of the conversation",
  );
  for (const person of [ada, bela]) {
    await person.page.reload();
    await person.enter();
    await person.openChat();
  }
  await ada.at("history-divider").waitFor();
  await ada.reads("in mind");
  await ada.say("Here again");
  await bela.reads("Here again");
  assert.equal(await bela.at("history-divider").count(), 0);
  assert.equal(await message(bela, "in mind").count(), 0);
  await ada.at("chat-settings").click();
  await look(ada, "chat-history", "desktop");
  await ada.at("chat-search").fill("IN MIND");
  assert.equal(await ada.at("chat-message").count(), 1);
  await ada.at("chat-clear").click();
  await ada.at("chat-search").fill("");
  await ada.at("history-divider").waitFor({ state: "detached" });
  assert.equal(await message(ada, "in mind").count(), 0);
});
