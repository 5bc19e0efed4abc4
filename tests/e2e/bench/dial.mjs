// From a page's dial to the first thing it hears in the room: a reload of a prejoin page whose keys are known, up to
// the moment it shows who is inside. Once over WebTransport and once over WebSocket. Prints one JSON object.

import { launch } from "../browser.mjs";
import { Person } from "../person.mjs";
import { Server } from "../server.mjs";

const RUNS = 5;

/** Notes when the page dials and when it shows the name of who is inside: runs in the page. */
const stopwatch = ({ only, name }) => {
  const times = (globalThis.__times = {});
  const timed = (Original) =>
    class extends Original {
      constructor(...parts) {
        times.dialled ??= performance.now();
        super(...parts);
      }
    };
  globalThis.WebTransport = only === "webtransport" ? timed(globalThis.WebTransport) : undefined;
  globalThis.WebSocket = timed(globalThis.WebSocket);
  new MutationObserver(() => {
    if (document.body?.textContent.includes(name)) times.heard ??= performance.now();
  }).observe(document, { childList: true, subtree: true, characterData: true });
};

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const server = await Server.start({ limits: "lab" });
const browser = await launch();
const results = {};
try {
  for (const only of ["webtransport", "websocket"]) {
    // A room each: whoever is inside greets only so many newcomers a minute.
    const ada = await Person.arrive(browser, server.origin, "Adalbert");
    const code = await ada.startRoom();
    await ada.enter();
    const bela = await Person.arrive(browser, server.origin, "Béla", { init: stopwatch, argument: { only, name: "Adalbert" } });
    const taken = [];
    await bela.open(`r/${code}`);
    for (let run = 0; run <= RUNS; run += 1) {
      await bela.waitFor(() => globalThis.__times.heard !== undefined, undefined, "who is inside");
      taken.push(await bela.page.evaluate(() => globalThis.__times.heard - globalThis.__times.dialled));
      await bela.page.reload();
    }
    // The first visit derives the keys while it dials, the reloads know them.
    results[`${only}_p50_ms`] = Math.round(median(taken.slice(1)));
    results[`${only}_first_ms`] = Math.round(taken[0]);
    await bela.depart();
    await ada.depart();
  }
} finally {
  await browser.close();
  await server.stop();
}
console.log(JSON.stringify(results));
