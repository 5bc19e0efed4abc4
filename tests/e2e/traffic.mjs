// What a browser sends and what it keeps, and whether a secret is in it, however it is written.

/** Runs in the page before its scripts: keeps the export keys that the account worker answers with (`app/src/account/job.rs`). */
export const keepExportKeys = () => {
  globalThis.__exportKeys = [];
  const Original = globalThis.Worker;
  // Ok, the third outcome, the server's message; at the end 64 bytes after their length.
  const ENDED = [0, 2];
  const KEY = 64;
  const look = ({ data }) => {
    if (!(data instanceof Uint8Array) || data.length < KEY + 4) return;
    const isEnded = ENDED.every((value, i) => data[i + 1] === value) && data[data.length - KEY - 1] === KEY;
    if (isEnded) globalThis.__exportKeys.push([...data.slice(-KEY)]);
  };
  globalThis.Worker = class extends Original {
    constructor(...options) {
      super(...options);
      this.addEventListener("message", look);
    }
  };
};

/** Runs in the page before its scripts: leaves WebSocket as the only way to relays, because its frames can be recorded. */
export const withoutWebTransport = () => {
  delete globalThis.WebTransport;
};

/** Records what a person's page sends: requests with their headers, and frames of web sockets. */
export const record = (person) => {
  const sent = { requests: [], frames: [], tokens: new Set() };
  person.page.on("request", (request) => {
    const headers = request.headers();
    const { origin, pathname: path, search } = new URL(request.url());
    const body = request.postDataBuffer() ?? Buffer.alloc(0);
    // What stands after a `#` stays in the browser.
    sent.requests.push({ method: request.method(), url: `${origin}${path}${search}`, path, headers: JSON.stringify(headers), body });
    if (headers.authorization) sent.tokens.add(headers.authorization.replace(/^Bearer /i, ""));
  });
  person.page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => sent.frames.push(Buffer.from(payload)));
    socket.on("framereceived", ({ payload }) => sent.frames.push(Buffer.from(payload)));
  });
  return sent;
};

/** All that was recorded, as pieces of bytes. */
export const pieces = ({ requests, frames }) => [
  ...requests.flatMap(({ url, headers, body }) => [Buffer.from(url), Buffer.from(headers), body]),
  ...frames,
];

// Base64 of the bytes at each of the three places where they may begin, without the characters that their neighbours share.
const base64 = (bytes, alphabet) =>
  [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString(alphabet).replaceAll("=", "");
    const spoilt = ((before + bytes.length) * 8) % 6 === 0 ? 0 : 1;
    return text.slice(Math.ceil((before * 8) / 6), text.length - spoilt);
  });

/** How the bytes may be written. */
export const spellings = (secret) => {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  const texts = [hex, hex.toUpperCase(), ...base64(bytes, "base64"), ...base64(bytes, "base64url")];
  if (typeof secret === "string") texts.push(encodeURIComponent(secret), secret.replaceAll(" ", "+"), JSON.stringify(secret).slice(1, -1));
  const wide = typeof secret === "string" ? [Buffer.from(secret, "utf16le")] : [];
  return [bytes, ...wide, ...new Set(texts)].map((text) => Buffer.from(text));
};

/** Where the secret occurs in these pieces: nowhere, it is to be hoped. */
export const found = (secret, pieces) => {
  const written = spellings(secret);
  return pieces.filter((piece) => written.some((text) => piece.includes(text))).map((piece) => piece.toString("latin1").slice(0, 200));
};

/** Runs in the page: everything that it keeps beyond itself, as text; and how many records that were. */
const keep = async () => {
  const text = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), document.cookie];
  const write = (value) => {
    if (value instanceof ArrayBuffer) return write(new Uint8Array(value));
    if (ArrayBuffer.isView(value)) return String.fromCharCode(...new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    if (value instanceof CryptoKey) return `key ${value.extractable ? "that can be read" : "sealed"}`;
    if (Array.isArray(value)) return value.map(write).join("\n");
    if (value && typeof value === "object") return Object.entries(value).map(([name, one]) => `${name}: ${write(one)}`).join("\n");
    return String(value);
  };
  const done = (request) =>
    new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
  let records = 0;
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const values = await done(database.transaction(store).objectStore(store).getAll());
      records += values.length;
      text.push(...values.map(write));
    }
    database.close();
  }
  const caches = await globalThis.caches?.keys();
  return { text, records, caches: caches ?? [] };
};

/** Everything that the person's browser keeps, as pieces of bytes; and the number of records in its databases. */
export const kept = async (person) => {
  const { text, records, caches } = await person.page.evaluate(keep);
  const cookies = await person.context.cookies();
  return { records, caches, cookies, pieces: [...text, JSON.stringify(cookies)].map((one) => Buffer.from(one, "latin1")) };
};
