// How every page looks and whether everybody can use it: pictures in two themes and two sizes, and axe on each.

import assert from "node:assert/strict";

import { SIZES, THEMES, judge } from "./looks.mjs";
import { scene } from "./scene.mjs";

const MISTYPED = "k7wd-3fqm-xh2p-9vtz";

for (const [size, options] of Object.entries(SIZES)) {
  for (const theme of THEMES) {
    const look = `${theme}-${size}`;
    const context = { ...options, colorScheme: theme, reducedMotion: "reduce" };

    scene(`every page is usable: ${look}`, {}, async (scene) => {
      const ada = await scene.person("Ada", { context });
      ada.expect(/Failed to load resource/);
      await ada.open();
      await ada.at("landing-start").waitFor();
      await judge(ada, "landing", look);
      await ada.startRoom();
      await ada.waitFor(() => !document.querySelector("select:disabled"), undefined, "devices to choose from");
      await judge(ada, "prejoin", look);
      await ada.enter();
      await judge(ada, "call-alone", look);

      const bela = await scene.person("Béla");
      await bela.open(`r/${await ada.code()}`);
      await bela.enter();
      await ada.receives();
      await judge(ada, "call-two", look);
      await bela.say("Shall we meet at eight?");
      await ada.say("Nine is better");
      await ada.reads("Shall we meet at eight?");
      await judge(ada, "call-chat", look);
      await ada.page.keyboard.press("Escape");
      await ada.at("call-people").click();
      await ada.at("person").first().waitFor();
      await judge(ada, "call-people", look);
      await ada.page.keyboard.press("Escape");
      await ada.leave();
      await judge(ada, "ended", look);

      await ada.joinBy(MISTYPED);
      await ada.page.getByRole("alert").first().waitFor();
      await judge(ada, "landing-mistyped", look);
      await ada.open(`r/${MISTYPED}`);
      await ada.failure();
      await judge(ada, "wrong-code", look);
    });

    scene(`the page for refused devices is usable: ${look}`, { browser: { devices: "denied" } }, async (scene) => {
      const ada = await scene.person("Ada", { context });
      await ada.open();
      await ada.at("landing-start").click();
      await ada.failure();
      await judge(ada, "camera-blocked", look);
    });
  }
}

scene("a call on a phone: everything can be reached by thumb", {}, async (scene) => {
  const { ada, bela } = await scene.pair({ context: SIZES.phone }, {});
  for (const id of ["call-mic", "call-camera", "call-chat", "call-people", "call-leave"]) {
    const box = await ada.at(id).boundingBox();
    assert.ok(box && box.width >= 44 && box.height >= 44, `${id} is at least 44 px: ${JSON.stringify(box)}`);
    assert.ok(box.x >= 0 && box.x + box.width <= 390 && box.y + box.height <= 844, `${id} is on the screen`);
  }
  await ada.say("From my phone");
  await bela.reads("From my phone");
});
