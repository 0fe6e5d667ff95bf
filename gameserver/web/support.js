// Says that this page cannot run here, if one of its modules cannot be read or started by this browser.
//
// Each page names this module before the others, and #unsupported holds the sentence. Only what the first browsers with
// modules know may be used here. A browser without modules runs nomodule.js instead.

const note = document.getElementById("unsupported");

function show({ target }) {
  if (target === window || target.tagName === "SCRIPT") note.hidden = false;
}

addEventListener("error", show, true); // failures to load do not bubble
addEventListener("load", () => removeEventListener("error", show, true)); // by then all modules have started
