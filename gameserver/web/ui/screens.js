// Boxes that cover the picture for a while: death, the results of a round, a lost connection, help.

import { byId, element, setText, show } from "../lib/dom.js";
import { teamDot } from "./hud.js";

/** Shows a text that counts down, and calls `done` at the end; returns a function that stops the countdown. */
function countDown(box, ms, text, done = () => {}) {
  const endsAtMs = performance.now() + ms;
  const update = () => {
    const leftS = Math.ceil((endsAtMs - performance.now()) / 1000);
    if (leftS > 0) setText(box, text(leftS));
    else {
      clearInterval(timer);
      done();
    }
  };
  const timer = setInterval(update, 200);
  update();
  return () => clearInterval(timer);
}

const running = { dead: () => {}, results: () => {} };

/** @param {string} text the cause of the death, in a sentence @param {number | null} backInS null: not in this round */
export function showDeath(text, backInS) {
  setText(byId("dead-text"), text);
  setText(byId("dead-count"), "You are out until the next round.");
  show(byId("dead"), true);
  running.dead();
  if (backInS !== null) running.dead = countDown(byId("dead-count"), 1000 * backInS, (leftS) => `Back in ${leftS}`);
}

export function hideDeath() {
  running.dead();
  show(byId("dead"), false);
}

/**
 * GAME_OVER
 * @param {any[][]} results player id, name, team, score, kills, deaths; best first
 * @param {number} nextInMs @param {number[] | undefined} places parallel to the results @param {number} ownId
 */
export function showResults(results, nextInMs, places, ownId) {
  const placeOf = (i) => places?.[i] ?? i + 1;
  const rows = results.map(([id, name, team, score, kills, deaths], i) =>
    element(
      "tr",
      { className: id === ownId ? "self" : "" },
      element("td", {}, String(placeOf(i))),
      element("td", {}, teamDot(team), name),
      ...[score, kills, deaths].map((number) => element("td", {}, String(number))),
    ),
  );
  byId("results-rows").replaceChildren(...rows);
  setText(byId("results-title"), resultsTitle(results, placeOf, ownId));
  show(byId("results"), true);
  running.results();
  running.results = countDown(byId("results-next"), nextInMs, (leftS) => `Next round in ${leftS} s`);
}

function resultsTitle(results, placeOf, ownId) {
  const winners = results.filter((_, i) => placeOf(i) === 1);
  if (winners.some(([id]) => id === ownId)) return winners.length > 1 ? "You share the first place!" : "You have won!";
  return winners.length === 1 ? `${winners[0][1]} has won` : "The round is over";
}

export function hideResults() {
  running.results();
  show(byId("results"), false);
}

/** @param {number} secondsLeft until the next attempt */
export function showLost(secondsLeft) {
  setText(byId("lost-text"), `Your place is kept for half a minute. Trying again in ${secondsLeft} s.`);
  show(byId("lost"), true);
}

export function hideLost() {
  show(byId("lost"), false);
}

export function toggleHelp() {
  show(byId("help"), byId("help").hidden);
  if (!byId("help").hidden) byId("help-close").focus();
}

/** Closes the boxes that the person may close. */
export function closeAll() {
  show(byId("help"), false);
  show(byId("results"), false);
}

/** Hides all boxes, because a stay begins or ends. */
export function hideAll() {
  hideDeath();
  hideResults();
  hideLost();
  closeAll();
}
