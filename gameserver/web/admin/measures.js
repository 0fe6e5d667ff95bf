// The operator's measures on the operator's page: the player or address of each, and a button that ends it.
//
// In:  the list in each new state. Out: calls of `run` with a method and its arguments.

import { byId, element, show } from "../lib/dom.js";

const WORDS = { ban: "banned", mute: "muted", kick: "kicked" };
// The method that ends a measure, and its button. A kick ends by itself within a minute.
const ENDS = { ban: ["unban", "Let in again"], mute: ["unmute", "Let chat again"] };

let shown = "";

/** @param {any[]} measures @param {import("./roombox.js").Run} run */
export function showMeasures(measures, run) {
  const rows = measures.map(({ measure, address, name, reason }) => ({ measure, address, name, reason }));
  if (JSON.stringify(rows) === shown) return; // so that a button stays while the operator presses it
  shown = JSON.stringify(rows);
  show(byId("measures"), rows.length > 0);
  byId("measures").replaceChildren(...rows.map((row) => line(row, run)));
}

function line({ measure, address, name, reason }, run) {
  const who = element("span", { className: "who" }, name || "everybody");
  const words = element("span", { className: "grow" }, who, ` at ${address}: ${[WORDS[measure], reason].filter(Boolean).join(", ")}`);
  const [method, text] = ENDS[measure] ?? [];
  const end = method ? [element("button", { type: "button", onclick: () => run(method, { address }) }, text)] : [];
  return element("li", { className: "row" }, words, ...end);
}
