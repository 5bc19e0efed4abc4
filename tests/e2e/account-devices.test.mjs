// More than one device: by a password and a code, and from one to the other; what the list says of them, and how one goes.

import assert from "node:assert/strict";

import { PASSWORD, SLOW_MS, devices, go, restored, signUp, typeCode, whoIs } from "./accounts.mjs";
import { readQr } from "./qr.mjs";
import { scene } from "./scene.mjs";

const EMAIL = "ines@example.org";
const WITH_MAIL = { mail: true, server: { limits: "lab" }, timeout: 180_000 };
const DAY_MS = 86_400_000;

/** Tries passwords that will not do: each is refused with its reason, at its field. */
const refuseWeakPasswords = async (person) => {
  await go(person, "backup/password");
  for (const [password, again, field, reason] of [
    ["", "", "vault-password", "Type a password"],
    ["xk4 quartz", "xk4 quartz", "vault-password", "12 characters or more"],
    ["password1234", "password1234", "vault-password", "easily guessed"],
    [PASSWORD, `${PASSWORD}s`, "vault-again", "differ"],
  ]) {
    await person.at("vault-password").fill(password);
    await person.at("vault-again").fill(again);
    if (password === "password1234") await person.page.locator(".strength-words", { hasText: "Easily guessed" }).waitFor({ timeout: SLOW_MS });
    await person.at("vault-save").click();
    await person.page.locator(`#${field}-problem`, { hasText: reason }).waitFor({ timeout: SLOW_MS });
    const focused = await person.page.evaluate(() => ({ id: document.activeElement.id, by: document.activeElement.getAttribute("aria-describedby") }));
    assert.deepEqual(focused, { id: field, by: `${field}-problem` });
  }
};

/** Sets a password: shows it, copies it, and pastes it where it is asked for once more. */
const pastePassword = async (person) => {
  const kind = () => person.at("vault-password").getAttribute("type");
  await person.at("vault-password").fill(PASSWORD);
  await person.at("vault-again").fill("");
  assert.equal(await kind(), "password");
  await person.page.getByRole("button", { name: "Show the password" }).first().click();
  assert.equal(await kind(), "text");
  await person.at("vault-password").press("ControlOrMeta+a");
  await person.at("vault-password").press("ControlOrMeta+c");
  await person.page.getByRole("button", { name: "Hide the password" }).click();
  assert.equal(await kind(), "password");
  await person.at("vault-again").press("ControlOrMeta+v");
  assert.equal(await person.at("vault-again").inputValue(), PASSWORD, "it was pasted");
  await person.page.locator(".strength-words b", { hasText: /strong$/i }).waitFor({ timeout: SLOW_MS });
  await person.at("vault-save").click();
  await person.page.locator(".notice.ok").waitFor({ timeout: SLOW_MS });
};

scene("a second browser comes in by password and mail code", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  await signUp(ines, scene.mail, EMAIL);
  const { id } = await whoIs(ines);
  await refuseWeakPasswords(ines);
  await pastePassword(ines);

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
  const [here, there] = await (await devices(ines, 2)).allTextContents();
  assert.match(here, /This device.*Here now/);
  assert.match(there, /Last seen today/);
  await ines.page.clock.setFixedTime(Date.now() + 3 * DAY_MS);
  await ines.page.reload();
  const day = new Date().toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  await ines.at("devices-item").filter({ hasText: `Last seen on ${day}` }).waitFor();
});

scene("two devices are linked by a QR code and the same four words, and one revokes the other", WITH_MAIL, async (scene) => {
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
  // A camera reads the picture and opens what it says.
  const link = await readQr(phone, phone.page.getByRole("img", { name: "QR code" }));
  assert.equal(link, `${scene.server.origin}/#/link/${code}`);
  await ines.page.goto("about:blank");
  await ines.page.goto(link);
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
  await go(ines, "link");
  await ines.at("link-code-input").fill((await phone.at("link-code").textContent()).trim().replaceAll("-", " ").toUpperCase());
  await ines.at("link-submit").click();
  await ines.at("link-refuse").click({ timeout: SLOW_MS });
  await ines.page.locator(".notice.danger", { hasText: "Nothing was handed over" }).waitFor();
  await devices(ines, 1);
});
