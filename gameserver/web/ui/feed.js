// The latest events: kills, players that joined or left, chat; and notices of the operator.

import { byId, element, setText, show } from "../lib/dom.js";

const LINES = 7;
const LINE_MS = 9000;
const NOTICE_MS = 8000;
const SAYING_MS = 6000;

export class Feed {
  constructor() {
    this.list = byId("feed");
    this.list.replaceChildren();
    /** @type {Map<number, {text: string, untilMs: number}>} player id -> the text in its speech bubble */
    this.sayings = new Map();
  }

  /** Adds a line that disappears after a while. @param {string} text @param {string} className "own", "talk" or none */
  add(text, className = "") {
    const line = element("li", { className }, text);
    this.list.append(line);
    while (this.list.children.length > LINES) this.list.firstElementChild.remove();
    setTimeout(() => line.remove(), LINE_MS);
  }

  /** CHAT @param {number} id @param {string} name @param {string} text @param {number} nowMs */
  say(id, name, text, nowMs) {
    this.sayings.set(id, { text, untilMs: nowMs + SAYING_MS });
    this.add(`${name}: ${text}`, "talk");
  }

  /** @param {number} id @param {number} nowMs @returns {string | null} */
  sayingOf(id, nowMs) {
    const saying = this.sayings.get(id);
    return saying && saying.untilMs > nowMs ? saying.text : null;
  }

  /** NOTICE: in the middle of the screen, where nobody misses it. @param {string} text */
  notice(text) {
    const box = byId("notice");
    setText(box, text);
    show(box, true);
    clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => show(box, false), NOTICE_MS);
  }
}
