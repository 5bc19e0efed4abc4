// What accounts leave behind: at the server, on the way, and in the browser. And what a page without them does not even load.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PASSWORD, SLOW_MS, go, screen, setPassword, signUp, whoIs } from "./accounts.mjs";
import { scene } from "./scene.mjs";
import { found, keepExportKeys, kept, pieces, record, withoutWebTransport } from "./traffic.mjs";

const WITH_MAIL = { mail: true, server: { limits: "lab" }, timeout: 180_000 };
/** What marked things are called: nothing else contains it. */
const MARK = "Quetzalcoatl";

const bodyOf = ({ body }) => (body.length ? JSON.parse(body) : undefined);
/** Names and sizes of what a body holds. */
const shape = (value) =>
  value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shape(one)])) : `${typeof value} ${String(value).length}`;

test("what looks for a secret finds it however it is written", () => {
  const secret = "tunnel copper salad";
  for (const before of ["", "a", "ab"]) {
    const whole = Buffer.from(`${before}${secret}xyz`);
    for (const text of [whole, whole.toString("base64"), whole.toString("base64url"), whole.toString("hex"), encodeURIComponent(whole)]) {
      assert.equal(found(secret, [Buffer.from(text)]).length, 1, `${text}`);
    }
  }
  assert.deepEqual(found(secret, [Buffer.from("tunnel copper lantern")]), []);
});

scene("the server hears nothing of a password: two of them look alike from there", WITH_MAIL, async (scene) => {
  const passwords = [PASSWORD, "an altogether different and much longer secret phrase 42"];
  const seen = [];
  for (const [i, password] of passwords.entries()) {
    const person = await scene.person("Ines", { init: keepExportKeys });
    const sent = record(person);
    await signUp(person, scene.mail, `ines${i}@example.org`);
    await setPassword(person, password);
    const asked = sent.requests.filter(({ path }) => path.startsWith("/api/"));
    for (const path of ["/api/auth/register", "/api/auth/verify", "/api/auth/opaque/register", "/api/users/vault"]) {
      assert.ok(asked.some((one) => one.path === path), `${path} was recorded`);
    }
    const keys = await person.page.evaluate(() => globalThis.__exportKeys);
    assert.equal(keys.length, 1, "the password gave one key");
    for (const secret of [password, Buffer.from(keys[0])]) assert.deepEqual(found(secret, pieces(sent)), []);
    // Challenges, keys and ciphertexts differ; that they have the same sizes is what is compared.
    seen.push(asked.map((one) => ({ method: one.method, path: one.path, body: shape(bodyOf(one)) })));
  }
  assert.ok(seen[0].length >= 8, `${seen[0].length} requests`);
  assert.deepEqual(seen[1], seen[0]);
});

scene("of a marked name, password and chat nothing travels in the clear, and no token is kept", WITH_MAIL, async (scene) => {
  const ines = await scene.person(`Ines ${MARK}`, { init: withoutWebTransport });
  const sent = record(ines);
  const password = `${PASSWORD} ${MARK}`;
  await signUp(ines, scene.mail, "ines@example.org");
  await setPassword(ines, password);
  assert.equal((await whoIs(ines)).name, `Ines ${MARK}`);
  const code = await ines.startRoom();
  await ines.at("prejoin-join").click();
  await ines.at("call-leave").waitFor({ timeout: SLOW_MS });
  const bela = await scene.person("Béla", { init: withoutWebTransport });
  const heard = record(bela);
  await bela.joinBy(code);
  await bela.enter();
  await bela.tileOf(MARK).waitFor({ timeout: SLOW_MS });
  await ines.say(`Good morning, ${MARK}`);
  await bela.reads(MARK);
  await go(ines, "settings/devices");
  await ines.at("devices-item").waitFor();

  for (const { requests, frames } of [sent, heard]) {
    assert.ok(requests.length > 10 && frames.length > 10, `${requests.length} requests, ${frames.length} frames`);
  }
  const bytes = [...pieces(sent), ...pieces(heard)];
  for (const secret of [MARK, password, code, code.replaceAll("-", "")]) assert.deepEqual(found(secret, bytes), [], secret);
  assert.ok(!scene.server.log.includes(MARK), "the server's log");

  assert.ok(sent.tokens.size > 0, "requests had a token");
  const { records, caches, cookies, pieces: stored } = await kept(ines);
  assert.ok(records >= 2, `${records} records`);
  assert.deepEqual([caches, cookies], [[], []]);
  for (const secret of [password, ...sent.tokens, ...[...sent.tokens].flatMap((token) => token.split(".").filter((part) => part.length > 40))]) {
    assert.deepEqual(found(secret, stored), [], "a token or the password is kept");
  }
});

scene("the first page and a call load no account code, and only passwords load what judges them", {}, async (scene) => {
  const ines = await scene.person("Ines");
  const sent = record(ines);
  // The worker's own requests are seen, too: it loads the app's files once more.
  const kinds = (name) => {
    const own = sent.requests.map(({ path }) => path).filter((path) => new RegExp(`/${name}-[0-9a-f]{16}\\.`).test(path));
    return [...new Set(own.map((path) => path.replace(/.*\./, "")))].sort();
  };
  await ines.startRoom();
  await ines.enter();
  await ines.leave();
  assert.deepEqual([kinds("app"), kinds("account"), kinds("account-worker")], [["js", "wasm"], [], []]);
  await go(ines, "signin");
  await screen(ines, "Sign in");
  assert.deepEqual([kinds("account"), kinds("account-worker")], [["css", "js", "wasm"], []]);
  const arrived = ines.page.waitForResponse(/account-worker-[0-9a-f]{16}\.wasm$/);
  await go(ines, "signin/password");
  await arrived;
  assert.deepEqual(kinds("account-worker"), ["js", "wasm"]);
});
