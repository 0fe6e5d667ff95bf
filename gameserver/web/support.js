// Tells the person that this page cannot run here, if this browser cannot load or start one of its modules.
//
// Each page names this module before the others, and #unsupported holds the sentence. This module uses only features that
// the first browsers with modules have. A browser without modules runs nomodule.js instead.

const note = document.getElementById("unsupported");

function show({ target }) {
  if (target === window || target.tagName === "SCRIPT") note.hidden = false;
}

addEventListener("error", show, true); // failures to load do not bubble
addEventListener("load", () => removeEventListener("error", show, true)); // by then all modules have started
