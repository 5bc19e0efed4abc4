// Starts the page: theme before the first paint, then the app with a progress bar, or a plain message why it cannot. The account
// screens are a module of their own, which comes when the address first names one of them.
// This has to be JavaScript: it runs before, and reports the failure of, the WebAssembly it loads.
(() => {
  "use strict";
  const { app, wasm, account, accountWasm, accountStyles } = document.currentScript.dataset;
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);

  try {
    const theme = localStorage.getItem("milanio.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch {
    // Storage may be switched off; the system's theme is fine then.
  }
  // The landing page is in the document already; a page opened at a room must not flash it.
  root.dataset.booting = location.hash.startsWith("#/r/") ? "room" : "landing";

  // What is pressed before the app is there is done when it is (`src/platform/boot.rs` reads it).
  const remember = (wish) => {
    root.dataset.pending = wish;
  };
  const pressed = (event) => {
    if (event.target.closest('[data-testid="landing-start"]')) remember("start");
  };
  const submitted = (event) => {
    event.preventDefault();
    remember("join");
  };

  const fail = (title, text, details) => {
    delete root.dataset.booting;
    root.dataset.failed = "true";
    byId("boot").hidden = true;
    byId("app").hidden = true;
    if (title) byId("boot-failed-title").textContent = title;
    if (text) byId("boot-failed-text").textContent = text;
    byId("boot-failed-details").textContent = details;
    byId("boot-failed-title").dataset.testid = "error-title";
    byId("boot-failed").hidden = false;
    byId("boot-again").addEventListener("click", () => location.reload());
    byId("boot-again").focus();
  };

  // The app has met something that must not happen and ended itself; what it left on the page does nothing any more. The browser
  // knows where: functions of the module, by their numbers.
  const stopped = (error) => {
    if (!(error instanceof WebAssembly.RuntimeError) || root.dataset.failed) return;
    const text = "Something unexpected happened in this page. Load it again to go on.";
    fail("Milanio has stopped", text, error.stack ?? String(error));
  };

  // What the app cannot work without, and how it is called where people look it up.
  const missing = () => {
    if (typeof WebAssembly !== "object" || !WebAssembly.instantiateStreaming) return "WebAssembly";
    if (typeof Worker !== "function") return "Web Workers";
    if (!("crypto" in window) || !crypto.getRandomValues) return "Web Crypto";
    if (typeof WebSocket !== "function") return "WebSocket";
    return undefined;
  };

  // How much longer the module is than what travels when it is compressed (measured: 3.1 with brotli).
  const COMPRESSION = 3.1;

  // Passes the module through while counting what has arrived. The stream gives plain bytes; our server announces how many
  // that will be. Where another one does not, the usual length that it announces counts compressed bytes.
  const counted = (answer) => {
    const bar = byId("boot-progress");
    const scale = answer.headers.get("content-encoding") ? COMPRESSION : 1;
    const told = answer.headers.get("x-uncompressed-length");
    const total = Number(told ?? scale * Number(answer.headers.get("content-length")));
    let seen = 0;
    const count = new TransformStream({
      transform(chunk, controller) {
        seen += chunk.byteLength;
        if (total > 0) bar.value = Math.min(99, (100 * seen) / total);
        controller.enqueue(chunk);
      },
    });
    const headers = { "content-type": "application/wasm" };
    return new Response(answer.body.pipeThrough(count), { headers });
  };

  // The addresses of the account screens (`src/account/route.rs` reads them).
  const ACCOUNT = /^#\/(signup|signin|verify|restore|link|settings|backup|account|reclaim|reclaim-stop)(\/|$)/;
  let accountIs = "absent";

  // The account screens' own styles. What did not arrive is asked for anew the next time.
  let styled;
  const style = () => {
    styled ??= new Promise((resolve, reject) => {
      const link = document.createElement("link");
      Object.assign(link, { rel: "stylesheet", href: accountStyles, onload: resolve });
      link.onerror = () => {
        styled = undefined;
        link.remove();
        reject(new Error("the styles did not arrive"));
      };
      document.head.append(link);
    });
    return styled;
  };

  // Loads the account screens when the address asks for them; from then on they watch the address themselves.
  let accountTries = 0;
  const loadAccount = async () => {
    if (accountIs !== "absent") return;
    accountIs = "coming";
    try {
      // The address differs after a failure: a browser remembers a module that did not arrive.
      const again = accountTries ? `?again=${accountTries}` : "";
      const [module] = await Promise.all([import(account + again), style()]);
      await module.default({ module_or_path: accountWasm });
      accountIs = "here";
    } catch (error) {
      accountIs = "absent";
      accountTries += 1;
      byId("account-wait-text").hidden = true;
      byId("account-failed-details").textContent = String(error);
      byId("account-failed").hidden = false;
      byId("account-again").focus();
      throw error;
    }
    byId("account-wait").close();
  };
  const openAccount = () => {
    const wait = byId("account-wait");
    if (!ACCOUNT.test(location.hash)) {
      wait.close();
      return;
    }
    if (accountIs === "here") return;
    byId("account-wait-text").hidden = false;
    byId("account-failed").hidden = true;
    if (!wait.open) wait.showModal();
    // What went wrong is on the page by then.
    loadAccount().catch(() => {});
  };
  // The place that the account screens lie over; closing them goes back there (`src/platform/fragment.rs` reads it).
  const noteBelow = (before) => {
    if (!ACCOUNT.test(before)) root.dataset.below = before || "#/";
  };
  const closeAccount = (event) => {
    event.preventDefault();
    location.hash = root.dataset.below ?? "#/";
  };
  const watchAccount = () => {
    addEventListener("hashchange", (event) => {
      noteBelow(new URL(event.oldURL).hash);
      openAccount();
    });
    // The wallet asks for what only the account screens can do: signing in for a new attestation. It can wait for the page.
    addEventListener("milanio:stale", () => setTimeout(() => loadAccount().catch(() => {}), 3_000), { once: true });
    byId("account-again").addEventListener("click", openAccount);
    byId("account-without").addEventListener("click", closeAccount);
    byId("account-wait").addEventListener("cancel", closeAccount);
    openAccount();
  };

  const start = async () => {
    document.addEventListener("click", pressed);
    document.addEventListener("submit", submitted);
    const lacking = missing();
    if (lacking) {
      fail(
        "This browser cannot run Milanio",
        `It lacks ${lacking}. Current versions of Firefox, Chrome, Edge and Safari have it.`,
        `Missing: ${lacking}`,
      );
      return;
    }
    byId("boot").hidden = false;
    watchAccount();
    addEventListener("error", ({ error }) => stopped(error));
    addEventListener("unhandledrejection", ({ reason }) => stopped(reason));
    try {
      const [module, answer] = await Promise.all([import(app), fetch(wasm)]);
      if (!answer.ok) throw new Error(`${answer.status} for the app's module`);
      await module.default({ module_or_path: counted(answer) });
      document.removeEventListener("click", pressed);
      document.removeEventListener("submit", submitted);
      delete root.dataset.booting;
      byId("boot").hidden = true;
    } catch (error) {
      fail(undefined, undefined, String(error));
    }
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
