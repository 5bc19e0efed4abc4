// From the second person's click on "join" to the first frame of the other on the screen. Both prejoin pages have been
// open for 3 s, as when people check how they look. Prints one JSON object.

import { launch } from "../browser.mjs";
import { Person } from "../person.mjs";
import { Server } from "../server.mjs";

const RUNS = 9;
const PREJOIN_MS = 3_000;

/** Notes when join is clicked and when a frame of somebody else is first presented: runs in the page. */
const stopwatch = () => {
  const times = (globalThis.__times = {});
  addEventListener(
    "click",
    (event) => {
      if (event.target.closest?.('[data-testid="prejoin-join"]')) times.clicked ??= performance.now();
    },
    { capture: true },
  );
  const seen = new WeakSet();
  const look = () => {
    for (const video of document.querySelectorAll('[data-testid="tile"]:not([data-self="true"]) video')) {
      if (seen.has(video)) continue;
      seen.add(video);
      video.requestVideoFrameCallback((now) => (times.first ??= now));
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true });
};

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const server = await Server.start({ limits: "lab" });
const browser = await launch();
const taken = [];
try {
  for (let run = 0; run < RUNS; run += 1) {
    const ada = await Person.arrive(browser, server.origin, "Ada");
    const bela = await Person.arrive(browser, server.origin, "Béla", { init: stopwatch });
    const code = await ada.startRoom();
    await bela.open(`r/${code}`);
    await bela.at("prejoin-join").waitFor();
    await new Promise((resolve) => setTimeout(resolve, PREJOIN_MS));
    await ada.enter();
    await bela.enter();
    await bela.waitFor(() => globalThis.__times.first !== undefined, undefined, "a frame");
    taken.push(await bela.page.evaluate(() => globalThis.__times.first - globalThis.__times.clicked));
    await ada.depart();
    await bela.depart();
  }
} finally {
  await browser.close();
  await server.stop();
}
console.log(JSON.stringify({ p50_ms: Math.round(median(taken)), worst_ms: Math.round(Math.max(...taken)), runs: RUNS }));
