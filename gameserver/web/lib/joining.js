// How a page gets into a room: JOIN, the server's answer, and JOIN again after a lost connection.
//
// In:  the person's wish, and the token of a seat to take back. Out: JOIN packets; the seat, kept over a reload.

import { showAddress } from "../browser.js";
import { forgetSeat, keepSeat } from "./seat.js";

const JOIN_AGAIN_MS = 2000;

/**
 * @typedef {object} Wish a JOIN
 * @property {string} name
 * @property {string} [room] any room with a free seat if it is left out
 * @property {number} [team]
 * @property {boolean} spectate
 */

export class Joining {
  /**
   * @param {Wish} wish @param {string} token of a seat to take back, or ""
   * @param {import("./connection.js").Send} send
   * @param {(message: string) => void} giveUp called when the server refuses the person a new seat
   */
  constructor(wish, token, send, giveUp) {
    this.wish = wish;
    this.token = token;
    this.send = send;
    this.giveUp = giveUp;
    /** Whether the server has let this page in, on the present connection. */
    this.isIn = false;
  }

  /** Asks for a seat: the one with the token, or a new one. */
  join() {
    const { name, ...options } = this.wish;
    this.send("JOIN", name, this.token ? { ...options, token: this.token } : options);
  }

  /** WELCOME @param {string} roomId @param {string} token */
  welcomed(roomId, token) {
    this.isIn = true;
    this.token = token;
    this.wish.room = roomId;
    keepSeat(this.wish, token);
    showAddress(addressOf(roomId));
  }

  /** ERROR instead of WELCOME @param {string} code @param {string} text */
  refused(code, text) {
    if (code === "RATE_LIMITED") {
      setTimeout(() => this.isIn || this.join(), JOIN_AGAIN_MS); // many players came back at once; the seat waits
    } else if (this.token) {
      this.token = ""; // the seat is gone: join as a new player
      this.join();
    } else {
      this.giveUp(`The server says: ${text}.`);
    }
  }

  /** The stay is over: a reload of the page begins at the join screen. */
  end() {
    forgetSeat();
  }
}

/** The address of this page with a room in it; what else the address says stays. @param {string} roomId */
function addressOf(roomId) {
  const others = new URLSearchParams(location.search);
  others.delete("room");
  const kept = others.toString();
  return `?${kept && `${kept}&`}room=${encodeURIComponent(roomId)}`;
}
