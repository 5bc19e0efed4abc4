// More people with cameras than calls are made for: they are let in, and told.

import assert from "node:assert/strict";

import { SIZES } from "./looks.mjs";
import { scene } from "./scene.mjs";

/** Nothing flows from and to this page: a machine that tests run on cannot draw seven pictures seven times. Runs in the page. */
const withoutMedia = () => {
  const Original = globalThis.RTCPeerConnection;
  const nowhere = { iceServers: [], iceTransportPolicy: "relay" };
  globalThis.RTCPeerConnection = class extends Original {
    constructor(configuration) {
      super({ ...configuration, ...nowhere });
    }
    setConfiguration(configuration) {
      super.setConfiguration({ ...configuration, ...nowhere });
    }
  };
};

scene("with a seventh camera everybody is told that pictures may stutter, and with a ninth person there is a search", { timeout: 240_000 }, async (scene) => {
  const { ada, code } = await scene.pair();
  const others = [];
  const comes = async (name) => {
    const one = await scene.person(name, { context: SIZES.phone, init: withoutMedia });
    await one.open(`r/${code}`);
    await one.enter();
    others.push(one);
    await ada.seesOthers(others.length + 1);
  };
  for (const name of ["Cleo", "Dora", "Emil", "Fina", "Gero"]) {
    await comes(name);
    const told = await ada.page.getByText("Many cameras.").count();
    if (others.length < 5 && told > 0) throw new Error(`told with ${others.length + 2} cameras`);
  }
  await ada.page.getByText("7 are on").waitFor();
  await others[4].at("call-camera").click();
  await ada.page.getByText("Many cameras.").waitFor({ state: "detached" });
  await others[4].at("call-camera").click();
  await ada.page.getByText("Many cameras.").waitFor();

  await comes("Hela");
  await ada.at("call-people").click();
  await ada.at("person").nth(7).waitFor();
  assert.equal(await ada.at("people-search").count(), 0, "eight people are seen at a glance");
  await comes("Ivo");
  await ada.at("people-search").fill(" FIN");
  await ada.waitFor(() => document.querySelectorAll('[data-testid="person"]').length === 1, undefined, "one person found");
  await ada.at("person").filter({ hasText: "Fina" }).waitFor();
  await ada.at("people-search").fill("Nora");
  await ada.page.getByText("Nobody here is called so").waitFor();
  await ada.at("people-search").fill("");
  await ada.waitFor(() => document.querySelectorAll('[data-testid="person"]').length === 9, undefined, "everybody again");
});
