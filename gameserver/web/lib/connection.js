// The connection to the server: one WebSocket at a time, and a new one when it is lost.
//
// In:  packets to send. Out: packets that came, and the state of the connection.
// After a connection ends without a final close code, the page tries again. It waits a little longer each time, but tries
// at once when the page is visible again or the network is back. The caller shows the countdown. After a restart of the
// server, which is back within a second or two, the first attempts follow each other at once, without a countdown.

import { isAway, onReturn } from "../browser.js";

// The times to wait before the attempts. After the last one the server counts as gone. While the page is hidden or the
// network is away, the page repeats the last interval instead.
const RETRY_AFTER_S = [1, 2, 3, 5, 5, 8, 8, 10];
// Close codes after which a new attempt cannot help (RFC 6455 section 7.4.1, and docs/protocol.md).
const CLOSED_FOR_GOOD = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1013]);

const SERVICE_RESTART = 1012;
const QUICK_ATTEMPTS = 50;
const QUICK_RETRY_MS = 100;

/** @typedef {(id: string, ...args: any[]) => void} Send sends a packet: its id and its arguments */

/**
 * @typedef {object} Listener
 * @property {() => void} opened
 * @property {(packet: import("./packets.js").Packet) => void} received
 * @property {(secondsLeft: number) => void} waiting called every second until the next attempt; 0: it follows at once
 * @property {(code: number, reason: string) => void} ended the page makes no further attempt
 */

export class Connection {
  /** @param {string} url @param {import("./packets.js").PacketTable} packets @param {Listener} listener */
  constructor(url, packets, listener) {
    this.url = url;
    this.packets = packets;
    this.listener = listener;
    this.bytesIn = 0;
    this.bytesOut = 0;
    this.attempts = 0;
    this.quickAttempts = 0;
    this.timer = 0;
    this.hasOpened = false;
    this.hasEnded = false;
    this.abort = new AbortController();
    onReturn(() => this.#return(), this.abort.signal);
    this.socket = this.#open();
  }

  /**
   * Sends a packet, if there is a connection to send it on and the server knows it.
   * @param {string} id @param {any[]} args
   */
  send(id, ...args) {
    if (this.socket.readyState !== WebSocket.OPEN || !this.packets.has(id)) return;
    const message = this.packets.encode(id, args);
    this.bytesOut += message.length;
    this.socket.send(message);
  }

  /** Makes the attempts after the next loss follow each other quickly again, because the server has let this page in. */
  forgetAttempts() {
    this.attempts = 0;
    this.quickAttempts = 0;
  }

  /** Closes the connection; the listener hears no more of it. */
  close() {
    this.#end();
    clearTimeout(this.timer);
    this.socket.close(1000);
  }

  /** Tries again at once instead of waiting; does nothing unless the next attempt is awaited. */
  retryNow() {
    if (this.hasEnded || this.socket.readyState !== WebSocket.CLOSED) return;
    clearTimeout(this.timer);
    this.socket = this.#open();
  }

  /** The person or the network is back: tries at once; further attempts follow each other quickly again. */
  #return() {
    this.forgetAttempts();
    this.retryNow();
  }

  #end() {
    this.hasEnded = true;
    this.abort.abort();
  }

  #open() {
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.hasOpened = true;
      this.listener.opened();
    };
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.#lose(event.code, event.reason);
    return socket;
  }

  /** @param {ArrayBuffer | string} data */
  #receive(data) {
    if (this.hasEnded || typeof data === "string") return;
    this.bytesIn += data.byteLength;
    this.listener.received(this.packets.decode(data));
  }

  /** @param {number} code @param {string} reason */
  #lose(code, reason) {
    if (this.hasEnded) return;
    if (code === SERVICE_RESTART) this.quickAttempts = QUICK_ATTEMPTS;
    if (this.quickAttempts > 0) {
      this.quickAttempts--;
      this.listener.waiting(0);
      this.timer = setTimeout(() => (this.socket = this.#open()), QUICK_RETRY_MS);
      return;
    }
    const isTriedEnough = this.attempts >= RETRY_AFTER_S.length && !isAway();
    if (!this.hasOpened || CLOSED_FOR_GOOD.has(code) || isTriedEnough) {
      this.#end();
      this.listener.ended(code, reason);
      return;
    }
    this.#wait(RETRY_AFTER_S[Math.min(this.attempts++, RETRY_AFTER_S.length - 1)]);
  }

  /** Counts down to the next attempt. @param {number} secondsLeft */
  #wait(secondsLeft) {
    if (secondsLeft <= 0) {
      this.socket = this.#open();
      return;
    }
    this.listener.waiting(secondsLeft);
    this.timer = setTimeout(() => this.#wait(secondsLeft - 1), 1000);
  }
}
