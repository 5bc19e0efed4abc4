// Files between two browsers: offered, taken or not, cancelled, whole although the relay dies; and nothing of them at the relay.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { SIZES, THEMES, judge } from "./looks.mjs";
import { scene } from "./scene.mjs";
import { Server } from "./server.mjs";

const MIB = 1024 * 1024;

/** What Chromium itself writes at error level when a connection breaks. */
const BROKEN = /Failed to load resource|WebSocket connection to|Failed to establish a connection|WebTransport|net::ERR_/;

/** How long 50 MiB may take, a dying relay included. */
const LARGE_MS = 150_000;

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** A folder that goes when the test ends. */
const folder = async (stage) => {
  const path = await mkdtemp(join(tmpdir(), "milanio-files-"));
  stage.atEnd(() => rm(path, { recursive: true, force: true }));
  return path;
};

/** A file of random bytes: its path and hash. */
const randomFile = async (stage, name, size) => {
  const path = join(await folder(stage), name);
  const bytes = randomBytes(size);
  await writeFile(path, bytes);
  return { path, name, hash: sha256(bytes) };
};

const offer = async (person, files) => {
  await person.openChat();
  await person.at("file-input").setInputFiles(files);
};

const item = (person, name) => person.at("file-offer").filter({ hasText: name });

const reaches = (person, name, state, timeout) =>
  person.page.locator(`[data-testid="file-offer"][data-state="${state}"]`).filter({ hasText: name }).waitFor({ timeout });

/** Saves a file that has come, and gives its hash and the name it was saved under. */
const saved = async (person, name) => {
  const downloading = person.page.waitForEvent("download");
  await item(person, name).getByTestId("file-save").click();
  const download = await downloading;
  const bytes = await readFile(await download.path());
  return { hash: sha256(bytes), name: download.suggestedFilename() };
};

/** Lets a file go over the page, as from the desktop. */
const drop = (person, name, text) =>
  person.page.evaluate(
    async ([name, text]) => {
      const data = new DataTransfer();
      data.items.add(new File([text], name));
      const drag = (type) => document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
      drag("dragenter");
      drag("dragover");
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100)));
      const target = document.querySelector('[data-testid="file-drop"]')?.textContent ?? "";
      drag("drop");
      return target;
    },
    [name, text],
  );

/** Pastes a file, as from a picture that was copied. */
const paste = (person, name, text) =>
  person.page.evaluate(
    ([name, text]) => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([text], name));
      document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    },
    [name, text],
  );

/** How the items look in both themes, and what axe says. */
const look = async (person, name, size) => {
  for (const theme of THEMES) {
    await person.page.evaluate((theme) => (document.documentElement.dataset.theme = theme), theme);
    await judge(person, name, `${theme}-${size}`);
  }
};

scene("a small file goes both ways, under a clean name, and is what was offered", {}, async (scene) => {
  const { ada, bela } = await scene.pair();
  const bytes = randomBytes(300_000);
  await offer(ada, { name: "plan\u202efdp.exe.pdf", mimeType: "application/pdf", buffer: bytes });
  await bela.openChat();
  await item(bela, "planfdp.exe.pdf").waitFor();
  assert.match(await item(bela, "planfdp").textContent(), new RegExp(`292\\.9 KiB, SHA-256 ${sha256(bytes).slice(0, 8)}`));
  assert.equal(await bela.at("file-progress").count(), 0, "nothing comes before it is accepted");
  await item(bela, "planfdp").getByTestId("file-accept").click();
  await reaches(bela, "planfdp", "ready", 30_000);
  assert.deepEqual(await saved(bela, "planfdp"), { hash: sha256(bytes), name: "planfdp.exe.pdf" });
  await reaches(bela, "planfdp", "saved");
  await ada.at("file-taker").filter({ hasText: "Béla has it" }).waitFor();
  assert.match(await drop(bela, "back.txt", "and one back"), /everyone here/);
  await item(ada, "back.txt").getByTestId("file-accept").click();
  await reaches(ada, "back.txt", "ready", 30_000);
  assert.equal((await saved(ada, "back.txt")).hash, sha256("and one back"));
});

scene("a file can be declined, is refused when it is too large, and can be taken back", {}, async (scene) => {
  const { ada, bela } = await scene.pair();
  const huge = join(await folder(scene), "huge.bin");
  await writeFile(huge, "");
  await truncate(huge, 101 * MIB);
  await offer(ada, huge);
  await ada.page.locator(".toast").filter({ hasText: "more than 100 MiB" }).waitFor();
  await offer(ada, { name: "small.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
  await bela.openChat();
  await item(bela, "small.txt").getByTestId("file-decline").click();
  await reaches(bela, "small.txt", "declined");
  assert.equal(await bela.at("file-offer").count(), 1, "the large one was never offered");
  await item(ada, "small.txt").getByTestId("file-withdraw").click();
  await reaches(ada, "small.txt", "gone");
  await item(bela, "small.txt").getByTestId("file-accept").click();
  await reaches(bela, "small.txt", "failed", 30_000);
  assert.match(await item(bela, "small.txt").textContent(), /Ada no longer offers it/);
});

scene("a transfer can be cancelled and begun anew", { timeout: LARGE_MS }, async (scene) => {
  const { ada, bela } = await scene.pair();
  const file = await randomFile(scene, "film.bin", 20 * MIB);
  await offer(ada, file.path);
  await bela.openChat();
  await item(bela, file.name).getByTestId("file-accept").click();
  await bela.waitFor(() => Number(document.querySelector("progress")?.value) > 0, undefined, "the first bytes", 60_000);
  await item(bela, file.name).getByTestId("file-cancel").click();
  await reaches(bela, file.name, "cancelled");
  await ada.at("file-taker").filter({ hasText: "Béla cancelled it" }).waitFor();
  await item(bela, file.name).getByTestId("file-accept").click();
  await reaches(bela, file.name, "ready", LARGE_MS);
  assert.equal((await saved(bela, file.name)).hash, file.hash);
});

scene("files are pasted, and offered to one person alone, and axe finds nothing in their items", {}, async (scene) => {
  const { ada, bela, code } = await scene.pair({}, { context: SIZES.phone });
  const cleo = await scene.person("Cleo");
  await cleo.open(`r/${code}`);
  await cleo.enter();
  await Promise.all([ada, bela, cleo].map((person) => person.seesOthers(2)));
  for (const person of [ada, bela, cleo]) await person.openChat();
  await paste(ada, "pasted.txt", "from the clipboard");
  await Promise.all([item(bela, "pasted.txt").waitFor(), item(cleo, "pasted.txt").waitFor()]);

  await ada.at("chat-settings").click();
  await ada.at("chat-whisper-to").filter({ hasText: "Béla" }).click();
  await ada.at("chat-private-bar").filter({ hasText: "Only Béla sees this" }).waitFor();
  await offer(ada, { name: "for-bela.txt", mimeType: "text/plain", buffer: Buffer.from("for you alone") });
  const alone = bela.at("chat-message").filter({ hasText: "for-bela.txt" });
  await alone.getByTestId("chat-private").filter({ hasText: "Only you see this" }).waitFor();
  await paste(ada, "pasted-for-bela.txt", "for you alone, too");
  await bela.at("chat-message").filter({ hasText: "pasted-for-bela.txt" }).getByTestId("chat-private").waitFor();
  await item(bela, /^for-bela.txt/).getByTestId("file-accept").click();
  await reaches(bela, /^for-bela.txt/, "ready", 30_000);
  await look(bela, "files-coming", "phone");
  assert.equal((await saved(bela, /^for-bela.txt/)).hash, sha256("for you alone"));
  await item(bela, "pasted.txt").getByTestId("file-decline").click();
  await ada.at("file-taker").filter({ hasText: "Béla has it" }).waitFor();
  await look(ada, "files-offered", "desktop");
  await look(bela, "files-taken", "phone");

  await ada.at("chat-private-bar").getByRole("button").click();
  await ada.say("That is all");
  await cleo.reads("That is all");
  assert.equal(await cleo.at("file-offer").count(), 1, "the one that was for everybody");
});

const two = { server: { limits: "lab" }, timeout: 2 * LARGE_MS };
scene("50 MiB arrive whole although the relay is killed in the middle", two, async (scene) => {
  // The second relay is another server's; the people are told of both by the first, which dies.
  const { relays } = await (await fetch(`${scene.server.origin}/api/relays`)).json();
  const others = relays[0].addrs.filter((address) => address.includes("webtransport")).flatMap((address) => ["--relay", address]);
  const first = await Server.start({ limits: "lab", args: others });
  scene.atEnd(() => first.stop());
  const there = { origin: first.origin };
  const { ada, bela } = await scene.pair(there, there);
  [ada, bela].forEach((person) => person.expect(BROKEN));
  const file = await randomFile(scene, "large.bin", 50 * MIB);
  await offer(ada, file.path);
  await bela.openChat();
  await item(bela, file.name).getByTestId("file-accept").click();
  const quarter = (bytes) => Number(document.querySelector("progress")?.value) > bytes;
  await bela.waitFor(quarter, 12 * MIB, "a quarter of it", LARGE_MS);
  await first.kill();
  await bela.page.locator('[data-testid="file-progress"][data-resumed="true"]').waitFor({ timeout: LARGE_MS });
  await reaches(bela, file.name, "ready", LARGE_MS);
  assert.match(await item(bela, file.name).getByTestId("file-state").textContent(), /Resumed/);
  assert.equal((await saved(bela, file.name)).hash, file.hash);
});

/** Which of these byte strings are in the memory of a process. */
const inMemory = async (pid, wanted) => {
  const found = new Set();
  const maps = await readFile(`/proc/${pid}/maps`, "utf8");
  const memory = openSync(`/proc/${pid}/mem`, "r");
  for (const line of maps.split("\n")) {
    const [, from, to, mode] = line.match(/^([0-9a-f]+)-([0-9a-f]+) (r\S*) /) ?? [];
    if (!mode) continue;
    const [start, end] = [from, to].map((address) => Number.parseInt(address, 16));
    // Pieces overlap, so that nothing is missed between two.
    for (let at = start; at < end; at += MIB) {
      const piece = Buffer.alloc(Math.min(MIB + 256, end - at));
      let read = 0;
      try {
        read = readSync(memory, piece, 0, piece.length, at);
      } catch {
        // Reserved, or of the kernel.
        continue;
      }
      wanted.filter((one) => piece.subarray(0, read).includes(one)).forEach((one) => found.add(one));
    }
  }
  closeSync(memory);
  return [...found];
};

const files = async (path) => {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return Promise.all(entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name))));
};

scene("the relay sees neither the bytes nor the name nor the digest of a file", { timeout: LARGE_MS }, async (scene) => {
  const { ada, bela } = await scene.pair();
  const marker = randomBytes(48).toString("hex");
  const name = `canary-${randomBytes(8).toString("hex")}.bin`;
  const bytes = Buffer.from(marker.repeat((16 * MIB) / marker.length));
  const digest = createHash("sha256").update(bytes).digest();
  const path = join(await folder(scene), name);
  await writeFile(path, bytes);
  await offer(ada, path);
  await bela.openChat();
  await item(bela, name).getByTestId("file-accept").click();
  await bela.waitFor(() => Number(document.querySelector("progress")?.value) > 0, undefined, "the first bytes", 60_000);
  const secrets = [Buffer.from(marker), Buffer.from(name), digest, Buffer.from(digest.toString("hex"))];
  const control = Buffer.from(`--data\0${scene.server.data}`);
  for (let scan = 0; scan < 3; scan += 1) {
    const found = await inMemory(scene.server.child.pid, [control, ...secrets]);
    assert.deepEqual(found, [control], "the search finds what is there, and nothing of the file");
  }
  await reaches(bela, name, "ready", LARGE_MS);
  assert.equal((await saved(bela, name)).hash, sha256(bytes));
  const kept = [Buffer.from(scene.server.log), ...(await files(scene.server.data))];
  for (const secret of secrets) assert.ok(!kept.some((one) => one.includes(secret)), "log and store know nothing of it");
});
