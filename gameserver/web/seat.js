// The seat that this tab has, kept over a reload of the page: the wish it came with, and the token that takes it back.

import { ofThisTab } from "./browser.js";

const KEY = "seat";

/** @param {import("./joinscreen.js").Wish} wish @param {string} token */
export function keepSeat(wish, token) {
  ofThisTab.set(KEY, JSON.stringify({ wish, token }));
}

/** The person has left, or was sent away: the next page begins at the join screen. */
export function forgetSeat() {
  ofThisTab.remove(KEY);
}

/**
 * The seat to go back to, unless the address leads to another room by now.
 * @returns {{ wish: import("./joinscreen.js").Wish, token: string } | null}
 */
export function keptSeat() {
  const kept = parse(ofThisTab.get(KEY));
  const room = new URLSearchParams(location.search).get("room");
  const isSeat = typeof kept?.token === "string" && typeof kept.wish?.name === "string";
  return isSeat && kept.wish.room === room ? kept : null;
}

/** What is in storage may be from another program that uses the same address. */
function parse(text) {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}
