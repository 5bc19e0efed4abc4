// What people do with accounts, as steps that tests put together.

import assert from "node:assert/strict";

import { MailServer } from "./mail-server.mjs";
import { SOON_MS } from "./person.mjs";

/** Stretching a password takes seconds on a small machine. */
export const SLOW_MS = 4 * SOON_MS;

/** A password that the meter calls strong. */
export const PASSWORD = "tunnel copper salad lantern";

/** Waits for an account screen by the title it begins with. */
export const screen = (person, title, timeout = SOON_MS) =>
  person.page.locator("#account-title", { hasText: title }).waitFor({ timeout });

/** Fills in the sign-up form and sends it. */
export const askToSignUp = async (person, email) => {
  await person.open("signup");
  await person.at("signup-name").fill(person.name);
  await person.at("signup-email").fill(email);
  await person.at("signup-submit").click();
  await person.at("verify-code").waitFor();
};

/** Reads the newest letter to the address after the first `after`, and types its code. */
export const typeCode = async (person, mail, email, after = 0) => {
  const code = MailServer.code(await mail.letter(email, after));
  await person.at("verify-code").fill(code);
  await person.at("verify-submit").click();
  return code;
};

/** The whole way to an account; ends on the page with the 24 words, which are still hidden. */
export const signUp = async (person, mail, email) => {
  const after = mail.letters.length;
  await askToSignUp(person, email);
  await typeCode(person, mail, email, after);
  await person.at("phrase-show").waitFor();
};

/** The places of the words that are asked back, from 1 on. */
export const askedWords = async (person) => {
  const labels = await person.page.locator(".account-form .label").allTextContents();
  return labels.map((label) => Number(label.replace("Word ", "")));
};

/** Types words that are asked back, and sends them. */
export const answerWords = async (person, words) => {
  for (const place of await askedWords(person)) await person.page.getByLabel(`Word ${place}`, { exact: true }).fill(words[place - 1]);
  await person.at("phrase-check-submit").click();
};

/** Shows the 24 words and goes on to where three are asked back; returns them all. */
export const writeDown = async (person) => {
  await person.at("phrase-show").click();
  await person.at("phrase-word").last().waitFor();
  const words = await person.at("phrase-word").allTextContents();
  assert.equal(words.length, 24);
  await person.at("backup-written").check();
  await person.at("backup-continue").click();
  await person.at("phrase-check-submit").waitFor();
  return words;
};

/** Writes the 24 words down and proves it; returns them. */
export const backUpByWords = async (person) => {
  const words = await writeDown(person);
  await answerWords(person, words);
  await person.at("backup-done").click();
  return words;
};

/** Goes to an account screen within the page, without loading it again. */
export const go = (person, path) => person.page.evaluate((path) => void (location.hash = `#/${path}`), path);

/** Who the page says is signed in: name and id from the menu. */
export const whoIs = async (person) => {
  await go(person, "account");
  await person.at("signout").waitFor({ timeout: SLOW_MS });
  const name = await person.page.locator("#account-title").textContent();
  const id = await person.page.locator(".me-head .code").textContent();
  return { name, id };
};

/** Waits until a restore is through, which ends at the menu. */
export const restored = async (person) => {
  await person.page.waitForURL(/#\/account$/, { timeout: SLOW_MS });
  return whoIs(person);
};

/** The devices that the settings list. */
export const devices = async (person, count) => {
  await go(person, "settings/devices");
  await person.waitFor(
    (count) => document.querySelectorAll('[data-testid="devices-item"]').length === count,
    count,
    `${count} devices`,
    SLOW_MS,
  );
  return person.at("devices-item");
};

/** Sets a password, which leaves a sealed vault at the server. */
export const setPassword = async (person, password = PASSWORD) => {
  await go(person, "backup/password");
  await person.at("vault-password").fill(password);
  await person.at("vault-again").fill(password);
  await person.at("vault-save").click();
  await person.page.locator(".notice.ok").waitFor({ timeout: SLOW_MS });
};

/** Asks for an address whose keys are all lost. */
export const askToReclaim = async (person, email) => {
  await person.at("reclaim-name").fill(person.name);
  await person.at("reclaim-email").fill(email);
  await person.at("reclaim-tick").check();
  await person.at("reclaim-submit").click();
  await person.at("verify-code").waitFor();
};

/** Asks for it and proves to read its letters; ends at the wait. */
export const reclaim = async (person, mail, email) => {
  const after = mail.letters.length;
  await askToReclaim(person, email);
  await typeCode(person, mail, email, after);
  await person.at("reclaim-date").waitFor();
};
