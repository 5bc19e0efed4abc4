// Accounts that belong to their owners: the whole way, with a real mail server and as many browsers as it takes.

import assert from "node:assert/strict";
import { join } from "node:path";

import { PASSWORD, SLOW_MS, askToSignUp, backUpByWords, devices, go, restored, screen, setPassword, signUp, typeCode, whoIs } from "./accounts.mjs";
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

const WITH_MAIL = { mail: true, server: { limits: "lab" }, timeout: 180_000 };

scene("somebody signs up, backs up by words, signs out and comes back", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  await signUp(ines, scene.mail, EMAIL);
  await backUpByWords(ines);
  const before = await whoIs(ines);
  assert.equal(before.name, "Ines");
  await ines.at("signout").click();
  await ines.at("signout").waitFor({ state: "hidden" });
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
});

scene("the link of the mail shows the code to type in any other browser", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  await askToSignUp(ines, EMAIL);
  const letter = await scene.mail.letter(EMAIL);
  const phone = await scene.person("Ines's phone");
  await phone.page.goto(MailServer.link(letter));
  assert.equal((await phone.at("verify-shown").textContent()).trim(), MailServer.code(letter));
});

scene("a second browser comes in by password and mail code", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  await signUp(ines, scene.mail, EMAIL);
  const { id } = await whoIs(ines);
  await setPassword(ines);

  const laptop = await scene.person("Ines's laptop");
  laptop.expect(/Failed to load resource/);
  await laptop.open("signin/password");
  await laptop.at("signin-email").fill(EMAIL);
  await laptop.at("signin-password").fill("tunnel copper salad lanterm");
  await laptop.at("signin-submit").click();
  const wrong = laptop.page.locator("#signin-password-problem");
  await wrong.waitFor({ timeout: SLOW_MS });
  const wrongText = await wrong.textContent();
  await laptop.at("signin-email").fill("nobody@example.org");
  await laptop.at("signin-submit").click();
  await wrong.waitFor({ state: "hidden" });
  await wrong.waitFor({ timeout: SLOW_MS });
  assert.equal(await wrong.textContent(), wrongText, "an unknown address reads like a wrong password");

  const after = scene.mail.letters.length;
  await laptop.at("signin-email").fill(EMAIL);
  await laptop.at("signin-password").fill(PASSWORD);
  await laptop.at("signin-submit").click();
  await laptop.at("verify-code").waitFor({ timeout: SLOW_MS });
  await typeCode(laptop, scene.mail, EMAIL, after);
  assert.deepEqual(await restored(laptop), { name: "Ines", id });
  await devices(laptop, 2);
  await devices(ines, 2);
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

scene("two devices are linked by a code and the same four words, and one revokes the other", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  await signUp(ines, scene.mail, EMAIL);
  const before = await whoIs(ines);

  const phone = await scene.person("Ines's phone");
  phone.expect(/Failed to load resource/);
  await phone.open("link");
  await phone.at("link-code").waitFor({ timeout: SLOW_MS });
  const code = (await phone.at("link-code").textContent()).trim();
  await go(ines, "link");
  await ines.at("link-code-input").fill(`${code.slice(0, -1)}${code.endsWith("0") ? "1" : "0"}`);
  await ines.at("link-submit").click();
  await ines.page.locator("#link-code-problem", { hasText: "One character is wrong" }).waitFor();
  await ines.at("link-code-input").fill(code);
  await ines.at("link-submit").click();
  await ines.at("link-confirm").waitFor({ timeout: SLOW_MS });
  await phone.at("link-word").first().waitFor();
  const shown = (person) => person.at("link-word").allTextContents();
  assert.deepEqual(await shown(phone), await shown(ines));
  assert.equal((await shown(ines)).length, 4);
  await ines.at("link-confirm").click();
  await phone.at("link-done").waitFor({ timeout: SLOW_MS });
  await ines.at("link-done").waitFor();
  assert.deepEqual(await whoIs(phone), before);

  await devices(ines, 2);
  await devices(phone, 2);
  await ines.at("device-revoke").click();
  await ines.at("device-revoke-confirm").click();
  const revokedAt = Date.now();
  await phone.at("device-revoked").waitFor({ timeout: 10_000 });
  assert.ok(Date.now() - revokedAt < 10_000);
  await devices(ines, 1);
});

scene("words that differ hand over nothing", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  await signUp(ines, scene.mail, EMAIL);
  const phone = await scene.person("A phone");
  await phone.open("link");
  await phone.at("link-code").waitFor({ timeout: SLOW_MS });
  await go(ines, `link/${(await phone.at("link-code").textContent()).trim()}`);
  await ines.at("link-refuse").click({ timeout: SLOW_MS });
  await ines.page.locator(".notice.danger", { hasText: "Nothing was handed over" }).waitFor();
  await devices(ines, 1);
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

scene("a profile travels sealed to the other device, picture and all", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  await signUp(ines, scene.mail, EMAIL);
  const words = await backUpByWords(ines);
  await go(ines, "settings/profile");
  await ines.at("profile-name").fill("Ines Duarte");
  await ines.at("profile-picture").setInputFiles(join(import.meta.dirname, "../../app/docs/landing.png"));
  await ines.page.locator(".picture-row img").waitFor();
  await ines.at("profile-save").click();
  await ines.page.locator(".notice.ok", { hasText: "Saved" }).waitFor();
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

scene("while no mail leaves, sign-up says so, and goes on when it does", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  ines.expect(/Failed to load resource/);
  await scene.mail.stop();
  await ines.open("signup");
  await ines.at("signup-name").fill("Ines");
  await ines.at("signup-email").fill(EMAIL);
  await ines.at("signup-submit").click();
  await ines.at("verify-code").waitFor();
  await scene.mail.launch();
  await typeCode(ines, scene.mail, EMAIL);
  await ines.at("phrase-show").waitFor();
});

scene("the server hears nothing of a password: two of them look alike from there", WITH_MAIL, async (scene) => {
  const passwords = [PASSWORD, "an altogether different and much longer secret phrase 42"];
  const seen = [];
  for (const [i, password] of passwords.entries()) {
    const person = await scene.person("Ines");
    const requests = [];
    person.page.on("request", (request) => {
      const body = request.postData() ?? "";
      if (request.url().includes("/api/")) requests.push({ method: request.method(), path: new URL(request.url()).pathname, body });
    });
    await signUp(person, scene.mail, `ines${i}@example.org`);
    await setPassword(person, password);
    for (const { body } of requests) assert.ok(!body.includes(password) && !body.includes(btoa(password)), "a password on the way");
    // Challenges, keys and ciphertexts differ; that they have the same sizes is what is compared.
    seen.push(requests.map(({ method, path, body }) => `${method} ${path} ${body.length}`));
  }
  assert.deepEqual(seen[1], seen[0]);
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
