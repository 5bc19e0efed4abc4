// All keys are lost: taking one's address back, and keeping somebody else from doing that.

import assert from "node:assert/strict";

import { askToReclaim, devices, go, reclaim, screen, signUp, whoIs } from "./accounts.mjs";
import { MailServer } from "./mail-server.mjs";
import { scene } from "./scene.mjs";

const EMAIL = "ines@example.org";
const SETTING = { mail: true, server: { limits: "lab" }, timeout: 180_000 };
/** The wait is ten seconds in a lab. */
const WAIT_MS = 25_000;

const notice = (mail, after) => mail.letter(EMAIL, after, /moves to a new/);

scene("who has lost every key gets the address for a new identity after the wait", SETTING, async (scene) => {
  const before = await scene.person("Ines");
  before.expect(/Failed to load resource/);
  await signUp(before, scene.mail, EMAIL);
  const { id } = await whoIs(before);

  const ines = await scene.person("Ines");
  ines.expect(/Failed to load resource/);
  await ines.open("signin");
  await ines.at("signin-lost").click();
  await ines.at("reclaim-name").fill("Ines");
  await ines.at("reclaim-email").fill(EMAIL);
  await ines.at("reclaim-submit").click();
  await ines.page.locator("#reclaim-tick-problem").waitFor();
  const after = scene.mail.letters.length;
  await reclaim(ines, scene.mail, EMAIL);
  await notice(scene.mail, after);
  assert.match(await ines.at("reclaim-date").textContent(), /^\d+ [A-Z][a-z]+ \d{4} at \d+:\d\d$/);
  // Whoever comes back sees how far it is where they would sign in.
  await ines.open("signin");
  await ines.at("signin-lost").filter({ hasText: `Taking ${EMAIL} back` }).click();
  await ines.at("reclaim-finish").click({ timeout: WAIT_MS });
  await ines.at("phrase-show").waitFor();
  const now = await whoIs(ines);
  assert.equal(now.name, "Ines");
  assert.notEqual(now.id, id);
  await devices(ines, 1);

  await go(before, "settings/devices");
  await before.at("account-gone").waitFor();
});

scene("a sign-in of the old account stops a takeover, and says so until it was read", SETTING, async (scene) => {
  const ines = await scene.person("Ines");
  await signUp(ines, scene.mail, EMAIL);
  const { id } = await whoIs(ines);
  await ines.open();
  await ines.at("account-menu").waitFor();

  const thief = await scene.person("Somebody else");
  thief.expect(/Failed to load resource/);
  await thief.open("reclaim");
  await reclaim(thief, scene.mail, EMAIL);

  await ines.open("settings/devices");
  const told = "Somebody asked to take over your address. As you are signed in, this was stopped.";
  await ines.at("attempt").filter({ hasText: told }).waitFor();
  await screen(thief, "Somebody objected", WAIT_MS);
  await ines.at("settings-close").click();
  await ines.at("attempt").waitFor();
  await ines.at("landing-start").waitFor();
  await ines.at("attempt-seen").click();
  await ines.at("attempt").waitFor({ state: "detached" });
  await ines.open("settings/devices");
  await devices(ines, 1);
  assert.equal(await ines.at("attempt").count(), 0, "once read, it is not shown again");
  assert.equal((await whoIs(ines)).id, id);
  await thief.at("reclaim-again").click();
  await thief.at("reclaim-email").waitFor();
});

scene("the link of a notice stops it without any key, and only when told to", SETTING, async (scene) => {
  const ines = await scene.person("Ines");
  await signUp(ines, scene.mail, EMAIL);
  const thief = await scene.person("Somebody else");
  await thief.open("reclaim");
  const after = scene.mail.letters.length;
  await reclaim(thief, scene.mail, EMAIL);
  const link = MailServer.link(await notice(scene.mail, after));
  assert.match(link, /#\/reclaim-stop\//);

  const phone = await scene.person("Ines's phone");
  phone.expect(/Failed to load resource/);
  await phone.page.goto(link);
  await screen(phone, "Was this not you?");
  await thief.at("reclaim-date").waitFor();
  await phone.at("reclaim-stop").click();
  await screen(phone, "Stopped");
  await screen(thief, "Somebody objected", WAIT_MS);
  await go(phone, `reclaim-stop/${"A".repeat(64)}`);
  await phone.at("reclaim-stop").click();
  await phone.at("problem").filter({ hasText: "stops nothing any more" }).waitFor();
});

scene("the link of the code begins the wait where it was asked for, and shows the code elsewhere", SETTING, async (scene) => {
  const ines = await scene.person("Ines");
  await signUp(ines, scene.mail, EMAIL);
  const laptop = await scene.person("Ines's laptop");
  await laptop.open("reclaim");
  const after = scene.mail.letters.length;
  await askToReclaim(laptop, EMAIL);
  const letter = await scene.mail.letter(EMAIL, after);
  assert.match(MailServer.link(letter), /#\/reclaim\//);
  const phone = await scene.person("Ines's phone");
  await phone.page.goto(MailServer.link(letter));
  assert.equal((await phone.at("verify-shown").textContent()).trim(), MailServer.code(letter));
  const tab = await scene.person("Ines's laptop again", { sharing: laptop });
  await tab.page.goto(MailServer.link(letter));
  await Promise.all([tab.at("reclaim-date").waitFor(), laptop.at("reclaim-date").waitFor()]);
  await laptop.at("reclaim-drop").click();
  await laptop.at("reclaim-drop-confirm").click();
  await laptop.at("reclaim-email").waitFor();
});

scene("an address that nobody has is answered alike, and its letter says to sign up", SETTING, async (scene) => {
  const ines = await scene.person("Ines");
  await ines.open("reclaim");
  await askToReclaim(ines, "nobody@example.org");
  const letter = await scene.mail.letter("nobody@example.org");
  assert.equal(MailServer.code(letter), undefined);
  assert.match(MailServer.link(letter), /#\/signup/);
});
