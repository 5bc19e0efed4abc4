// How the account screens look, and whether everybody can use them: pictures in themes, sizes and forced colours, and axe on each.

import assert from "node:assert/strict";

import { PASSWORD, backUpByWords, devices, go, reclaim, restored, screen, signUp } from "./accounts.mjs";
import { FirefoxPerson, launchFirefox } from "./firefox.mjs";
import { SIZES, judge } from "./looks.mjs";
import { MailServer } from "./mail-server.mjs";
import { scene } from "./scene.mjs";

const SETTING = { mail: true, server: { limits: "lab" }, timeout: 240_000 };
const EMAIL = "ines.duarte@example.org";
/** From the smallest phones to the largest screens; every theme, and the colours of people who chose their own. */
const LOOKS = {
  "light-desktop": { ...SIZES.desktop, colorScheme: "light" },
  "dark-phone": { ...SIZES.phone, colorScheme: "dark" },
  "light-360": { ...SIZES.phone, viewport: { width: 360, height: 640 }, colorScheme: "light" },
  "dark-3840": { viewport: { width: 3840, height: 2160 }, colorScheme: "dark" },
  "forced-desktop": { ...SIZES.desktop, forcedColors: "active" },
};

for (const [look, options] of Object.entries(LOOKS)) {
  const context = { ...options, reducedMotion: "reduce" };

  scene(`every account screen is usable: ${look}`, SETTING, async (scene) => {
    const ines = await scene.person("Ines Duarte", { context });
    ines.expect(/Failed to load resource/);
    const look_at = (page) => judge(ines, `account-${page}`, look);
    await ines.open("signup");
    await ines.at("signup-name").fill("Ines Duarte");
    await ines.at("signup-email").fill("ines@studio");
    await ines.at("signup-submit").click();
    await ines.page.locator("#signup-email-problem").waitFor();
    await look_at("signup");
    await go(ines, "signin");
    await screen(ines, "Sign in");
    await look_at("signin");
    await go(ines, "signin/password");
    await ines.at("signin-submit").waitFor();
    await look_at("password");
    await go(ines, "restore/phrase");
    await ines.at("restore-phrase").fill("one two");
    await ines.at("restore-submit").click();
    await ines.page.locator("#restore-phrase-problem").waitFor();
    await look_at("phrase");
    await go(ines, "restore/file");
    await ines.at("restore-file").waitFor();
    await look_at("file");
    await go(ines, "link");
    await ines.at("link-code").waitFor({ timeout: 60_000 });
    await look_at("link-new");

    await go(ines, "signup");
    await ines.at("signup-name").fill("Ines Duarte");
    await ines.at("signup-email").fill("ines@example.org");
    await ines.at("signup-submit").click();
    await ines.at("verify-code").waitFor();
    await look_at("mail");
    await ines.at("verify-change").click();
    await ines.at("signup-submit").waitFor();
    await signUp(ines, scene.mail, EMAIL);
    await look_at("words-hidden");
    await ines.at("phrase-show").click();
    await ines.at("phrase-word").first().waitFor();
    await look_at("words");
    await go(ines, "account");
    await ines.at("signout").waitFor();
    await look_at("menu");
    await go(ines, "backup");
    const words = await backUpByWords(ines);
    await go(ines, "backup/password");
    await ines.at("vault-password").fill(PASSWORD);
    await ines.page.locator(".strength-3, .strength-4").waitFor({ timeout: 60_000 });
    await look_at("vault");
    await go(ines, "backup/file");
    await ines.at("file-save").click();
    await ines.page.locator("#file-password-problem").waitFor();
    await look_at("backup-file");
    await go(ines, `reclaim-stop/${"A".repeat(64)}`);
    await ines.at("reclaim-stop").click();
    await ines.at("problem").waitFor();
    await look_at("reclaim-stop");

    // Somebody else wants the address; then she finds her words, and signs in with them.
    const other = await scene.person("Somebody else", { context });
    other.expect(/Failed to load resource/);
    const look_there = (page) => judge(other, `account-${page}`, look);
    await other.open("reclaim");
    await other.at("reclaim-submit").click();
    await other.page.locator("#reclaim-name-problem").waitFor();
    await look_there("reclaim");
    await reclaim(other, scene.mail, EMAIL);
    await look_there("reclaim-waiting");
    await screen(other, "Your address is ready", 25_000);
    await look_there("reclaim-ready");
    await go(other, "signin");
    await screen(other, "Sign in");
    await look_there("signin-reclaiming");
    const laptop = await scene.person("Ines Duarte's laptop");
    await laptop.open("restore/phrase");
    await laptop.at("restore-phrase").fill(words.join(" "));
    await laptop.at("restore-email").fill(EMAIL);
    await laptop.at("restore-submit").click();
    await restored(laptop);
    await go(other, "reclaim");
    await screen(other, "Somebody objected");
    await look_there("reclaim-stopped");

    await ines.open("settings/devices");
    await devices(ines, 2);
    await ines.at("attempt").waitFor();
    await ines.at("device-revoke").click();
    await look_at("devices");
    await go(ines, "");
    await ines.at("landing-start").waitFor();
    await look_at("attempt");
    await ines.at("attempt-seen").click();
    for (const tab of ["profile", "email", "backups", "data"]) {
      await go(ines, `settings/${tab}`);
      await ines.page.locator(`[data-testid="settings-${tab}"][aria-current="page"]`).waitFor();
      await look_at(tab);
    }
    await ines.at("data-forget").click();
    await look_at("forget");
  });
}

const skip = process.env.FIREFOX ? false : "Firefox is not installed (Debian: apt-get install firefox-esr)";

scene("an account is made, backed up, left and restored in Firefox", { ...SETTING, skip }, async (scene) => {
  const firefox = await launchFirefox();
  scene.atEnd(() => firefox.close());
  const ines = await FirefoxPerson.arrive(firefox, scene.server.origin);
  await ines.page.setViewport({ width: 1440, height: 900 });
  const look_at = (page) => judge(ines, `account-${page}`, "firefox");
  const move = (path) => ines.page.evaluate((path) => void (location.hash = `#/${path}`), path);
  const text = (id) => ines.at(id).then((found) => found.evaluate((element) => element.textContent.trim()));
  await ines.page.goto(`${ines.origin}/#/signup`);
  await (await ines.at("signup-name")).type("Ines");
  await (await ines.at("signup-email")).type(EMAIL);
  await look_at("signup");
  await ines.press("signup-submit");
  const field = await ines.at("verify-code");
  await look_at("mail");
  await field.type(MailServer.code(await scene.mail.letter(EMAIL)));
  await ines.press("verify-submit");
  await ines.press("phrase-show");
  await ines.at("phrase-word");
  await look_at("words");
  const words = await ines.page.$$eval('[data-testid="phrase-word"]', (all) => all.map((one) => one.textContent));
  await move("backup/password");
  await (await ines.at("vault-password")).type(PASSWORD);
  await ines.page.waitForSelector(".strength-3, .strength-4", { timeout: 60_000 });
  await (await ines.at("vault-again")).type(PASSWORD);
  await look_at("vault");
  await ines.press("vault-save");
  await ines.page.waitForSelector(".notice.ok", { timeout: 60_000 });
  await move("settings/devices");
  await ines.at("devices-item");
  const id = await text("account-id");
  await look_at("devices");
  await move("settings/data");
  await ines.press("data-forget");
  await (await ines.at("data-tick")).click();
  await ines.press("data-confirm");
  await ines.page.waitForSelector('[data-testid="data-confirm"]', { hidden: true });
  await move("restore/phrase");
  await (await ines.at("restore-phrase")).type(words.join(" "));
  await (await ines.at("restore-email")).type(EMAIL);
  await ines.press("restore-submit");
  await ines.at("signout");
  await move("settings/devices");
  await ines.at("devices-item");
  assert.equal(await text("account-id"), id);
  await move("reclaim");
  await ines.page.waitForFunction(() => document.querySelector("#account-title")?.textContent === "Take your address back");
  await look_at("reclaim");
  assert.deepEqual(ines.problems, [], "Ines's page");
});
