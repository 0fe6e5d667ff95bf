// The seat of this tab, kept over a reload of the page: the wish of its JOIN, and the token that takes the seat back.

import { ofThisTab } from "../browser.js";

const KEY = "seat";

/** @param {import("./joining.js").Wish} wish @param {string} token */
export function keepSeat(wish, token) {
  ofThisTab.set(KEY, JSON.stringify({ wish, token }));
}

/** Forgets the seat after the person has left or was sent away: the next page begins at the join screen. */
export function forgetSeat() {
  ofThisTab.remove(KEY);
}

/**
 * The seat to go back to, unless the address leads to another room by now.
 * @returns {{ wish: import("./joining.js").Wish, token: string } | null}
 */
export function keptSeat() {
  const kept = parse(ofThisTab.get(KEY));
  const room = new URLSearchParams(location.search).get("room");
  const isSeat = typeof kept?.token === "string" && typeof kept.wish?.name === "string";
  return isSeat && kept.wish.room === room ? kept : null;
}

/**
 * The stored value, or null: another program with the same address may have stored something else.
 * @param {string | null} text
 */
function parse(text) {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}
