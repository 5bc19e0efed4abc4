// Two browsers of different make in one call.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { FirefoxPerson, launchFirefox } from "./firefox.mjs";
import { scene } from "./scene.mjs";

const skip = process.env.FIREFOX ? false : "Firefox is not installed (Debian: apt-get install firefox-esr)";

/** Ada in Chromium and Béla in Firefox, in one call. */
const meet = async (scene) => {
  const ada = await scene.person("Ada");
  const code = await ada.startRoom();
  await ada.enter();
  const firefox = await launchFirefox();
  scene.atEnd(() => firefox.close());
  const bela = await FirefoxPerson.arrive(firefox, scene.server.origin);
  await bela.enter(code, "Béla");
  await ada.seesOthers(1);
  return { ada, bela };
};

scene("Chromium and Firefox meet: they see, hear and write to each other", { skip }, async (scene) => {
  const { ada, bela } = await meet(scene);
  await Promise.all([ada.receives(), bela.receives(10)]);
  await bela.say("Hello from Firefox");
  await ada.reads("Hello from Firefox");
  await ada.say("Hello from Chromium");
  await bela.reads("Hello from Chromium");
  assert.deepEqual(bela.problems, [], "Béla's page");
});

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

scene("files go between Chromium and Firefox, both ways", { skip, timeout: 180_000 }, async (scene) => {
  const folder = await mkdtemp(join(tmpdir(), "milanio-files-"));
  scene.atEnd(() => rm(folder, { recursive: true, force: true }));
  const { ada, bela } = await meet(scene);
  await bela.press("call-chat");

  const bytes = randomBytes(3_000_000);
  await ada.openChat();
  await ada.at("file-input").setInputFiles({ name: "to-firefox.bin", mimeType: "application/octet-stream", buffer: bytes });
  await bela.pressAt("to-firefox.bin", "offered", "file-accept");
  // Ready is what came whole, by its SHA-256.
  await bela.pressAt("to-firefox.bin", "ready", "file-save");
  await bela.page.waitForSelector('[data-testid="file-offer"][data-state="saved"]');
  await ada.at("file-taker").filter({ hasText: "Béla has it" }).waitFor();

  const path = join(folder, "to-chromium.bin");
  await writeFile(path, bytes);
  await bela.offer(path);
  const item = ada.at("file-offer").filter({ hasText: "to-chromium.bin" });
  await item.getByTestId("file-accept").click();
  await item.getByTestId("file-save").waitFor({ timeout: 60_000 });
  const downloading = ada.page.waitForEvent("download");
  await item.getByTestId("file-save").click();
  assert.equal(sha256(await readFile(await (await downloading).path())), sha256(bytes));
  assert.deepEqual(bela.problems, [], "Béla's page");
});
