// One room on the operator's page: its state, its players, and the commands for both.
//
// In:  the room's part of each new state. Out: calls of `run` with a method and its arguments.
// A new state changes the rows and does not replace them, so ticks and typed text stay.

import { element, setText } from "../lib/dom.js";
import { drawBars } from "../ui/graph.js";
import { clockText } from "../ui/hud.js";
import { Differences } from "./differences.js";

const TICKS_SHOWN = 100;
// The top of the graph is at least this high, so that quick ticks look low.
const LEAST_TOP_MS = 4;
// A kicked player stays away for this long: otherwise one click on the page would bring the player back.
const AWAY_S = 60;

/** @typedef {(method: string, args: Record<string, any>) => Promise<boolean>} Run sends a command, shows the answer */

export class RoomBox {
  /** @param {string} roomId @param {Run} run */
  constructor(roomId, run) {
    this.id = roomId;
    this.run = run;
    /** @type {Map<number, {row: any, tick: any, cells: any[]}>} */
    this.players = new Map();
    this.status = element("span", { className: "status" });
    this.facts = element("span");
    this.graph = element("canvas", { "aria-label": "milliseconds of the last ticks" });
    this.ticks = element("p", { className: "hint" });
    this.rows = element("tbody");
    this.setting = element("select", { "aria-label": "setting" });
    this.value = element("input", { "aria-label": "its value", size: 8 });
    this.setting.onchange = () => this.#showValue();
    this.differences = new Differences();
    const head = element("div", { className: "room-head" }, element("h2", {}, roomId), this.status, this.facts);
    const body = element("div", { className: "room-body" }, this.#side(), this.#main());
    this.box = element("section", { className: "box" }, head, body);
  }

  #button(text, method, args = () => ({}), className = "") {
    const onclick = () => this.run(method, { room: this.id, ...args() });
    return element("button", { type: "button", className, onclick }, text);
  }

  #side() {
    const set = element("form", { className: "row" }, this.setting, this.value, element("button", {}, "Set"));
    set.onsubmit = (event) => {
      event.preventDefault();
      this.run("change_setting", { room: this.id, name: this.setting.value, value: parse(this.value.value) });
    };
    return element(
      "div",
      { className: "room-side" },
      this.ticks,
      this.graph,
      element("div", { className: "row" }, this.#button("Pause", "pause"), this.#button("Step", "step"), this.#button("Resume", "resume")),
      element("div", { className: "row" }, this.#button("End match", "end_match"), this.#button("Restart match", "restart_match")),
      set,
    );
  }

  #main() {
    const heads = ["", "id", "name", "team", "score", "address", ""].map((text) => element("th", {}, text));
    const table = element("table", {}, element("thead", {}, element("tr", {}, ...heads)), this.rows);
    const reason = element("input", { placeholder: "a reason that the player sees" });
    const target = element("input", { placeholder: "room", size: 10, "aria-label": "room to move to" });
    const amounts = ["wood", "food", "stone", "gold"].map((name) =>
      element("input", { type: "number", value: "0", title: name, "aria-label": name }),
    );
    const each = (text, method, args, className = "") =>
      element("button", { type: "button", className, onclick: () => this.#forTicked(method, args) }, text);
    const why = () => (reason.value.trim() ? { reason: reason.value.trim() } : {});
    return element(
      "div",
      { className: "room-main" },
      table,
      element("p", { className: "hint" }, "With the players that are ticked:"),
      element(
        "div",
        { className: "row" },
        each("Kick", "kick", () => ({ ...why(), away_s: AWAY_S }), "danger"),
        each("Ban", "ban", why, "danger"),
        element("label", { className: "grow" }, "because", reason),
        each("Mute", "mute", () => ({ muted: true })),
        each("Unmute", "mute", () => ({ muted: false })),
      ),
      element(
        "div",
        { className: "row" },
        ...amounts.map((amount) => element("label", {}, `${amount.title} `, amount)),
        each("Give", "grant_resources", () => Object.fromEntries(amounts.map(({ title, value }) => [title, Number(value)]))),
        target,
        each("Move", "move_player", () => ({ room: target.value.trim() })),
      ),
      this.differences.box,
    );
  }

  async #forTicked(method, args) {
    const ticked = [...this.players].filter(([, { tick }]) => tick.checked);
    if (!ticked.length) await this.run("", {}); // shows the message that nobody is ticked
    for (const [id, { tick }] of ticked) {
      if (await this.run(method, { player_id: id, ...args() })) tick.checked = false;
    }
  }

  /** @param {any} room its part of the state */
  update(room) {
    const resting = room.dormant ? "dormant" : room.status.replace("_", " ");
    const status = room.closed_because ? "closed" : room.paused ? "paused" : resting;
    setText(this.status, status);
    this.status.classList.toggle("paused", room.paused);
    const left = room.ms_left === null || room.ms_left === undefined ? "no time limit" : `${clockText(room.ms_left)} left`;
    setText(this.facts, `${room.players.length} of ${room.capacity} seats, ${room.spectators} watching, ${left}`);
    const ticks = [...room.tick_ms].sort((a, b) => a - b);
    const at = (share) => ticks[Math.floor(share * (ticks.length - 1))] ?? 0;
    const text = `A tick takes ${at(0.5).toFixed(1)} ms, at most ${at(1).toFixed(1)} ms; ${room.late_ticks} were late.`;
    setText(this.ticks, text);
    const halfTheTime = 500 / room.settings.tick_rate;
    drawBars(this.graph, room.tick_ms, { top: Math.max(LEAST_TOP_MS, 1.2 * at(1)), line: halfTheTime, room: TICKS_SHOWN });
    this.#updatePlayers(room.players);
    this.#updateSettings(room.settings);
    this.differences.update(room.differs);
  }

  #updatePlayers(players) {
    const ids = new Set(players.map(({ id }) => id));
    for (const [id, { row }] of this.players) {
      if (ids.has(id)) continue;
      row.remove();
      this.players.delete(id);
    }
    for (const player of players) {
      const shown = this.players.get(player.id) ?? this.#addPlayer(player);
      const { id, name, team, score, address, muted, connected } = player;
      const marks = [muted && "muted", !connected && "lost its connection"].filter(Boolean).join(", ");
      [id, name, team ?? "–", score, address, marks].forEach((value, i) => setText(shown.cells[i], String(value)));
      shown.row.classList.toggle("away", !connected);
    }
  }

  #addPlayer({ id, name }) {
    const tick = element("input", { type: "checkbox", "aria-label": `tick ${name}` });
    const cells = Array.from({ length: 6 }, () => element("td"));
    cells[1].className = "name";
    const row = element("tr", {}, element("td", {}, tick), ...cells);
    this.rows.append(row);
    const shown = { row, tick, cells };
    this.players.set(id, shown);
    return shown;
  }

  #updateSettings(settings) {
    this.settings = settings;
    const names = Object.keys(settings);
    if (names.join() === [...this.setting.options].map(({ value }) => value).join()) return;
    this.setting.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
    this.#showValue();
  }

  #showValue() {
    this.value.value = JSON.stringify(this.settings[this.setting.value] ?? null);
  }
}

/** The typed text as a number, true, false or null if it is one of them, else as text. */
function parse(typed) {
  try {
    return JSON.parse(typed);
  } catch {
    return typed;
  }
}
