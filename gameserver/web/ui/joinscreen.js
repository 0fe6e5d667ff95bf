// The join screen: a name, a room, a team, playing or watching; and a clear message when the server refuses.
//
// In:  /rooms.json, asked for every other second while the screen is shown. Out: the person's choice.

import { lasting } from "../browser.js";
import { byId, element, setText, show } from "../lib/dom.js";
import { TEAM_NAMES } from "../render/palette.js";

const POLL_MS = 2000;
const STATUS_TEXTS = { waiting: "waiting", "in-progress": "playing", ended: "results" };
const ANY = "";

/** @typedef {import("../lib/joining.js").Wish} Wish */

export class JoinScreen {
  /** @param {(wish: Wish) => void} join */
  constructor(join) {
    this.join = join;
    this.room = new URLSearchParams(location.search).get("room") ?? ANY;
    byId("name").value = lasting.get("name") ?? "";
    byId("join-form").onsubmit = (event) => this.#submit(event);
    byId("new-room").oninput = () => this.#showRooms();
    this.rooms = [];
    this.#showRooms();
  }

  /** @param {string} message the reason why the person is here again; empty: nothing is wrong */
  open(message = "") {
    show(byId("join"), true);
    show(byId("game"), false);
    show(byId("join-message"), message !== "");
    setText(byId("join-message"), message);
    byId("name").focus();
    clearInterval(this.timer);
    this.timer = setInterval(() => this.#poll(), POLL_MS);
    this.#poll();
  }

  close() {
    clearInterval(this.timer);
    show(byId("join"), false);
    show(byId("game"), true);
  }

  async #poll() {
    if (document.hidden) return;
    try {
      const response = await fetch("/rooms.json");
      this.rooms = (await response.json()).rooms;
      setText(byId("server-line"), "");
    } catch {
      this.rooms = [];
      setText(byId("server-line"), "The server does not answer just now.");
    }
    this.#showRooms();
  }

  #showRooms() {
    const list = byId("rooms");
    const hadFocus = list.contains(document.activeElement);
    const named = this.rooms.some(({ id }) => id === this.room);
    const linked = this.room !== ANY && !named ? [{ id: this.room, status: "new", players: 0, capacity: 0 }] : [];
    const options = [this.#option(ANY, "any room", "the first with a free seat")];
    for (const { id, status, players, capacity } of [...this.rooms, ...linked]) {
      const seats = capacity ? `${players} of ${capacity} · ` : "";
      options.push(this.#option(id, id, `${seats}${STATUS_TEXTS[status] ?? status}`));
    }
    const isNew = byId("new-room").value.trim() !== "";
    for (const option of options) option.classList.toggle("poor", isNew);
    list.replaceChildren(...options);
    if (hadFocus) list.querySelector("input:checked")?.focus();
    this.#showTeams();
  }

  #option(value, name, state) {
    const input = element("input", { type: "radio", name: "room", value, checked: value === this.room });
    input.onchange = () => {
      this.room = value;
      byId("new-room").value = "";
      this.#showTeams();
    };
    return element(
      "label",
      {},
      input,
      element("span", { className: "room-name" }, name),
      element("span", { className: "room-state" }, state),
    );
  }

  #showTeams() {
    // All rooms of a server have the same settings, and so has a new room.
    const teams = this.rooms[0]?.teams ?? 0;
    show(byId("team-row"), teams > 0);
    const select = byId("team");
    if (select.options.length === teams + 1) return;
    const options = TEAM_NAMES.slice(0, teams).map((name, i) => element("option", { value: String(i) }, name));
    select.replaceChildren(element("option", { value: "" }, "any"), ...options);
  }

  #submit(event) {
    event.preventDefault();
    const name = byId("name").value.trim();
    if (!name) return;
    lasting.set("name", name);
    const room = byId("new-room").value.trim() || this.room;
    const team = byId("team-row").hidden || byId("team").value === "" ? undefined : Number(byId("team").value);
    const wish = { name, spectate: event.submitter?.id === "watch" };
    if (room) wish.room = room;
    if (team !== undefined) wish.team = team;
    this.join(wish);
  }
}
