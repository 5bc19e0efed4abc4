// Accounts in rooms: who has one is themselves there, once per browser, or a guest when they want to be.

import assert from "node:assert/strict";

import { backUpByWords, signUp, whoIs } from "./accounts.mjs";
import { scene } from "./scene.mjs";

const EMAIL = "ines@example.org";
const WITH_MAIL = { mail: true, server: { limits: "lab" }, timeout: 180_000 };

/** What the open people panel says of somebody else. */
const row = (person, name) => person.at("person").filter({ hasText: name });

scene("somebody with an account is themselves in rooms, verified, or a guest", WITH_MAIL, async (scene) => {
  const ines = await scene.person("Ines");
  await ines.open();
  await ines.at("sign-in").waitFor();
  await signUp(ines, scene.mail, EMAIL);
  await backUpByWords(ines);
  const { id } = await whoIs(ines);
  await ines.open();
  await ines.at("account-menu").filter({ hasText: "Ines" }).waitFor();
  const code = await ines.startRoom();
  await ines.at("join-as-guest").waitFor();
  assert.equal(await ines.at("prejoin-name").inputValue(), "Ines");
  await ines.at("prejoin-join").click();
  await ines.at("call-leave").waitFor();

  const bela = await scene.person("Béla");
  await bela.open(`r/${code}`);
  await bela.enter();
  await Promise.all([ines.receives(), bela.receives()]);
  await bela.at("call-people").click();
  await row(bela, "Ines").getByTestId("verified").waitFor();
  const said = (await row(bela, "Ines").locator(".small").textContent()).split(", ");
  assert.ok(said.includes(id.replaceAll(/[^0-9a-z]/g, "")), `the id of the account in ${said}`);
  await ines.at("call-people").click();
  assert.equal(await row(ines, "Béla").getByTestId("verified").count(), 0, "guests are not verified");

  const tab = await scene.person("Ines", { sharing: ines });
  await tab.open(`r/${code}`);
  assert.match(await tab.failure(), /Already open in another tab/);

  await ines.page.reload();
  await ines.at("prejoin-join").click();
  await ines.at("call-leave").waitFor();
  await row(bela, "Ines").getByTestId("verified").waitFor();

  await ines.leave();
  assert.equal(await ines.at("keep-name").count(), 0, "nobody is offered what they have");
  await ines.open(`r/${code}`);
  await ines.at("join-as-guest").click();
  await ines.at("join-as-myself").waitFor();
  assert.equal(await ines.at("prejoin-name").inputValue(), "");
  await ines.at("prejoin-name").fill("Somebody");
  await ines.at("prejoin-join").click();
  await ines.at("call-leave").waitFor();
  await row(bela, "Somebody").waitFor();
  assert.equal(await row(bela, "Somebody").getByTestId("verified").count(), 0);
});

scene("a guest is offered to keep their name when the call is over", {}, async (scene) => {
  const ada = await scene.person("Ada");
  await ada.startRoom();
  await ada.enter();
  await ada.leave();
  await ada.at("keep-name").click();
  await ada.at("signup-email").waitFor();
});
