// Chromium with fake devices: one browser at a time, a context of its own for every person.

import { chromium } from "playwright-core";

/** What every browser of these tests is started with. QUIC stays on: WebTransport needs it. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

/** Which devices there are, and what the person answers when asked. */
export const DEVICES = {
  granted: ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"],
  denied: ["--use-fake-ui-for-media-stream=deny", "--use-fake-device-for-media-stream"],
  none: ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream=device-count=0"],
};

/**
 * @param {{ devices?: keyof DEVICES, flags?: string[], wrapper?: string }} [options]
 *   `wrapper` is a program that runs Chromium, for instance in a network namespace.
 */
export const launch = ({ devices = "granted", flags = [], wrapper } = {}) =>
  chromium.launch({
    executablePath: wrapper ?? process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    chromiumSandbox: false,
    args: [...FLAGS, ...DEVICES[devices], ...flags],
    ignoreDefaultArgs: ["--disable-field-trial-config", "--mute-audio"],
  });
