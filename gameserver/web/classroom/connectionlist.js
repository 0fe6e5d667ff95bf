// The list of connections. The server sends it every second. The list changes in place: an item keeps the focus.

import { element, setText } from "../lib/dom.js";

const ALL = null;

export class ConnectionList {
  /** @param {HTMLElement} list @param {(number: number | null) => void} watch @param {(number: number) => void} showHandshake */
  constructor(list, watch, showHandshake) {
    this.list = list;
    this.watch = watch;
    this.showHandshake = showHandshake;
    /** @type {number | null | undefined} */
    this.watched = undefined;
    /** @type {Map<number | null, any>} an item for each, the first for all of them */
    this.items = new Map();
    this.#itemOf(ALL);
    setText(this.items.get(ALL).querySelector("b"), "All connections");
  }

  /** @param {any[]} connections in the order of their numbers */
  show(connections) {
    const numbers = new Set([ALL, ...connections.map(({ number }) => number)]);
    for (const number of [...this.items.keys()].filter((known) => !numbers.has(known))) this.#remove(number);
    connections.forEach((connection, i) => {
      const item = this.#itemOf(connection.number);
      if (this.list.children[i + 1] !== item) this.list.insertBefore(item, this.list.children[i + 1] ?? null);
      describe(item, connection);
    });
  }

  /** @param {number | null | undefined} watched */
  mark(watched) {
    this.watched = watched;
    for (const [number, item] of this.items) item.firstElementChild.setAttribute("aria-current", String(number === watched));
    this.items.get(watched)?.scrollIntoView({ block: "nearest" });
  }

  #itemOf(number) {
    const known = this.items.get(number);
    if (known) return known;
    const parts = [element("b"), element("span", { className: "soft" }), element("span", { className: "soft traffic" })];
    const choose = element("button", { type: "button", onclick: () => this.watch(number) }, ...parts);
    choose.setAttribute("aria-current", String(number === this.watched));
    const item = element("li", { "data-connection": number ?? "all" }, choose);
    if (number !== ALL) item.append(element("button", { type: "button", className: "handshake", onclick: () => this.showHandshake(number) }, "Handshake"));
    this.items.set(number, item);
    this.list.append(item);
    return item;
  }

  #remove(number) {
    const item = this.items.get(number);
    const hadFocus = item.contains(document.activeElement);
    item.remove();
    this.items.delete(number);
    if (hadFocus) this.list.querySelector("button")?.focus();
  }
}

function describe(item, { number, address, path, name, is_open, status, bytes_in, bytes_out }) {
  const [who, about, traffic] = item.firstElementChild.children;
  setText(who, `c${number} ${name || path}`);
  setText(about, [name && path, address, !is_open && "ended", status !== "101" && `HTTP ${status}`].filter(Boolean).join(" "));
  setText(traffic, `→ ${kib(bytes_in)} ← ${kib(bytes_out)}`);
  item.firstElementChild.classList.toggle("ended", !is_open);
}

const kib = (bytes) => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`);
