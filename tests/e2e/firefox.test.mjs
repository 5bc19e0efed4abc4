// Two browsers of different make in one call.

import assert from "node:assert/strict";

import { FirefoxPerson, launchFirefox } from "./firefox.mjs";
import { scene } from "./scene.mjs";

const skip = process.env.FIREFOX ? false : "Firefox is not installed (Debian: apt-get install firefox-esr)";

scene("Chromium and Firefox meet: they see, hear and write to each other", { skip }, async (scene) => {
  const ada = await scene.person("Ada");
  const code = await ada.startRoom();
  await ada.enter();
  const firefox = await launchFirefox();
  scene.atEnd(() => firefox.close());
  const bela = await FirefoxPerson.arrive(firefox, scene.server.origin);
  await bela.enter(code, "Béla");
  await ada.seesOthers(1);
  await Promise.all([ada.receives(), bela.receives(10)]);
  await bela.say("Hello from Firefox");
  await ada.reads("Hello from Firefox");
  await ada.say("Hello from Chromium");
  await bela.reads("Hello from Chromium");
  assert.deepEqual(bela.problems, [], "Béla's page");
});
