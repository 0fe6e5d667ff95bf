// The page of a game that has no page of its own: shows its state as it is, and sends inputs that the person types.
//
// In:  the state, the room and the messages from GameClient. Out: tables, dots on a canvas, and inputs.

import { lasting } from "../browser.js";
import { GameClient } from "./client.js";
import { byId, element, setText, show } from "./dom.js";
import { Dots } from "./dots.js";
import { shortText, StateTables } from "./statetables.js";
import { limitAllLines } from "./typed.js";

const TABLES_EVERY_MS = 200;
const MESSAGES_KEPT = 60;
/** @type {Record<string, string>} by its place on the keyboard */
const KEYS = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  KeyA: "left",
  KeyD: "right",
  KeyW: "up",
  KeyS: "down",
};

/** @type {GameClient | null} */
let game = null;
let dots = new Dots(byId("map"));
const tables = new StateTables(byId("values"), byId("kinds"));
let isChanged = false;

// Joining and leaving ----------------------------------------------------------------------------------------------

/** @param {import("/web/lib/client.js").Wish} wish */
function join(wish) {
  dots = new Dots(byId("map"));
  byId("log").replaceChildren();
  show(byId("join"), false);
  show(byId("desk"), true);
  game = new GameClient({
    ...wish,
    onJoined: () => show(byId("lost"), false),
    onState: () => (isChanged = true),
    onRoom: () => (isChanged = true),
    onEvent: (name, values) => note(`${name} ${values.map(shortText).join(" ")}`),
    onOver: (results) => note(`The round is over: ${results.map(({ place, name, score }) => `${place}. ${name} ${score}`).join(", ")}`),
    onChat: (playerId, text) => note(`${game?.nameOf(playerId)}: ${text}`),
    onNotice: (text) => note(text),
    onError: (text) => note(text, "bad"),
    onWaiting: (seconds) => {
      setText(byId("lost-text"), `The connection is lost. Trying again in ${seconds} s.`);
      show(byId("lost"), true);
    },
    onEnd: (text) => askForName(text),
  });
}

/** @param {string} message the reason why the person is not in the game; empty: nothing is wrong */
function askForName(message) {
  game = null;
  show(byId("desk"), false);
  show(byId("join"), true);
  setText(byId("join-message"), message);
  show(byId("join-message"), message !== "");
  byId("name").focus();
}

/** @param {SubmitEvent} event */
byId("join-form").onsubmit = (event) => {
  event.preventDefault();
  const [name, room] = [byId("name").value.trim(), byId("room").value.trim()];
  if (!name) return;
  lasting.set("name", name);
  join({ name, room: room || undefined, spectate: event.submitter?.id === "watch" });
};

// Inputs -----------------------------------------------------------------------------------------------------------

/** @param {SubmitEvent} event */
byId("input-form").onsubmit = (event) => {
  event.preventDefault();
  const problem = byId("input-problem");
  try {
    game?.input(JSON.parse(byId("input").value));
    show(problem, false);
  } catch (error) {
    setText(problem, `This is not JSON: ${/** @type {Error} */ (error).message}.`);
    show(problem, true);
  }
};

addEventListener("keydown", (event) => {
  const key = KEYS[event.code];
  const isTyping = /** @type {Element} */ (event.target).matches?.("input:not([type=checkbox])");
  if (!key || !byId("keys").checked || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  if (!event.repeat) game?.input({ key });
});

/** @param {SubmitEvent} event */
byId("chat-form").onsubmit = (event) => {
  event.preventDefault();
  const text = byId("chat-text").value.trim();
  if (text) game?.chat(text);
  byId("chat-text").value = "";
};
byId("ready").onclick = () => game?.ready();
byId("leave").onclick = () => game?.leave();
byId("retry").onclick = () => game?.retryNow();

// The picture and the tables ---------------------------------------------------------------------------------------

/** @param {string} text @param {string} [className] */
function note(text, className = "") {
  const log = byId("log");
  log.append(element("li", { className }, text));
  while (log.children.length > MESSAGES_KEPT) log.firstChild.remove();
  log.scrollTop = log.scrollHeight;
}

/** @param {number} nowMs */
function draw(nowMs) {
  requestAnimationFrame(draw);
  if (game) dots.draw(game.between(nowMs), isOwn);
}

/** An id is a player's where all ids of the kind are players' ids. @type {import("./dots.js").IsOwn} */
const isOwn = (kind, id) => {
  const isOfPlayers = () => Object.keys(game?.state.entities[kind] ?? {}).every((one) => one in (game?.players ?? {}));
  return (game?.isMe(id) ?? false) && isOfPlayers();
};

function showTables() {
  if (!game) return;
  showTotals(game);
  if (!isChanged) return;
  isChanged = false;
  tables.show(game.state, isOwn);
  byId("players").replaceChildren(...playerRows(game));
  const kinds = [...dots.colours].map(([kind, colour]) => {
    const dot = element("span", { className: "dot" });
    dot.style.background = colour;
    return element("span", {}, dot, kind);
  });
  if (kinds.length) byId("legend").replaceChildren(...kinds);
}

/** @param {GameClient} game */
function showTotals(game) {
  const { id, status, seats, capacity } = game.room;
  setText(byId("room-name"), id);
  show(byId("ready"), status === "waiting");
  const { timeLeftMs } = game;
  const totals = [
    ["status", status],
    ["players", `${seats} of ${capacity}`],
    ["time left", timeLeftMs === null ? "no limit" : `${Math.ceil(timeLeftMs / 1000)} s`],
    ["round trip", `${game.roundTripMs.toFixed(1)} ms`],
    ...game.teams.map(({ team, score }) => [`team ${team}`, String(score)]),
  ];
  byId("totals").replaceChildren(...totals.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}

/** The best players first, then the others. @param {GameClient} game */
function playerRows(game) {
  const scores = new Map(game.scores.map(({ id, score }) => [id, score]));
  const players = Object.values(game.players).sort((a, b) => (scores.get(b.id) ?? -1) - (scores.get(a.id) ?? -1));
  return players.map(({ id, name, team }) => {
    const texts = [name, String(id), shortText(team ?? undefined), shortText(scores.get(id))];
    return element("tr", { className: game.isMe(id) ? "self" : "" }, ...texts.map((text) => element("td", {}, text)));
  });
}

limitAllLines();
byId("name").value = lasting.get("name") ?? "";
byId("room").value = new URLSearchParams(location.search).get("room") ?? "";
setInterval(showTables, TABLES_EVERY_MS);
requestAnimationFrame(draw);
const kept = GameClient.kept();
if (kept) join(kept);
else askForName("");
