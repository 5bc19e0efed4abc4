// What goes wrong around a person: no devices, wrong codes, an unreachable registry, a wrong clock. Every page says what
// happened and lets one go on where that is possible.

import assert from "node:assert/strict";

import { launch } from "./browser.mjs";
import { scene } from "./scene.mjs";

/** The browser itself reports answers like 404, and requests that got none, at error level. */
const FAILED_REQUEST = /Failed to load resource/;
/** A code whose check characters are wrong. */
const MISTYPED = "k7wd-3fqm-xh2p-9vtz";

/** Moves the page's clock: runs before the page's own scripts. */
const moveClock = (offset) => {
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...parts) {
      super(...(parts.length ? parts : [Real.now() + offset]));
    }
    static now() {
      return Real.now() + offset;
    }
  };
};

scene("without permission for the camera one can still join and chat", {}, async (scene) => {
  const ada = await scene.person("Ada");
  const code = await ada.startRoom();
  await ada.enter();
  await ada.depart();

  const refusing = await launch({ devices: "denied" });
  scene.atEnd(() => refusing.close());
  const [cleo, dora] = [await scene.person("Cleo", { browser: refusing }), await scene.person("Dora", { browser: refusing })];
  for (const person of [cleo, dora]) {
    await person.open(`r/${code}`);
    assert.match(await person.failure(), /blocked/);
    await person.page.getByRole("button", { name: /Join without/ }).click();
    await person.enter();
  }
  await Promise.all([cleo.seesOthers(1), dora.seesOthers(1)]);
  await cleo.say("No camera, still here");
  await dora.reads("No camera, still here");
});

scene("a device without camera and microphone sees and hears the others", {}, async (scene) => {
  const bare = await launch({ devices: "none" });
  scene.atEnd(() => bare.close());
  const ada = await scene.person("Ada");
  const code = await ada.startRoom();
  await ada.enter();
  const bela = await scene.person("Béla", { browser: bare });
  await bela.open(`r/${code}`);
  assert.match(await bela.failure(), /No (camera|microphone)/);
  await bela.page.getByRole("button", { name: /Join without/ }).click();
  await bela.enter();
  await bela.receives();
  await bela.say("I only watch");
  await ada.reads("I only watch");
});

scene("a mistyped code is refused without asking anybody", {}, async (scene) => {
  const ada = await scene.person("Ada");
  const asked = [];
  ada.page.on("request", (request) => request.url().includes("/api/rooms") && asked.push(request.url()));
  await ada.joinBy(MISTYPED);
  await ada.page.getByRole("alert").first().waitFor();
  assert.equal(await ada.at("prejoin-join").count(), 0);
  assert.deepEqual(asked, []);

  await ada.open(`r/${MISTYPED}`);
  await ada.page.reload();
  await ada.at("error-title").or(ada.page.getByRole("alert")).first().waitFor();
});

scene("a code is understood however it is typed", {}, async (scene) => {
  const ada = await scene.person("Ada");
  const code = await ada.startRoom();
  await ada.enter();
  const bela = await scene.person("Béla");
  await bela.joinBy(`  ${code.replaceAll("-", " ").toUpperCase().replaceAll("0", "O").replaceAll("1", "L")} `);
  await bela.at("prejoin-join").waitFor();
  assert.equal(await bela.code(), code);
  await bela.joinBy(`${scene.server.origin}/#/r/${code}`);
  await bela.at("prejoin-join").waitFor();
  assert.equal(await bela.code(), code);
});

scene("a room that nobody has can be opened with its code", {}, async (scene) => {
  const maker = await scene.person("Ada");
  const code = await maker.startRoom();

  const { Server } = await import("./server.mjs");
  const elsewhere = await Server.start();
  scene.atEnd(() => elsewhere.stop());
  const bela = await scene.person("Béla", { origin: elsewhere.origin });
  bela.expect(FAILED_REQUEST);
  await bela.open(`r/${code}`);
  assert.match(await bela.failure(), /No room has this code/);
  await bela.page.getByRole("button", { name: /Open this room/ }).click();
  await bela.enter();
});

scene("while the registry cannot be reached the page waits, and goes on by itself", {}, async (scene) => {
  const ada = await scene.person("Ada");
  const code = await ada.startRoom();
  await ada.enter();
  await ada.depart();
  const bela = await scene.person("Béla");
  bela.expect(FAILED_REQUEST);
  await bela.context.route("**/api/rooms/**", (route) => route.abort());
  await bela.open(`r/${code}`);
  await bela.at("connection-state").filter({ hasText: "Waiting for the server" }).waitFor();
  await bela.context.unroute("**/api/rooms/**");
  await bela.at("connection-state").filter({ hasNotText: "Waiting for the server" }).waitFor({ timeout: 30_000 });
  await bela.enter();
});

/** Takes the ways to relays away until `globalThis.__wayIsFree`: runs before the page's own scripts. */
const blockRelays = () => {
  delete globalThis.WebTransport;
  const Real = globalThis.WebSocket;
  globalThis.WebSocket = class extends Real {
    constructor(url, protocols) {
      // Nobody listens on the discard port.
      super(globalThis.__wayIsFree ? url : "ws://127.0.0.1:9/", protocols);
    }
  };
};
const NO_SOCKET = /WebSocket connection to|asked another host: ws:\/\/127\.0\.0\.1:9|connect-src/;

scene("a page that reaches no relay says so, keeps trying, and goes on by itself", {}, async (scene) => {
  const maker = await scene.person("Ada");
  const code = await maker.startRoom();
  const bela = await scene.person("Béla", { init: blockRelays });
  bela.expect(NO_SOCKET);
  await bela.open(`r/${code}`);
  assert.match(await bela.failure(), /No relay can be reached/);
  await bela.page.evaluate(() => (globalThis.__wayIsFree = true));
  await bela.at("prejoin-join").waitFor({ timeout: 30_000 });
  await bela.enter();
});

scene("who founds a room without reaching a relay is told inside", {}, async (scene) => {
  const ada = await scene.person("Ada", { init: blockRelays });
  ada.expect(NO_SOCKET);
  await ada.startRoom();
  await ada.enter();
  await ada.page.getByText("No relay can be reached").first().waitFor({ timeout: 30_000 });
  await ada.page.evaluate(() => (globalThis.__wayIsFree = true));
  await ada.page.locator('[data-testid="connection-state"][data-state="connected"]').waitFor({ timeout: 30_000 });
});

scene("a room founded while the registry was away is registered as soon as it is back", {}, async (scene) => {
  const ada = await scene.person("Ada");
  ada.expect(FAILED_REQUEST);
  await ada.context.route("**/api/rooms/create", (route) => route.abort());
  await ada.startRoom();
  await ada.enter();
  await ada.page.getByText("New people cannot join right now").waitFor();
  const registered = ada.page.waitForResponse((answer) => answer.url().endsWith("/api/rooms/create") && answer.ok(), { timeout: 60_000 });
  await ada.context.unroute("**/api/rooms/create");
  await registered;
  await ada.page.getByText("New people cannot join right now").waitFor({ state: "hidden" });
});

/** Leaves no way for media: runs before the page's own scripts. */
const blockMedia = () => {
  const Real = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Real {
    constructor(configuration) {
      super({ ...configuration, iceServers: [], iceTransportPolicy: "relay" });
    }
    setConfiguration() {}
  };
};

scene("when nobody can be reached for media the page says so and the chat works", {}, async (scene) => {
  const ada = await scene.person("Ada");
  const code = await ada.startRoom();
  await ada.enter();
  const bela = await scene.person("Béla", { init: blockMedia });
  await bela.open(`r/${code}`);
  await bela.enter();
  await bela.page.getByText("Nobody can be reached for video").first().waitFor({ timeout: 90_000 });
  await bela.say("No picture, still here");
  await ada.reads("No picture, still here");
});

for (const minutes of [-10, 10]) {
  scene(`a clock ${minutes} minutes off is told and does no harm`, {}, async (scene) => {
    const { ada, bela } = await scene.pair({}, { init: moveClock, argument: minutes * 60_000 });
    await ada.say("What time is it?");
    await bela.reads("What time is it?");
    await bela.say("Late");
    await ada.reads("Late");
    const cleo = await scene.person("Cleo", { init: moveClock, argument: minutes * 60_000 });
    await cleo.startRoom();
    await cleo.page.getByText(/clock is wrong/).waitFor();
  });
}

scene("a browser without what is needed is told what it lacks", {}, async (scene) => {
  const ada = await scene.person("Ada", { init: () => delete globalThis.WebAssembly });
  await ada.open();
  assert.match(await ada.failure(), /cannot run|cannot make calls/);
  await ada.page.getByText("WebAssembly", { exact: false }).first().waitFor();
});

scene("what was typed before the app arrived is kept", {}, async (scene) => {
  const ada = await scene.person("Ada");
  const code = await ada.startRoom();
  await ada.enter();
  const bela = await scene.person("Béla");
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await bela.context.route("**/*.wasm", async (route) => {
    await held;
    await route.continue();
  });
  await bela.open();
  await bela.at("landing-code").fill(code);
  await bela.at("landing-join").click();
  release();
  await bela.at("prejoin-join").waitFor();
  assert.equal(await bela.code(), code);
});

scene("an app that has ended itself says so, with where, and is there again when it is loaded again", {}, async (scene) => {
  const ada = await scene.person("Ada");
  ada.expect(/unreachable/);
  await ada.open();
  await ada.at("landing-start").waitFor();
  await ada.waitFor(() => !document.documentElement.dataset.booting, undefined, "the app");
  // What a module does that has met what must not happen.
  await ada.page.evaluate(() => {
    const trap = new WebAssembly.Module(
      new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 116, 0, 0, 10, 5, 1, 3, 0, 0, 11]),
    );
    setTimeout(new WebAssembly.Instance(trap).exports.t);
  });
  assert.match(await ada.failure(), /stopped/);
  assert.match(await ada.page.locator("#boot-failed-details").textContent(), /unreachable/);
  await ada.page.getByRole("button", { name: "Load again" }).click();
  await ada.at("landing-start").waitFor();
});
