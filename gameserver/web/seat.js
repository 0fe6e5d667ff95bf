// The seat that this tab has, kept over a reload of the page: the wish it came with, and the token that takes it back.

const KEY = "seat";

/** @param {import("./joinscreen.js").Wish} wish @param {string} token */
export function keepSeat(wish, token) {
  sessionStorage.setItem(KEY, JSON.stringify({ wish, token }));
}

/** The person has left, or was sent away: the next page begins at the join screen. */
export function forgetSeat() {
  sessionStorage.removeItem(KEY);
}

/**
 * The seat to go back to, unless the address leads to another room by now.
 * @returns {{ wish: import("./joinscreen.js").Wish, token: string } | null}
 */
export function keptSeat() {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  const room = new URLSearchParams(location.search).get("room");
  return kept?.wish.room === room ? kept : null;
}
