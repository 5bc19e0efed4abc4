// The page's worker: the app's own script and its module once more, which starts what answers the page instead of the page. The
// module is the first message; the ones that come before it has started would find no listener and be lost, so they are kept and
// delivered again.
// This has to be JavaScript: it runs before the WebAssembly that it starts.
import start from "{{app.js}}";

const early = [];
const keep = (event) => early.push(event);
const first = ({ data: module }) => {
  addEventListener("message", keep);
  start({ module_or_path: module }).then(
    () => {
      removeEventListener("message", keep);
      for (const { data } of early) dispatchEvent(new MessageEvent("message", { data }));
    },
    (error) => {
      // Thrown outside a promise, so that the page hears of it: nothing will ever be answered.
      setTimeout(() => {
        throw error;
      });
    },
  );
};
addEventListener("message", first, { once: true });
