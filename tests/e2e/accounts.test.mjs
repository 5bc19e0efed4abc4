// Accounts that belong to their owners: the whole way, with a real mail server and as many browsers as it takes.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { PASSWORD, SLOW_MS, answerWords, askToSignUp, askedWords, backUpByWords, devices, go, restored, screen, signUp, typeCode, whoIs, writeDown } from "./accounts.mjs";
import { MailServer } from "./mail-server.mjs";
import { scene } from "./scene.mjs";

const EMAIL = "ines@example.org";
/** A letter tells the owner of a new device, and where to revoke it. */
const newDeviceLetter = async (mail, after) => {
  const letter = await mail.letter(EMAIL, after);
  assert.match(letter.text.replace(/\s+/g, " "), /device that your Milanio account did not have before/);
  assert.match(letter.text, /#\/settings\/devices/);
};

/** Signs in who was restored without the account; ends at the menu, as every restore. */
const nameAddress = async (person, email) => {
  await person.at("own-email").fill(email);
  await person.at("own-email-submit").click();
  await person.page.waitForURL(/#\/account$/, { timeout: SLOW_MS });
};

const DAY_MS = 86_400_000;

const WITH_MAIL = { mail: true, server: { limits: "lab" }, timeout: 180_000 };

scene("somebody signs up, backs up by words, signs out and comes back", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  await signUp(ines, scene.mail, EMAIL);
  const words = await writeDown(ines);
  // One of the three is another word.
  const [, wrong] = await askedWords(ines);
  await answerWords(ines, words.with(wrong - 1, "xylophone"));
  await ines.page.locator(`#word-${wrong}-problem`, { hasText: `Word ${wrong} is another one` }).waitFor();
  assert.equal(await ines.page.evaluate(() => document.activeElement.id), `word-${wrong}`);
  assert.equal(await ines.at("backup-done").count(), 0, "it does not go on");
  await answerWords(ines, words);
  await ines.at("backup-done").click();
  const before = await whoIs(ines);
  assert.equal(before.name, "Ines");
  await ines.at("signout").click();
  await ines.at("signout").waitFor({ state: "hidden" });
  await go(ines, "signup");
  await ines.at("already-here").filter({ hasText: "Ines signed out here" }).waitFor();
  await go(ines, "signin");
  await ines.at("signin-here").click();
  assert.deepEqual(await whoIs(ines), before);
  await ines.page.reload();
  assert.deepEqual(await whoIs(ines), before, "after a reload");
});

scene("the link of the mail verifies in a new tab, and the first tab goes on by itself", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  await askToSignUp(ines, EMAIL);
  const link = MailServer.link(await scene.mail.letter(EMAIL));
  const tab = await scene.person("Ines again", { sharing: ines });
  await tab.page.goto(link);
  await tab.page.getByRole("heading").filter({ hasText: /verified|24 words/ }).first().waitFor();
  assert.ok(!tab.page.url().includes("verify"), "the code is taken out of the address");
  await ines.at("phrase-show").waitFor();
  // A mail is often opened twice.
  await tab.page.goto("about:blank");
  await tab.page.goto(link);
  await screen(tab, "Your address is verified");
  assert.equal(await tab.at("verify-shown").count(), 0);
  await tab.page.getByRole("link", { name: "Back up your identity" }).waitFor();
});

scene("the link of the mail shows the code to type in any other browser", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  await askToSignUp(ines, EMAIL);
  const letter = await scene.mail.letter(EMAIL);
  const phone = await scene.person("Ines's phone");
  await phone.page.goto(MailServer.link(letter));
  assert.equal((await phone.at("verify-shown").textContent()).trim(), MailServer.code(letter));
});

scene("a second browser comes in by 24 words, and the server tells it the rest", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  await signUp(ines, scene.mail, EMAIL);
  const words = await backUpByWords(ines);
  const before = await whoIs(ines);

  const laptop = await scene.person("Ines's laptop");
  laptop.expect(/Failed to load resource/);
  await laptop.open("restore/phrase");
  await laptop.at("restore-phrase").fill(words.slice(0, 23).join(" "));
  await laptop.at("restore-submit").click();
  assert.match(await laptop.page.locator("#restore-phrase-problem").textContent(), /23 words/);
  await laptop.at("restore-phrase").fill([...words.slice(0, 23), "xylophone"].join(" "));
  await laptop.at("restore-submit").click();
  await laptop.page.locator("#restore-phrase-problem", { hasText: "Word 24" }).waitFor();
  await laptop.at("restore-phrase").fill(words.map((word, i) => `${i + 1}. ${word.slice(0, 4).toUpperCase()}`).join("\n"));
  await laptop.at("restore-submit").click();
  const wrong = laptop.page.locator("#restore-email-problem");
  await wrong.filter({ hasText: "has an account here" }).waitFor();
  assert.equal(await laptop.at("restore-email").getAttribute("aria-describedby"), "restore-email-problem");
  assert.equal(await laptop.page.evaluate(() => document.activeElement.id), "restore-email");
  await laptop.at("restore-email").fill("somebody@example.org");
  await laptop.at("restore-submit").click();
  await wrong.filter({ hasText: "not the address of your account" }).waitFor();
  const after = scene.mail.letters.length;
  await laptop.at("restore-email").fill(EMAIL);
  await laptop.at("restore-submit").click();
  assert.deepEqual(await restored(laptop), before);
  await newDeviceLetter(scene.mail, after);
  await devices(laptop, 2);
  assert.equal(scene.mail.letters.length, after + 1, "one letter about one device");
});

scene("who was restored without a network and without the address is asked for it", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  await signUp(ines, scene.mail, EMAIL);
  const words = await backUpByWords(ines);
  const after = scene.mail.letters.length;
  const laptop = await scene.person("Ines's laptop");
  laptop.expect(/Failed to load resource|ERR_/);
  await laptop.open("restore/phrase");
  await laptop.at("restore-phrase").waitFor();
  await laptop.context.setOffline(true);
  await laptop.at("restore-phrase").fill(words.join(" "));
  await laptop.at("restore-submit").click();
  await restored(laptop);
  await laptop.context.setOffline(false);
  await go(laptop, "settings/devices");
  await laptop.at("address-needed").waitFor({ timeout: SLOW_MS });
  await nameAddress(laptop, EMAIL);
  await newDeviceLetter(scene.mail, after);
  await devices(laptop, 2);
});

scene("who has forgotten the account's address goes on without the account and signs in later", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  await signUp(ines, scene.mail, EMAIL);
  const words = await backUpByWords(ines);
  const before = await whoIs(ines);
  const after = scene.mail.letters.length;
  const laptop = await scene.person("Ines's laptop");
  laptop.expect(/Failed to load resource/);
  await laptop.open("restore/phrase");
  await laptop.at("restore-phrase").fill(words.join(" "));
  assert.equal(await laptop.at("restore-alone").count(), 0, "nobody asked for an address yet");
  await laptop.at("restore-submit").click();
  await laptop.page.locator("#restore-email-problem", { hasText: "go on without the account" }).waitFor();
  await laptop.at("restore-email").fill("somebody@example.org");
  await laptop.at("restore-submit").click();
  await laptop.page.locator("#restore-email-problem", { hasText: "not the address of your account" }).waitFor();
  const group = laptop.page.getByRole("group", { name: "You do not remember the address?" });
  assert.match(await laptop.page.locator("#without-account-about").textContent(), /no verified mark, no vault and no list/);
  await group.getByRole("button", { name: "Use this identity without signing in" }).focus();
  await laptop.page.keyboard.press("Enter");
  await laptop.page.waitForURL(/#\/account$/, { timeout: SLOW_MS });
  await laptop.page.locator(".notice.ok", { hasText: "without your account" }).waitFor();
  assert.equal((await whoIs(laptop)).id, before.id);
  assert.equal(await laptop.page.getByText("E-mail verified").count(), 0);
  assert.equal(scene.mail.letters.length, after, "the account hears nothing");
  // It does not ask for what it would be refused, however often the account part runs.
  const asked = [];
  laptop.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await laptop.page.reload();
  await laptop.at("menu-untold").waitFor();
  await laptop.page.waitForLoadState("networkidle");
  assert.ok(asked.some((path) => /^\/assets\/account-/.test(path)), "the account part ran");
  assert.deepEqual(asked.filter((path) => path.startsWith("/api/auth/")), []);

  await laptop.at("menu-untold").click();
  await laptop.at("address-needed").waitFor({ timeout: SLOW_MS });
  await laptop.at("own-email").fill("somebody@example.org");
  await laptop.at("own-email-submit").click();
  await laptop.page.locator("#own-email-problem", { hasText: "not the address of your account" }).waitFor();
  await nameAddress(laptop, EMAIL);
  assert.deepEqual(await whoIs(laptop), before, "the name came from the server");
  await laptop.page.getByText("E-mail verified").waitFor();
  await newDeviceLetter(scene.mail, after);
  await devices(laptop, 2);
});

scene("an encrypted file brings somebody back without a server", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  await signUp(ines, scene.mail, EMAIL);
  const before = await whoIs(ines);
  await go(ines, "backup/file");
  await ines.at("file-password").fill(PASSWORD);
  await ines.at("file-again").fill(PASSWORD);
  await ines.at("file-tick").check();
  const saved = ines.page.waitForEvent("download", { timeout: SLOW_MS });
  await ines.at("file-save").click();
  const path = join(scene.server.data, "identity.backup");
  await (await saved).saveAs(path);

  const laptop = await scene.person("Ines's laptop");
  laptop.expect(/Failed to load resource|ERR_/);
  const after = scene.mail.letters.length;
  await laptop.open("restore/file");
  await laptop.at("restore-file").setInputFiles(path);
  await laptop.at("restore-password").fill("another password");
  await laptop.at("restore-submit").click();
  await laptop.page.locator("#restore-password-problem").waitFor({ timeout: SLOW_MS });
  await laptop.context.setOffline(true);
  await laptop.at("restore-password").fill(PASSWORD);
  await laptop.at("restore-email").fill(EMAIL);
  await laptop.at("restore-submit").click();
  assert.deepEqual(await restored(laptop), before);
  await laptop.page.locator(".notice.ok", { hasText: "could not be told" }).waitFor();
  await laptop.context.setOffline(false);
  await devices(laptop, 2);
  await newDeviceLetter(scene.mail, after);
});

scene("wrong, reused and replaced codes are refused, and a known address looks like any other", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  ines.expect(/Failed to load resource/);
  await askToSignUp(ines, EMAIL);
  const code = MailServer.code(await scene.mail.letter(EMAIL));
  const problem = ines.page.locator("#verify-code-problem");
  await ines.at("verify-code").fill("short");
  await ines.at("verify-submit").click();
  await problem.filter({ hasText: "8 letters" }).waitFor();
  await ines.at("verify-code").fill(code === "0000-0000" ? "1111-1111" : "0000-0000");
  await ines.at("verify-submit").click();
  await problem.filter({ hasText: "wrong" }).waitFor();
  await ines.at("verify-code").fill(code.toLowerCase().replace("-", " "));
  await ines.at("verify-submit").click();
  await ines.at("phrase-show").waitFor();

  const other = await scene.person("Somebody else");
  other.expect(/Failed to load resource/);
  const after = scene.mail.letters.length;
  await askToSignUp(other, EMAIL);
  const letter = await scene.mail.letter(EMAIL, after);
  assert.equal(MailServer.code(letter), undefined, "the owner is told, no code goes out");
  await other.at("verify-code").fill(code);
  await other.at("verify-submit").click();
  await other.page.locator("#verify-code-problem", { hasText: "wrong" }).waitFor();
});

scene("the address is changed by a code to the new one and a notice to the old one", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  ines.expect(/Failed to load resource/);
  await signUp(ines, scene.mail, EMAIL);
  await go(ines, "settings/email");
  await ines.at("email-old").fill("other@example.org");
  await ines.at("email-new").fill("ines@studio.example");
  await ines.at("email-change").click();
  await ines.page.locator("#email-old-problem").waitFor();
  await ines.at("email-old").fill(EMAIL);
  const after = scene.mail.letters.length;
  await ines.at("email-change").click();
  await ines.at("verify-code").waitFor();
  await scene.mail.letter(EMAIL, after);
  await typeCode(ines, scene.mail, "ines@studio.example", after);
  await ines.page.locator(".notice.ok", { hasText: "changed" }).waitFor();
});

/** Saves what is known of the account: all of it, in these fields, and nothing that opens anything. */
const exportData = async (person, scene, account) => {
  const { id } = await whoIs(person);
  await go(person, "settings/data");
  const saved = person.page.waitForEvent("download");
  await person.at("data-export").click();
  const download = await saved;
  assert.equal(download.suggestedFilename(), "milanio-account.json");
  const path = join(scene.server.data, "export.json");
  await download.saveAs(path);
  await person.page.locator(".notice.ok", { hasText: "export" }).waitFor();
  const { picture, devices, ...rest } = JSON.parse(await readFile(path, "utf8"));
  const server_keeps = { keyed_hash_of_email: true, sealed_profile: true, sealed_vault: false, device_list: true };
  assert.deepEqual(rest, { account, account_short: id, name: "Ines Duarte", email: EMAIL, server_keeps });
  assert.match(picture, /^data:image\/(webp|jpeg);base64,[\w+/]{100,}=*$/);
  const [{ id: device, name, added_day, ...last }, ...others] = devices;
  assert.deepEqual([last, others], [{ this: true }, []]);
  assert.match(device, /^[\w-]{12,14}$/);
  assert.ok(name.length > 3 && added_day === Math.floor(Date.now() / DAY_MS), `${name}, ${added_day}`);
};

scene("a profile travels sealed to the other device, picture and all, and is exported with the rest", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  let account;
  ines.page.on("request", (request) => {
    if (request.url().endsWith("/api/auth/verify")) account = request.postDataJSON().account;
  });
  await signUp(ines, scene.mail, EMAIL);
  const words = await backUpByWords(ines);
  await go(ines, "settings/profile");
  await ines.at("profile-name").fill("Ines Duarte");
  await ines.at("profile-picture").setInputFiles(join(import.meta.dirname, "../../app/docs/landing.png"));
  await ines.page.locator(".picture-row img").waitFor();
  await ines.at("profile-save").click();
  await ines.page.locator(".notice.ok", { hasText: "Saved" }).waitFor();
  await exportData(ines, scene, account);
  const laptop = await scene.person("Ines's laptop");
  await laptop.open("restore/phrase");
  await laptop.at("restore-phrase").fill(words.join(" "));
  await laptop.at("restore-email").fill(EMAIL);
  await laptop.at("restore-submit").click();
  assert.equal((await restored(laptop)).name, "Ines Duarte");
  await laptop.page.locator(".me-head img").waitFor();
});

scene("a deleted account is gone, and an identity can be removed from a browser", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  ines.expect(/Failed to load resource/);
  await signUp(ines, scene.mail, EMAIL);
  await go(ines, "settings/data");
  await ines.at("data-delete").click();
  await ines.at("data-confirm").click();
  await ines.page.locator("#data-tick-problem").waitFor();
  await ines.at("data-tick").check();
  await ines.at("data-confirm").click();
  await ines.at("data-confirm").waitFor({ state: "hidden" });
  await go(ines, "account");
  await screen(ines, "Sign in");
  // The address is free again.
  await signUp(ines, scene.mail, EMAIL);
});

/** Waits until the server's log has this. */
const says = (server, text) =>
  new Promise((resolve) => {
    const look = () => server.log.includes(text) && resolve();
    server.child.stderr.on("data", look);
    look();
  });

scene("while no mail leaves, sign-up says so, and goes on when it does", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  const ravi = await scene.person("Ravi");
  ravi.expect(/Failed to load resource/);
  const answers = [];
  ravi.page.on("response", (response) => {
    if (response.url().endsWith("/api/auth/register")) answers.push(response.status());
  });
  await scene.mail.stop();
  // The first letter finds out.
  await askToSignUp(ines, EMAIL);
  await says(scene.server, "the mail server does not work");
  await ravi.open("signup");
  await ravi.at("signup-name").fill("Ravi");
  await ravi.at("signup-email").fill("ravi@example.org");
  await ravi.at("signup-submit").click();
  await ravi.at("problem").filter({ hasText: "cannot send mail at the moment" }).waitFor();
  assert.deepEqual(answers, [503]);
  assert.equal(await ravi.at("verify-code").count(), 0);

  await scene.mail.launch();
  await typeCode(ines, scene.mail, EMAIL);
  await ines.at("phrase-show").waitFor();
  await ravi.at("signup-submit").click();
  await typeCode(ravi, scene.mail, "ravi@example.org");
  await ravi.at("phrase-show").waitFor();
  assert.deepEqual(answers, [503, 202]);
});

scene("account screens that do not arrive say so and are tried again", { server: { limits: "lab" } }, async (scene) => {
  const ines = await scene.person("Ines");
  ines.expect(/Failed to (load resource|fetch)/);
  await ines.page.route(/account-[0-9a-f]+\.wasm/, (route) => route.abort(), { times: 1 });
  await ines.open("signup");
  await ines.page.locator("#account-failed").waitFor();
  await ines.page.locator("#account-again").click();
  await ines.at("signup-name").waitFor();
  await ines.page.keyboard.press("Escape");
  await ines.at("signup-name").waitFor({ state: "hidden" });
  await ines.at("landing-start").waitFor();
});

scene("account screens lie over the page: closing them leads back, and nobody leaves a room for them", {}, async (scene) => {
  const { ada, bela, code } = await scene.pair();
  const address = ada.page.url();
  await go(ada, "signin");
  await screen(ada, "Sign in");
  await ada.page.getByRole("link", { name: "Create an account" }).click();
  await ada.at("signup-name").waitFor();
  await ada.at("account-close").click();
  await ada.at("signup-name").waitFor({ state: "hidden" });
  assert.equal(ada.page.url(), address);
  await ada.at("call-leave").waitFor();
  await Promise.all([ada.receives(), bela.receives()]);

  await ada.leave();
  await ada.at("keep-name").click();
  await ada.page.getByRole("link", { name: "Stay a guest" }).click();
  await ada.at("signup-name").waitFor({ state: "hidden" });
  assert.equal(ada.page.url(), address);
  await ada.page.getByRole("heading", { name: "You left the call" }).waitFor();

  const caro = await scene.person("Caro");
  await caro.open(`r/${code}`);
  await caro.at("prejoin-name").fill("Caro");
  await caro.at("sign-in").click();
  await screen(caro, "Sign in");
  await caro.page.keyboard.press("Escape");
  await caro.at("signin-link").waitFor({ state: "hidden" });
  assert.equal(caro.page.url(), address);
  assert.equal(await caro.at("prejoin-name").inputValue(), "Caro");
  await caro.at("prejoin-join").click();
  await Promise.all([caro.seesOthers(1), bela.seesOthers(1)]);
});

scene("an identity without an address works without an account", {}, async (scene) => {
  const ines = await scene.person("Ines");
  await ines.open("signup");
  await ines.at("signup-submit").waitFor();
  await ines.at("signup-name").fill("");
  await ines.at("signup-submit").click();
  await ines.page.locator("#signup-name-problem").waitFor();
  assert.equal(await ines.page.evaluate(() => document.activeElement.id), "signup-name", "the focus goes to the field");
  await ines.at("signup-name").fill("Ines");
  await ines.at("signup-email").fill("ines@studio");
  await ines.at("signup-submit").click();
  await ines.page.locator("#signup-email-problem", { hasText: "ending" }).waitFor();
  await ines.at("signup-email").fill("");
  await ines.at("signup-submit").click();
  await ines.at("phrase-show").waitFor();
  const before = await whoIs(ines);
  await go(ines, "settings/profile");
  await ines.at("backup-missing").getByRole("link").click();
  await screen(ines, "Backups");
  await go(ines, "settings/data");
  await ines.at("data-forget").click();
  await ines.page.getByText("Nobody can bring this identity back").waitFor();
  await ines.at("data-tick").check();
  await ines.at("data-confirm").click();
  await ines.at("data-confirm").waitFor({ state: "hidden" });
  await go(ines, "account");
  await screen(ines, "Sign in");
  assert.equal(before.name, "Ines");
});
