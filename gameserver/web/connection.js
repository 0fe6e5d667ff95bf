// The way to the server: one WebSocket at a time, and a new one when it is lost.
//
// In:  packets to send. Out: packets that came, and what state the connection is in.
// A connection that ends without a good reason is tried again, a little later each time; the caller shows the countdown.

// How long to wait before each attempt; when they are used up, nobody is there.
const RETRY_AFTER_S = [1, 2, 3, 5, 5, 8, 8, 10];
// Close codes after which nothing gets better by trying again (RFC 6455 section 7.4.1, and docs/protocol.md).
const CLOSED_FOR_GOOD = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1013]);

/**
 * @typedef {object} Listener
 * @property {() => void} opened
 * @property {(packet: import("./packets.js").Packet) => void} received
 * @property {(secondsLeft: number) => void} waiting called every second until the next attempt
 * @property {(code: number, reason: string) => void} ended nothing more will be tried
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
    this.timer = 0;
    this.hasOpened = false;
    this.hasEnded = false;
    this.#open();
  }

  /** Sends a packet, if there is a connection to send it on and the server knows it. */
  send(id, ...args) {
    if (this.socket.readyState !== WebSocket.OPEN || !this.packets.has(id)) return;
    const message = this.packets.encode(id, args);
    this.bytesOut += message.length;
    this.socket.send(message);
  }

  /** The server has let us in: the next loss is a new one, with quick attempts again. */
  settle() {
    this.attempts = 0;
  }

  /** Ends it; the listener hears no more of it. */
  close() {
    this.hasEnded = true;
    clearTimeout(this.timer);
    this.socket.close(1000);
  }

  /** Tries again at once instead of waiting. */
  retryNow() {
    clearTimeout(this.timer);
    if (!this.hasEnded && this.socket.readyState === WebSocket.CLOSED) this.#open();
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
    this.socket = socket;
  }

  #receive(data) {
    if (this.hasEnded || typeof data === "string") return;
    this.bytesIn += data.byteLength;
    this.listener.received(this.packets.decode(data));
  }

  #lose(code, reason) {
    if (this.hasEnded) return;
    if (!this.hasOpened || CLOSED_FOR_GOOD.has(code) || this.attempts >= RETRY_AFTER_S.length) {
      this.hasEnded = true;
      this.listener.ended(code, reason);
      return;
    }
    this.#wait(RETRY_AFTER_S[this.attempts++]);
  }

  #wait(secondsLeft) {
    if (secondsLeft <= 0) {
      this.#open();
      return;
    }
    this.listener.waiting(secondsLeft);
    this.timer = setTimeout(() => this.#wait(secondsLeft - 1), 1000);
  }
}
