// How fast a file goes from one browser to another through a relay without limits of its own: from the click on "accept" to the file
// being whole, checked and stored. Prints one JSON object.

import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { launch } from "../browser.mjs";
import { Person } from "../person.mjs";
import { Server } from "../server.mjs";

const RUNS = 3;
const BYTES = 50 * 1024 * 1024;
const PATIENCE_MS = 300_000;

/** Notes when a file is accepted and when it is there: runs in the page. */
const stopwatch = () => {
  const times = (globalThis.__times = {});
  addEventListener(
    "click",
    (event) => {
      if (event.target.closest?.('[data-testid="file-accept"]')) times.accepted ??= performance.now();
    },
    { capture: true },
  );
  const look = () => {
    if (document.querySelector('[data-testid="file-save"]')) times.ready ??= performance.now();
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
};

const folder = await mkdtemp(join(tmpdir(), "milanio-file-"));
const path = join(folder, "film.bin");
await writeFile(path, randomBytes(BYTES));
const server = await Server.start({ limits: "lab" });
const browser = await launch();
const speeds = [];
try {
  for (let run = 0; run < RUNS; run += 1) {
    const ada = await Person.arrive(browser, server.origin, "Ada");
    const bela = await Person.arrive(browser, server.origin, "Béla", { init: stopwatch });
    const code = await ada.startRoom();
    await ada.enter();
    await bela.open(`r/${code}`);
    await bela.enter();
    await Promise.all([ada.seesOthers(1), bela.seesOthers(1)]);
    await ada.openChat();
    await ada.at("file-input").setInputFiles(path);
    await bela.openChat();
    await bela.at("file-accept").click();
    await bela.waitFor(() => globalThis.__times.ready !== undefined, undefined, "the file", PATIENCE_MS);
    const took = await bela.page.evaluate(() => globalThis.__times.ready - globalThis.__times.accepted);
    speeds.push(BYTES / 1_000 / took);
    await ada.depart();
    await bela.depart();
  }
} finally {
  await browser.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
speeds.sort((a, b) => a - b);
const [min, median, max] = [speeds[0], speeds[Math.floor(RUNS / 2)], speeds[RUNS - 1]].map((speed) => Math.round(speed * 100) / 100);
console.log(JSON.stringify({ median_mb_s: median, min_mb_s: min, max_mb_s: max, bytes: BYTES, runs: RUNS }));
