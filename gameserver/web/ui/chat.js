// The line in which the person writes a chat message.

import { byId, show } from "../lib/dom.js";

/**
 * Opens the line; Enter sends its text, Escape closes the line and sends nothing.
 * @param {import("../input/input.js").Input} input releases all keys and buttons: the keys belong to the line now
 * @param {(text: string) => void} say
 */
export function openChat(input, say) {
  const [form, line] = [byId("chat"), byId("chat-text")];
  input.release();
  show(form, true);
  line.focus();
  line.onkeydown = (event) => {
    // While an input method composes a word, Escape belongs to the input method.
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
