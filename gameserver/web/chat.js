// The line in which one writes what one wants to say.

import { byId, show } from "./dom.js";

/**
 * Opens the line; Enter sends what is in it, Escape does not.
 * @param {import("./input.js").Input} input lets go of everything: the keys belong to the line now
 * @param {(text: string) => void} say
 */
export function openChat(input, say) {
  const [form, line] = [byId("chat"), byId("chat-text")];
  input.release();
  show(form, true);
  line.focus();
  line.onkeydown = (event) => {
    // While an input method makes a word, Escape belongs to it.
    if (event.key === "Escape" && !event.isComposing) line.blur();
  };
  line.onblur = () => show(form, false);
  form.onsubmit = (event) => {
    event.preventDefault();
    const text = line.value.trim();
    if (text) say(text);
    line.value = "";
    line.blur();
  };
}
