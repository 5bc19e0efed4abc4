// What runs in the page of the interop tests: a js-libp2p node, and what it does with the relay. Bundled when the test starts.

import { noise } from "@chainsafe/libp2p-noise";
import { identify } from "@libp2p/identify";
import { ping } from "@libp2p/ping";
import { webTransport } from "@libp2p/webtransport";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";

const ECHO = "/milanio-test/echo/1";
/** The most bytes `getRandomValues` gives at once (W3C Web Cryptography). */
const RANDOM_BYTES = 65_536;

const start = () =>
  createLibp2p({
    transports: [webTransport()],
    connectionEncrypters: [noise()],
    services: { identify: identify(), ping: ping() },
    connectionGater: { denyDialMultiaddr: () => false },
  });

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const digest = async (bytes) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

const random = (length) => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += RANDOM_BYTES) crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES));
  return bytes;
};

/** Sends `length` random bytes and ends the stream; the digests of what was sent and of what came back. */
const echo = async (connection, length) => {
  const sent = random(length);
  const stream = await connection.newStream(ECHO);
  const chunks = [];
  const received = (async () => {
    for await (const chunk of stream) chunks.push(chunk.subarray());
  })();
  for (let at = 0; at < length; at += RANDOM_BYTES) {
    if (!stream.send(sent.subarray(at, at + RANDOM_BYTES))) await stream.onDrain();
  }
  await stream.close();
  await received;
  return { sent: await digest(sent), received: await digest(await new Blob(chunks).arrayBuffer()) };
};

/** Dials `address` and runs `play` with the connection; the page's only entry. */
globalThis.withRelay = async (address, play, ...args) => {
  const node = await start();
  // The node asks every new peer by itself, and allows itself one such question at a time.
  const identified = new Promise((resolve) => {
    node.addEventListener("peer:identify", ({ detail }) => resolve(detail), { once: true });
  });
  try {
    const connection = await node.dial(multiaddr(address), { signal: AbortSignal.timeout(15_000) });
    return await globalThis.plays[play]({ node, connection, identified }, ...args);
  } finally {
    await node.stop();
  }
};

globalThis.plays = {
  peer: async ({ connection }) => connection.remotePeer.toString(),
  identify: async ({ identified }) => {
    const { peerId, protocols } = await identified;
    return { peer: peerId.toString(), protocols };
  },
  ping: async ({ node, connection }) => node.services.ping.ping(connection.remotePeer),
  echo: async ({ connection }, length) => echo(connection, length),
  echoes: async ({ connection }, count, length) =>
    Promise.all(Array.from({ length: count }, () => echo(connection, length))),
};

globalThis.ready = true;
