// The relay dies, packets vanish, UDP is blocked: media goes on, chat comes back by itself, nothing said is lost.

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";

import { launch } from "./browser.mjs";
import { cannotDrop, cannotSeparate, dropPackets, networkWithoutUdp, twoNetworks } from "./network.mjs";
import { scene } from "./scene.mjs";
import { Server, freePort } from "./server.mjs";
import { mediaNeverStopped, watchMedia } from "./watch.mjs";

/** What Chromium itself writes at error level when a connection breaks. */
const BROKEN = /Failed to load resource|WebSocket connection to|Failed to establish a connection|WebTransport|net::ERR_/;

/** Packets vanish for this long. */
const SILENCE_MS = 20_000;

/** Sends every dial over WebTransport to a port that never answers: runs before the page's own scripts. */
const deafWebTransport = (port) => {
  const Original = globalThis.WebTransport;
  globalThis.WebTransport = class extends Original {
    constructor(url, options) {
      const deaf = new URL(url);
      deaf.port = port;
      super(deaf.href, options);
    }
  };
};

/** A UDP port that takes packets and says nothing. */
const deafPort = async (scene) => {
  const socket = createSocket("udp4");
  scene.atEnd(() => socket.close());
  await new Promise((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return socket.address().port;
};

scene("the relay is killed and comes back: media never stops, and nothing said is lost", {}, async (scene) => {
  const { ada, bela } = await scene.pair();
  [ada, bela].forEach((person) => person.expect(BROKEN));
  await Promise.all([watchMedia(ada), watchMedia(bela)]);
  await scene.server.kill();
  await ada.say("Said while nobody carried it");
  await bela.say("And the same from me");
  await scene.server.restart();
  await Promise.all([
    bela.reads("Said while nobody carried it", 45_000),
    ada.reads("And the same from me", 45_000),
  ]);
  await ada.say("Back again");
  await bela.reads("Back again");
  await mediaNeverStopped([ada, bela]);
});

/** Lets a page believe that it is hidden, with timers that come once a minute, as browsers have them: runs in the page. */
const hideable = () => {
  let hidden = false;
  const MINUTE_MS = 60_000;
  for (const name of ["setTimeout", "setInterval"]) {
    const original = globalThis[name].bind(globalThis);
    globalThis[name] = (handler, wait = 0, ...rest) => original(handler, hidden ? Math.max(wait, MINUTE_MS) : wait, ...rest);
  }
  Object.defineProperty(document, "hidden", { get: () => hidden });
  Object.defineProperty(document, "visibilityState", { get: () => (hidden ? "hidden" : "visible") });
  globalThis.__hide = (on) => {
    hidden = on;
    document.dispatchEvent(new Event("visibilitychange"));
  };
};

scene("a hidden page, whose timers hardly come, finds back to a relay that was away, and misses nothing", {}, async (scene) => {
  const { ada, bela } = await scene.pair({}, { init: hideable });
  [ada, bela].forEach((person) => person.expect(BROKEN));
  await bela.openChat();
  await bela.page.evaluate(() => globalThis.__hide(true));
  await scene.server.kill();
  await ada.say("While you looked elsewhere");
  await scene.server.restart();
  await bela.reads("While you looked elsewhere", 45_000);
  await bela.page.evaluate(() => globalThis.__hide(false));
  await bela.say("Back at the page");
  await ada.reads("Back at the page");
});

const dropping = { skip: cannotDrop(), timeout: 180_000 };
scene("the relay's packets vanish for 20 s: media never stops, and nothing said is lost", dropping, async (scene) => {
  const { ada, bela } = await scene.pair();
  [ada, bela].forEach((person) => person.expect(BROKEN));
  await Promise.all([watchMedia(ada), watchMedia(bela)]);
  const restore = dropPackets([scene.server.port]);
  scene.atEnd(restore);
  const silent = new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
  await ada.say("Into the void");
  await silent;
  restore();
  await bela.reads("Into the void", 45_000);
  await bela.say("Out of the void");
  await ada.reads("Out of the void");
  await mediaNeverStopped([ada, bela]);
});

scene("when WebTransport gets no answer, WebSocket takes over", {}, async (scene) => {
  const sockets = [];
  const deaf = { init: deafWebTransport, argument: await deafPort(scene) };
  const ada = await scene.person("Ada", deaf);
  ada.page.on("websocket", (socket) => sockets.push(socket.url()));
  const code = await ada.startRoom();
  await ada.enter();
  const bela = await scene.person("Béla", deaf);
  await bela.open(`r/${code}`);
  await bela.enter();
  [ada, bela].forEach((person) => person.expect(BROKEN));
  await Promise.all([ada.receives(), bela.receives()]);
  await ada.say("By the other way");
  await bela.reads("By the other way");
  assert.ok(sockets.length > 0, "a WebSocket was opened");
});

/** Server and browsers in a network where UDP packets vanish. */
const withoutUdp = async (scene) => {
  const network = await networkWithoutUdp();
  scene.atEnd(() => network.close());
  scene.server = await Server.start({ wrapper: network.wrapper });
  scene.browser = await launch({ wrapper: await network.program(process.env.CHROMIUM) });
};

scene("without UDP the call goes through TURN over TCP", { skip: cannotSeparate(), set: withoutUdp }, async (scene) => {
  const ada = await scene.person("Ada");
  const code = await ada.startRoom();
  await ada.enter();
  const bela = await scene.person("Béla");
  await bela.open(`r/${code}`);
  await bela.enter();
  [ada, bela].forEach((person) => person.expect(BROKEN));
  const started = Date.now();
  await Promise.all([ada.receives({ frames: 1, sound: false }), bela.receives({ frames: 1, sound: false })]);
  const first = Date.now() - started;
  assert.ok(first < 8_000, `the first frame took ${first} ms`);
  const { relayed, protocols } = await bela.receives({ frames: 30 });
  assert.ok(relayed > 0 && protocols.includes("tcp"), `through TURN over TCP: ${protocols}`);
  await ada.say("Through the needle's eye");
  await bela.reads("Through the needle's eye");
});

/** How long the two networks see nothing of each other, and how long they may take to be one room again. */
const DIVIDED_MS = 30_000;
const TOGETHER_MS = 15_000;

/** Two networks, each with a server and a browser of its own; the second server's relay keeps a connection with the first's. */
const divided = async (scene) => {
  const network = await twoNetworks();
  scene.atEnd(() => network.close());
  scene.network = network;
  const start = async ({ wrapper, ip }, peer) => {
    const port = await freePort();
    const args = ["--bind", "0.0.0.0", "--public-url", `http://${ip}:${port}`, "--allow-spool-in-public", ...peer];
    return Server.start({ port, wrapper, args });
  };
  const [north, south] = network.sides;
  scene.server = await start(north, []);
  scene.south = { server: await start(south, ["--peer", `/ip4/${north.ip}/tcp/${scene.server.port}/ws`]) };
  scene.atEnd(() => scene.south.server.stop());
  scene.browser = await launch({ wrapper: await north.program(process.env.CHROMIUM) });
  scene.south.browser = await launch({ wrapper: await south.program(process.env.CHROMIUM) });
  scene.atEnd(() => scene.south.browser.close());
};

const apart = { skip: cannotSeparate(), set: divided, timeout: 180_000 };
scene("two networks are divided for 30 s: both write on, and once they are one again both have read it all", apart, async (scene) => {
  const { ada, bela } = await scene.pair({}, { browser: scene.south.browser, origin: scene.south.server.origin });
  [ada, bela].forEach((person) => person.expect(BROKEN));
  await ada.say("Before");
  await bela.reads("Before");
  scene.network.cut();
  const end = new Promise((resolve) => setTimeout(resolve, DIVIDED_MS));
  await ada.say("From the north, at once");
  await bela.say("From the south, at once");
  await Promise.all([ada.seesOthers(0), bela.seesOthers(0)]);
  await ada.say("From the north, alone");
  await bela.say("From the south, alone");
  await end;
  assert.equal(await bela.at("chat-message").filter({ hasText: "From the north" }).count(), 0, "they are apart");
  const mended = Date.now();
  scene.network.mend();
  const left = () => TOGETHER_MS - (Date.now() - mended);
  await Promise.all(
    ["at once", "alone"].flatMap((when) => [
      ada.reads(`From the south, ${when}`, left()),
      bela.reads(`From the north, ${when}`, left()),
    ]),
  );
  console.log(`both had read all after ${Date.now() - mended} ms`);
  await Promise.all([ada.seesOthers(1), bela.seesOthers(1)]);
  await Promise.all([ada.receives(), bela.receives()]);
});
