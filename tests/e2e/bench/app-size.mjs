// What travels before the landing page is usable, and for a whole call page: bytes of all bodies as they come over the
// wire, compressed; headers are not counted. Prints one JSON object.

import { launch } from "../browser.mjs";
import { Person } from "../person.mjs";
import { Server } from "../server.mjs";

/** Adds up what arrives at a page, while it arrives. */
const count = async (person) => {
  const session = await person.context.newCDPSession(person.page);
  const sum = { bytes: 0 };
  session.on("Network.dataReceived", ({ encodedDataLength }) => (sum.bytes += encodedDataLength));
  await session.send("Network.enable");
  return sum;
};

/** The body of an answer as it travelled: nothing of what the cache gave, for which the browser tells a size below nothing, and what
 * the answer announced of a worker's script, for which it tells none. */
const travelled = async (request) => {
  const { responseBodySize } = await request.sizes();
  if (responseBodySize !== 0) return Math.max(0, responseBodySize);
  return Number((await (await request.response())?.headerValue("content-length")) ?? 0);
};

/** Adds up the bodies of everything that a page and its workers fetch; a session of the page alone does not see the latter. */
const countAll = (person) => {
  const sizes = [];
  person.context.on("requestfinished", (request) => sizes.push(travelled(request)));
  return async () => (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
};

const server = await Server.start();
const browser = await launch();
try {
  const visitor = await Person.arrive(browser, server.origin, "Ada");
  const landing = await count(visitor);
  // The page is usable without the app, so what belongs to the app is held back.
  await visitor.context.route(/\/app-[^/]*\.(js|wasm)$/, () => {});
  await visitor.open();
  await visitor.at("landing-start").waitFor();
  await visitor.page.evaluate(() => document.fonts.ready.then(() => {}));
  await visitor.depart();

  const caller = await Person.arrive(browser, server.origin, "Béla");
  const call = countAll(caller);
  await caller.startRoom();
  await caller.enter();
  console.log(JSON.stringify({ landing_bytes: Math.round(landing.bytes), call_bytes: await call() }));
  await caller.depart();
} finally {
  await browser.close();
  await server.stop();
}
