
// Starts the program as soon as this script runs. A message that arrives before the wasm is compiled would find no
// listener and be lost, so it is kept and delivered again.
const early = [];
const keep = (event) => early.push(event);
addEventListener("message", keep);
__wbg_init({ module_or_path: "{{PROGRAM.wasm}}" }).then(() => {
  removeEventListener("message", keep);
  for (const { data, ports } of early) dispatchEvent(new MessageEvent("message", { data, ports: [...ports] }));
}).catch((error) => {
  // Thrown outside a promise, so that the page hears of it: nothing will ever be answered.
  setTimeout(() => { throw error; });
});
