// Whether pictures keep moving: the longest time that any of them stood still.

import assert from "node:assert/strict";

/** Begins to watch the pictures that come from each of the others, in a person's page. */
export const watchMedia = (person) =>
  person.page.evaluate(() => {
    const watch = (globalThis.__watch = { seen: new Map() });
    const look = async (connection) => {
      const stats = [...(await connection.getStats()).values()];
      const videos = stats.filter((one) => one.type === "inbound-rtp" && one.kind === "video");
      const frames = videos.reduce((sum, one) => sum + (one.framesDecoded ?? 0), 0);
      const now = performance.now();
      const seen = watch.seen.get(connection) ?? { frames, at: now, longest: 0 };
      seen.longest = Math.max(seen.longest, now - seen.at);
      if (frames > seen.frames) Object.assign(seen, { frames, at: now });
      watch.seen.set(connection, seen);
    };
    const open = () => globalThis.__connections.filter((connection) => connection.connectionState === "connected");
    watch.timer = setInterval(() => open().forEach(look), 100);
  });

/** How long pictures stood still at most, in milliseconds: one number for each of the others who is still there. */
export const longestGaps = (person) =>
  person.page.evaluate(() => {
    const { timer, seen } = globalThis.__watch;
    clearInterval(timer);
    const there = [...seen].filter(([connection]) => connection.connectionState === "connected");
    return there.map(([, { at, longest }]) => Math.max(longest, performance.now() - at));
  });

/** Fails if a picture of one of `others` other people stood still for so long, in milliseconds. */
export const mediaNeverStopped = async (people, { others = 1, most = 1_500 } = {}) => {
  for (const person of people) {
    const gaps = (await longestGaps(person)).map(Math.round);
    assert.equal(gaps.length, others, `${person.name} sees the pictures of ${others}`);
    assert.ok(Math.max(...gaps) < most, `${person.name} saw pictures stand still for ${gaps} ms`);
  }
};
