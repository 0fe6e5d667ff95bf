// Shows the state of a game as tables: one for each kind of entity, and a list of the other values.
//
// In:  states. Out: elements of the page.

import { element } from "./dom.js";

const MOST_ROWS = 50;
const MOST_CHARACTERS = 120;

/** @typedef {import("./state.js").GameState} GameState */

/** A value in a few characters. @param {any} value @returns {string} */
export function shortText(value) {
  if (value === undefined) return "";
  if (typeof value === "string") return clipped(value);
  // JSON has no number as large as a BigInt; such a number is shown as a text.
  return clipped(JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : rounded(part))));
}

/** @param {any} part */
const rounded = (part) => (typeof part === "number" ? Math.round(part * 1000) / 1000 : part);

/** @param {string} text */
const clipped = (text) => (text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)} …` : text);

export class StateTables {
  /** @param {HTMLElement} values a `dl` @param {HTMLElement} kinds */
  constructor(values, kinds) {
    this.values = values;
    this.kinds = kinds;
  }

  /** @param {GameState} state @param {import("./dots.js").IsOwn} isOwn */
  show(state, isOwn) {
    const others = Object.entries(state).filter(([key]) => key !== "entities");
    this.values.replaceChildren(...others.flatMap(([key, value]) => [element("dt", {}, key), element("dd", {}, shortText(value))]));
    this.kinds.replaceChildren(...Object.entries(state.entities).map(([kind, entities]) => tableOf(kind, entities, isOwn)));
  }
}

/** @param {string} kind @param {Record<string, import("./state.js").Entity>} entities @param {import("./dots.js").IsOwn} isOwn */
function tableOf(kind, entities, isOwn) {
  const all = Object.entries(entities);
  const shown = all.slice(0, MOST_ROWS);
  const fields = [...new Set(shown.flatMap(([, entity]) => Object.keys(entity)))];
  const head = element("tr", {}, ...["id", ...fields].map((name) => element("th", {}, name)));
  const rows = shown.map(([id, entity]) => {
    const cells = [id, ...fields.map((name) => shortText(entity[name]))].map((text) => element("td", {}, text));
    return element("tr", { className: isOwn(kind, id) ? "self" : "" }, ...cells);
  });
  const title = element("h3", {}, `${kind} (${all.length})`);
  const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
  const more = all.length > MOST_ROWS ? [element("p", { className: "soft" }, `and ${all.length - MOST_ROWS} more`)] : [];
  return element("div", {}, title, table, ...more);
}
