// The test vectors of the keys and formats hold in a browser as they do natively.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { basename, join } from "node:path";
import { test } from "node:test";

import { launch } from "./browser.mjs";

/** Rooms are stretched with Argon2id over 64 MiB, several times. */
const LIMIT = { timeout: 120_000 };

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

/** Serves the folder, and an empty page. */
const serve = async (folder) => {
  const server = createServer(async (request, response) => {
    const name = request.url === "/" ? "page.html" : basename(request.url);
    const content = name === "page.html" ? "<!doctype html>" : await readFile(join(folder, name)).catch(() => undefined);
    response.writeHead(content === undefined ? 404 : 200, { "content-type": TYPES[/\.\w+$/.exec(name)?.[0]] ?? "text/plain" });
    response.end(content);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
};

/** In the page: runs every file; its name and what went wrong, if anything. */
const runAll = async () => {
  const program = await import("/vectors.js");
  await program.default({ module_or_path: "/vectors.wasm" });
  return program.names().map((name) => [name, program.run(name) ?? "holds"]);
};

test("every test vector holds in a browser", LIMIT, async () => {
  const folder = process.env.MILANIO_VECTORS;
  if (!folder) throw new Error("MILANIO_VECTORS is not set: run these tests with `cargo xtask test browser`");
  const files = await readdir(join(import.meta.dirname, "../../identity/tests/vectors"));
  const server = await serve(folder);
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${server.address().port}/`);
    const results = await page.evaluate(runAll);
    const expected = files.map((file) => [basename(file, ".json"), "holds"]);
    assert.deepEqual(Object.fromEntries(results), Object.fromEntries(expected));
  } finally {
    await browser.close();
    server.close();
  }
});
