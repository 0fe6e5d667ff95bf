// The boxes over the picture: clock, scoreboard, resources, age, and the actions that cost resources.
//
// In:  the arguments of ROOM, SCOREBOARD, TEAMS, SELF. Out: elements of the page, changed only where they differ.

import { byId, element, setText, show } from "../lib/dom.js";
import { TEAM_COLOURS, TEAM_NAMES } from "../render/palette.js";

const RESOURCES = ["wood", "food", "stone", "gold"];
const SOON_MS = 30000;
const CHOICE_KEYS = ["Z", "X", "C", "V", "B"];

/** @param {number} ms @returns {string} minutes:seconds */
export function clockText(ms) {
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** A coloured dot for a team. @param {number | null} team @returns {Node | string} */
export function teamDot(team) {
  if (team === null || team === undefined) return "";
  const dot = element("span", { className: "dot", title: `team ${TEAM_NAMES[team]}` });
  dot.style.background = TEAM_COLOURS[team % TEAM_COLOURS.length];
  return dot;
}

export class Hud {
  /** @param {any} settings of WELCOME @param {number} playerId @param {import("../input/input.js").Act} act */
  constructor(settings, playerId, act) {
    this.settings = settings;
    this.playerId = playerId;
    this.act = act;
    /** The time at which the round ends; null: it has no time limit. */
    this.endsAtMs = null;
    this.tickedAtMs = 0;
    this.isRunning = this.isWaiting = false;
    this.waitingText = "";
    /** The player's resources, from the last SELF. */
    this.resources = [0, 0, 0, 0];
    this.amounts = RESOURCES.map((name) => {
      const amount = element("dd", {}, "0");
      return { name, amount, row: element("div", {}, element("dt", {}, name), amount) };
    });
    byId("resources").replaceChildren(...this.amounts.map(({ row }) => row));
    this.#makeActions();
    this.setScores([]);
    show(byId("team-scores"), false);
    show(byId("choices"), false);
    show(byId("age"), false);
  }

  /** Shows the boxes of a player, which a spectator does not need. @param {boolean} isPlayer */
  setPlaying(isPlayer) {
    for (const id of ["resources", "actions"]) show(byId(id), isPlayer);
  }

  /** The prices may have changed. */
  settingsChanged() {
    this.#makeActions();
    this.setResources(this.resources);
  }

  #makeActions() {
    const { items = [], meal_food: meal, arrow_wood: arrow } = this.settings;
    const button = (key, name, price, act) => {
      const made = element("button", { type: "button" }, `${name} `, element("small", {}, `${key}: ${priceText(price)}`));
      made.onclick = () => {
        act();
        made.blur(); // otherwise the space bar would press it again instead of shooting
      };
      return { made, price };
    };
    this.actions = items.map((item, i) => button(i + 1, item.name, item.price, () => this.act("place", i)));
    if (meal !== undefined) this.actions.push(button("Q", "eat", [0, meal, 0, 0], () => this.act("eat")));
    this.actions.push(button("Space", "shoot", [arrow ?? 0, 0, 0, 0], () => this.act("shoot")));
    byId("actions").replaceChildren(...this.actions.map(({ made }) => made));
  }

  /** ROOM @param {string} status @param {number} players @param {number} capacity @param {number | null} msLeft */
  setRoom(status, players, capacity, msLeft, nowMs) {
    this.isRunning = status === "in-progress";
    this.endsAtMs = this.isRunning && msLeft !== null ? nowMs + msLeft : null;
    this.waitingText = `Waiting for players: ${players} of ${capacity} are here. Press R when you are ready.`;
    this.isWaiting = status === "waiting";
  }

  /** Updates the clock. @param {number} nowMs @param {boolean} isStill whether the world stands still */
  tick(nowMs, isStill) {
    const isPaused = this.isRunning && isStill;
    setText(byId("status"), isPaused ? "The game is paused." : this.waitingText);
    show(byId("status"), isPaused || this.isWaiting);
    if (isPaused && this.endsAtMs !== null) this.endsAtMs += nowMs - this.tickedAtMs;
    this.tickedAtMs = nowMs;
    const leftMs = this.endsAtMs === null ? null : Math.max(0, this.endsAtMs - nowMs);
    setText(byId("clock"), leftMs === null ? "" : clockText(leftMs));
    byId("clock").classList.toggle("soon", leftMs !== null && leftMs < SOON_MS);
  }

  /** SCOREBOARD @param {[number, string, number][]} rows @param {(id: number) => number | null} teamOf */
  setScores(rows, teamOf = () => null) {
    const made = rows.map(([id, name, score], i) =>
      element(
        "tr",
        { className: id === this.playerId ? "self" : "" },
        element("td", {}, `${i + 1}`),
        element("td", {}, teamDot(teamOf(id)), name),
        element("td", {}, String(score)),
      ),
    );
    byId("scores").replaceChildren(...made);
    show(byId("scoreboard"), rows.length > 0);
  }

  /** TEAMS @param {[number, number][]} rows */
  setTeams(rows) {
    const parts = rows.flatMap(([team, score]) => [teamDot(team), `${TEAM_NAMES[team]} ${score} `]);
    byId("team-scores").replaceChildren(...parts);
    show(byId("team-scores"), rows.length > 0);
  }

  /** SELF's resources; returns the growth of each. @param {number[]} resources @returns {number[]} */
  setResources(resources) {
    const gained = resources.map((amount, i) => amount - this.resources[i]);
    this.resources = resources;
    this.amounts.forEach(({ amount, row }, i) => {
      setText(amount, String(resources[i]));
      if (gained[i] <= 0) return;
      row.classList.remove("gained");
      void row.offsetWidth; // the browser must lay the row out without the class, to start the animation again
      row.classList.add("gained");
    });
    for (const { made, price } of this.actions) {
      made.classList.toggle("poor", price.some((cost, i) => cost > resources[i]));
    }
    return gained;
  }

  /** SELF's age, experience and weapons to choose from. @param {number[]} choices numbers of weapons */
  setAge(age, experience, needed, choices) {
    show(byId("age"), age !== undefined);
    if (age === undefined) return;
    byId("age-bar").style.width = `${Math.min(100, (100 * experience) / needed)}%`;
    setText(byId("age-text"), `Age ${age}`);
    this.#setChoices(choices ?? []);
  }

  #setChoices(choices) {
    const key = choices.join();
    if (key === this.shownChoices) return;
    this.shownChoices = key;
    const buttons = choices.map((number, i) => {
      const name = this.settings.weapons?.[number]?.name ?? `weapon ${number}`;
      return element(
        "button",
        { type: "button", onclick: () => this.act("choose", i) },
        name,
        element("small", {}, `take it: ${CHOICE_KEYS[i] ?? "click"}`),
      );
    });
    byId("choices").replaceChildren(...buttons);
    show(byId("choices"), choices.length > 0);
  }
}

function priceText(price) {
  const parts = price.flatMap((cost, i) => (cost ? [`${cost} ${RESOURCES[i]}`] : []));
  return parts.join(", ") || "free";
}
