// Two and three people meet: by code and by link; they see, hear and write to each other.

import assert from "node:assert/strict";

import { scene } from "./scene.mjs";

scene("two people meet by code: they see, hear and write to each other", {}, async (scene) => {
  const { ada, bela } = await scene.pair();
  await ada.say("Hello Béla");
  await bela.reads("Hello Béla");
  await bela.say("Hello Ada, <b>not bold</b>");
  await ada.reads("Hello Ada, <b>not bold</b>");
});

scene("the code and the link are copied, and the link brings one straight to the room", {}, async (scene) => {
  const ada = await scene.person("Ada", { context: { permissions: ["clipboard-read", "clipboard-write"] } });
  const code = await ada.startRoom();
  await ada.enter();
  const copied = () => ada.page.evaluate(() => navigator.clipboard.readText());
  await ada.page.getByRole("button", { name: "Copy code" }).click();
  await ada.page.getByText("Code copied").waitFor();
  assert.equal(await copied(), code);
  await ada.at("copy-link").click();
  await ada.page.getByText("Link copied").waitFor();
  assert.equal(await copied(), `${scene.server.origin}/#/r/${code}`);
  const bela = await scene.person("Béla");
  await bela.page.goto(await copied());
  await bela.at("prejoin-join").waitFor();
  assert.match(await bela.at("room-code").textContent(), new RegExp(code));
  await bela.enter();
  await Promise.all([ada.receives(), bela.receives()]);
});

scene("three people: everybody gets everybody", {}, async (scene) => {
  const { ada, bela, code } = await scene.pair();
  const cleo = await scene.person("Cleo");
  await cleo.open(`r/${code}`);
  await cleo.enter();
  const all = [ada, bela, cleo];
  await Promise.all(all.map((person) => person.seesOthers(2)));
  await Promise.all(all.map((person) => person.receives({ frames: 20 })));
  for (const person of all) assert.equal((await person.media()).connections, 2, `${person.name}'s connections`);
  const pictures = () =>
    globalThis.__connections
      .filter((connection) => connection.connectionState === "connected")
      .flatMap((connection) => connection.getSenders().filter((sender) => sender.track?.kind === "video"))
      .map((sender) => sender.getParameters().encodings[0])
      .map(({ maxBitrate, maxFramerate }) => `${maxBitrate}@${maxFramerate}`)
      .join();
  await ada.waitFor(`(${pictures})() === "1000000@30,1000000@30"`, undefined, "pictures for two others");
  await cleo.say("All here");
  await Promise.all([ada.reads("All here"), bela.reads("All here")]);
  await ada.at("call-people").click();
  await ada.waitFor(() => document.querySelectorAll('[data-testid="person"]').length === 3, undefined, "three people listed");
});

scene("others see that a microphone and a camera are off", {}, async (scene) => {
  const { ada, bela } = await scene.pair();
  const seen = (name, value) =>
    ada.waitFor(
      ([name, value]) => document.querySelector('[data-testid="tile"]:not([data-self])')?.dataset[name] === value,
      [name, value],
      `${name} ${value}`,
    );
  await bela.at("call-mic").click();
  await seen("microphone", "off");
  await bela.at("call-camera").click();
  await seen("camera", "off");
  await bela.at("call-mic").click();
  await seen("microphone", "on");
  await bela.at("call-camera").click();
  await seen("camera", "on");
  await ada.receives();
});

scene("whoever leaves is gone at once, and may come back", {}, async (scene) => {
  const { ada, bela, code } = await scene.pair();
  await bela.leave();
  await ada.seesOthers(0, 3_000);
  await bela.open(`r/${code}`);
  await bela.enter();
  await Promise.all([ada.receives(), bela.receives()]);
});

scene("a reload brings one back as the same person", {}, async (scene) => {
  const { ada, bela } = await scene.pair();
  await bela.page.reload();
  await bela.enter();
  await Promise.all([ada.seesOthers(1), bela.seesOthers(1)]);
  await Promise.all([ada.receives(), bela.receives()]);
  await ada.say("Welcome back");
  await bela.reads("Welcome back");
});

scene("two tabs of one browser are two guests", {}, async (scene) => {
  const ada = await scene.person("Ada");
  const code = await ada.startRoom();
  await ada.enter();
  const other = await scene.person("Ada again", { sharing: ada });
  await other.open(`r/${code}`);
  await other.enter();
  await Promise.all([ada.seesOthers(1), other.seesOthers(1)]);
  await Promise.all([ada.receives(), other.receives()]);
});
