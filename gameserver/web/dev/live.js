// The script that --dev adds to every page: it shows the problem of the new code, and loads the page again when its files change.
//
// In:  {"pages": version, "problem": text or null}, from the WebSocket /dev. Out: a banner; a reload.
// The script element has the version of the pages with which this page came.

const AGAIN_AFTER_MS = 300;
const ID = "dev-problem";

const script = /** @type {HTMLElement | null} */ (document.querySelector("script[data-pages]"));
const version = script?.dataset.pages;

function connect() {
  const socket = new WebSocket(`${location.origin.replace("http", "ws")}/dev`);
  socket.onmessage = (event) => follow(JSON.parse(event.data));
  socket.onclose = () => setTimeout(connect, AGAIN_AFTER_MS);
}

/** @param {{ pages: string, problem: string | null }} told */
function follow({ pages, problem }) {
  if (pages === version) show(problem);
  else location.reload();
}

/** @param {string | null} problem */
function show(problem) {
  document.getElementById(ID)?.remove();
  if (problem === null) return;
  const banner = document.createElement("p");
  Object.assign(banner, { id: ID, role: "alert", textContent: problem });
  Object.assign(banner.style, {
    position: "fixed",
    inset: "auto 0 0 0",
    zIndex: "1000",
    margin: "0",
    padding: "0.5em 1em",
    background: "#8b1a1a",
    color: "#fff",
    font: "14px/1.4 monospace",
    whiteSpace: "pre-wrap",
  });
  document.body.append(banner);
}

connect();
