// What makes a screen fit to be seen: a picture of it, nothing that axe finds, nothing that sticks out.

import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

import { OUT } from "./scene.mjs";

/** The sizes that every screen is looked at in. */
export const SIZES = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
};
/** Both themes. */
export const THEMES = ["light", "dark"];
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Waits until fonts are there and nothing fades in any more: runs in the page. */
const settled = async () => {
  await document.fonts.ready;
  const ends = (animation) => animation.effect?.getComputedTiming().endTime !== Infinity;
  await Promise.allSettled(document.getAnimations().filter(ends).map((animation) => animation.finished));
};

/** Takes a picture, and fails if axe finds anything or the page scrolls sideways. */
export const judge = async (person, page, look) => {
  await mkdir(join(OUT, "pages"), { recursive: true });
  await person.page.evaluate(settled);
  await person.page.screenshot({ path: join(OUT, "pages", `${page}-${look}.png`) });
  const wide = await person.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${page} in ${look} scrolls sideways by ${wide} px`);
  await person.page.evaluate(axe);
  const found = await person.page.evaluate(async (runOnly) => {
    const { violations } = await globalThis.axe.run(document, { runOnly });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ").slice(0, 400)}`);
  }, RULES);
  assert.deepEqual(found, [], `axe on ${page} in ${look}`);
};
