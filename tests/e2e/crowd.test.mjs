// More people with cameras than calls are made for: they are let in, and told.

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

scene("with a seventh camera everybody is told that pictures may stutter, until one is off", { timeout: 240_000 }, async (scene) => {
  const { ada, code } = await scene.pair();
  const others = [];
  for (const name of ["Cleo", "Dora", "Emil", "Fina", "Gero"]) {
    const one = await scene.person(name, { context: SIZES.phone, init: withoutMedia });
    await one.open(`r/${code}`);
    await one.enter();
    others.push(one);
    await ada.seesOthers(others.length + 1);
    const told = await ada.page.getByText("Many cameras.").count();
    if (others.length < 5 && told > 0) throw new Error(`told with ${others.length + 2} cameras`);
  }
  await ada.page.getByText("7 are on").waitFor();
  await others[4].at("call-camera").click();
  await ada.page.getByText("Many cameras.").waitFor({ state: "detached" });
  await others[4].at("call-camera").click();
  await ada.page.getByText("Many cameras.").waitFor();
});
