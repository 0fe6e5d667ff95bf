// The list of frames: it shows frames, and holds new ones back while it is paused.
//
// In:  rows from the server, in the order of their times. Out: calls `choose` with the row that the person chooses.

import { element } from "../lib/dom.js";

const KEPT = 3000;
const SHOWN = 400;

/** @typedef {{connection: number, number: number, at_ms: number, clock_ms: number, up: boolean, size: number, fragment: number,
 *   between: boolean, opcode: string, fin: boolean, label: string, packet: string, broken: boolean}} Row */

export class Timeline {
  /** @param {HTMLOListElement} list @param {(row: Row) => void} choose */
  constructor(list, choose) {
    this.list = list;
    // The list has the focus, not its rows: rows disappear after a while, and nobody presses Tab four hundred times.
    list.tabIndex = 0;
    this.choose = choose;
    this.isPaused = false;
    /** @type {(row: Row) => boolean} */
    this.isWanted = () => true;
    this.clear();
  }

  /** Whether each row shows the number of its connection. */
  get severalConnections() {
    return this.list.classList.contains("several");
  }

  set severalConnections(areSeveral) {
    this.list.classList.toggle("several", areSeveral);
  }

  clear() {
    /** @type {Row[]} */
    this.rows = [];
    /** @type {Row[]} */
    this.waiting = [];
    this.chosen = null;
    this.list.replaceChildren();
  }

  /** Adds rows, or holds them back while the list is paused; an empty list takes them at once. @param {Row[]} rows */
  add(rows) {
    if (this.isPaused && this.rows.length) this.waiting = [...this.waiting, ...rows].slice(-KEPT);
    else this.#append(rows);
  }

  pause(isPaused) {
    this.isPaused = isPaused;
    if (!isPaused) this.#append(this.waiting.splice(0));
  }

  /** Shows and chooses the next waiting frame that passes the filter. */
  step() {
    const next = this.waiting.findIndex(this.isWanted);
    const passed = this.waiting.splice(0, next < 0 ? this.waiting.length : next + 1);
    this.#append(passed);
    if (next >= 0) this.select(passed[passed.length - 1]);
  }

  /** Fills the list again after the filter has changed. */
  refresh() {
    this.list.replaceChildren(...this.rows.filter(this.isWanted).slice(-SHOWN).map((row) => this.#item(row)));
    this.#markChosen();
    this.list.scrollTop = this.list.scrollHeight;
  }

  /** Chooses a row, or the row with this number on the connection of the chosen row. @param {Row | number} row */
  select(row) {
    const found = typeof row === "number" ? this.rows.find((known) => known.number === row && known.connection === this.chosen?.connection) : row;
    if (!found) return;
    this.chosen = found;
    this.#markChosen()?.scrollIntoView({ block: "nearest" });
    this.choose(found);
  }

  /** Chooses the shown frame before (-1) or after (1) the chosen frame; without a chosen frame, the newest. */
  move(by) {
    const shown = this.rows.filter(this.isWanted);
    const next = this.chosen ? shown[shown.indexOf(this.chosen) + by] : shown[shown.length - 1];
    if (next) this.select(next);
  }

  #append(rows) {
    const isAtEnd = this.list.scrollTop + this.list.clientHeight > this.list.scrollHeight - 60;
    this.rows = [...this.rows, ...rows].slice(-KEPT);
    this.list.append(...rows.filter(this.isWanted).slice(-SHOWN).map((row) => this.#item(row)));
    while (this.list.children.length > SHOWN) this.list.firstElementChild?.remove();
    if (isAtEnd) this.list.scrollTop = this.list.scrollHeight;
  }

  /** Seconds since the connection began; for several connections, which began at different times, the clock's minutes. */
  #time({ at_ms, clock_ms }) {
    return this.severalConnections ? new Date(clock_ms).toISOString().slice(14, 22) : (at_ms / 1000).toFixed(2);
  }

  #item(row) {
    const way = row.up ? "up" : "down";
    const text = [
      element("span", { className: "way", title: row.up ? "client to server" : "server to client" }, row.up ? "→" : "←"),
      element("span", { className: "time" }, this.#time(row)),
      element("b", {}, shortName(row)),
      element("span", { className: "label" }, row.label),
      element("span", { className: "size" }, `${row.size} B`),
    ];
    if (this.severalConnections) text.splice(1, 0, element("span", { className: "who" }, `c${row.connection}`));
    const marks = [way, row.between && "between", (!row.fin || row.fragment > 1) && !row.between && "fragment", row.broken && "broken", row.packet && row.label === row.packet && "named"];
    const onclick = () => {
      this.list.focus({ preventScroll: true });
      this.select(row);
    };
    const button = element("button", { type: "button", tabIndex: -1, className: marks.filter(Boolean).join(" "), onclick }, ...text);
    if (row.between) button.title = "a control frame between the fragments of a message";
    return element("li", { "data-row": `${row.connection}-${row.number}` }, button);
  }

  #markChosen() {
    this.list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    if (!this.chosen) return null;
    const button = this.list.querySelector(`[data-row="${this.chosen.connection}-${this.chosen.number}"] button`);
    button?.setAttribute("aria-current", "true");
    return button;
  }
}

/** The kind of the frame, with its place in a fragmented message. */
function shortName(row) {
  if (row.fragment === 0 || (row.fragment === 1 && row.fin)) return row.opcode;
  return `${row.opcode === "CONTINUATION" ? "CONT" : row.opcode} part ${row.fragment}${row.fin ? ", last" : ""}`;
}
