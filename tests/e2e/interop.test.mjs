// The relay's WebTransport listener against an independent implementation: js-libp2p in Chromium.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import { build } from "esbuild";

import { launch } from "./browser.mjs";

const LIMIT = { timeout: 60_000 };

let relay;
let address;
let web;
let browser;
let page;

before(async () => {
  const program = process.env.MILANIO_ECHO_RELAY;
  if (!program) throw new Error("MILANIO_ECHO_RELAY is not set: run these tests with `cargo xtask test browser`");
  relay = spawn(program, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await new Promise((resolve, reject) => {
    createInterface({ input: relay.stdout }).once("line", (...args) => resolve(args));
    relay.once("exit", (code) => reject(new Error(`the relay ended with ${code}`)));
  });
  address = line;
  const bundle = await build({
    entryPoints: [join(import.meta.dirname, "interop-page.mjs")],
    bundle: true,
    format: "esm",
    write: false,
    define: { global: "globalThis" },
  });
  web = createServer((request, response) => {
    const isScript = request.url === "/page.mjs";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? bundle.outputFiles[0].text : '<!doctype html><script type="module" src="page.mjs"></script>');
  });
  await new Promise((resolve) => web.listen(0, "127.0.0.1", resolve));
  browser = await launch();
  page = await browser.newPage();
  await page.goto(`http://localhost:${web.address().port}/`);
  await page.waitForFunction(() => globalThis.ready);
});

after(async () => {
  await browser?.close();
  web?.close();
  relay?.kill();
});

const withRelay = (at, ...args) => page.evaluate((args) => globalThis.withRelay(...args), [at, ...args]);

const peerOf = (text) => text.split("/p2p/")[1];

test("js-libp2p dials the relay and finds the peer it expects", LIMIT, async () => {
  assert.equal(await withRelay(address, "peer"), peerOf(address));
});

test("identify and ping work", LIMIT, async () => {
  const found = await withRelay(address, "identify");
  assert.equal(found.peer, peerOf(address));
  assert.ok(found.protocols.includes("/ipfs/ping/1.0.0"));
  assert.ok((await withRelay(address, "ping")) >= 0);
});

test("a mebibyte comes back as it was sent", LIMIT, async () => {
  const { sent, received } = await withRelay(address, "echo", 1024 * 1024);
  assert.equal(received, sent);
});

test("32 streams at once get each its own bytes", LIMIT, async () => {
  const echoes = await withRelay(address, "echoes", 32, 32 * 1024);
  assert.equal(echoes.length, 32);
  for (const { sent, received } of echoes) assert.equal(received, sent);
  assert.equal(new Set(echoes.map((echo) => echo.sent)).size, 32);
});

test("a wrong certificate hash does not get through", LIMIT, async () => {
  const wrong = address.replaceAll(/\/certhash\/[^/]+/g, "").replace("/p2p/", `/certhash/${WRONG_HASH}/p2p/`);
  await assert.rejects(withRelay(wrong, "peer"));
  assert.equal(await withRelay(address, "peer"), peerOf(address));
});

test("a peer that is another than the address says does not get through", LIMIT, async () => {
  const wrong = address.replace(peerOf(address), "12D3KooWR7EfNv5SLtgjMRjUwR8AvNu3hP4fLrtSa9fmHHXKYWNG");
  await assert.rejects(withRelay(wrong, "peer"));
});

test("a wrong path is refused and the right one accepted", LIMIT, async () => {
  const answers = await page.evaluate(openSessions, {
    port: Number(address.split("/udp/")[1].split("/")[0]),
    hashes: [...address.matchAll(/\/certhash\/([^/]+)/g)].map(([, hash]) => hash),
    paths: ["/.well-known/libp2p-webtransport?type=noise", "/.well-known/libp2p-webtransport", "/"],
  });
  assert.deepEqual(answers, [true, false, false]);
});

/** The multihash of 32 zero bytes, as a multibase: no certificate has it. */
const WRONG_HASH = `u${Buffer.concat([Buffer.from([0x12, 0x20]), Buffer.alloc(32)]).toString("base64url")}`;

/** In the page: which of the paths a WebTransport session can be had on. */
const openSessions = async ({ port, hashes, paths }) => {
  const bytes = (multibase) =>
    Uint8Array.from(atob(multibase.slice(1).replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  const serverCertificateHashes = hashes.map((hash) => ({ algorithm: "sha-256", value: bytes(hash).slice(2) }));
  const open = async (path) => {
    const session = new WebTransport(`https://127.0.0.1:${port}${path}`, { serverCertificateHashes });
    session.closed.catch(() => {});
    const opened = await session.ready.then(() => true, () => false);
    if (opened) session.close();
    return opened;
  };
  const answers = [];
  for (const path of paths) answers.push(await open(path));
  return answers;
};
