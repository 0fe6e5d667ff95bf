// Measures the connection: round trips, bytes a second, and a short history for the panel.

const PING_EVERY_MS = 1000;
const TRIPS_KEPT = 9;
const HISTORY = 90;

export class NetMeter {
  /** @param {import("./connection.js").Connection} connection */
  constructor(connection) {
    this.connection = connection;
    this.pings = 0;
    /** @type {Map<number, number>} number of each PING without an answer -> the time at which it was sent */
    this.sentAtMs = new Map();
    /** @type {number[]} the last round trips, in milliseconds */
    this.trips = [];
    this.lastTripMs = 0;
    this.bytesInPerS = 0;
    this.bytesOutPerS = 0;
    this.counted = { atMs: 0, bytesIn: 0, bytesOut: 0 };
    /** @type {number[]} milliseconds between the last snapshots */
    this.intervals = [];
    this.snapshotAtMs = 0;
  }

  /** Sends a PING and counts bytes, about once a second; the page calls it often. @param {number} nowMs */
  update(nowMs) {
    const passedS = (nowMs - this.counted.atMs) / 1000;
    if (passedS * 1000 < PING_EVERY_MS) return;
    const { bytesIn, bytesOut } = this.connection;
    this.bytesInPerS = Math.round((bytesIn - this.counted.bytesIn) / passedS);
    this.bytesOutPerS = Math.round((bytesOut - this.counted.bytesOut) / passedS);
    this.counted = { atMs: nowMs, bytesIn, bytesOut };
    this.ping(nowMs);
  }

  /** @param {number} nowMs */
  ping(nowMs) {
    this.pings += 1;
    this.sentAtMs.set(this.pings, nowMs);
    this.connection.send("PING", this.pings);
  }

  /** PONG @param {number} number @param {number} nowMs */
  pong(number, nowMs) {
    const sentAtMs = this.sentAtMs.get(number);
    if (sentAtMs === undefined) return;
    this.sentAtMs.delete(number);
    this.lastTripMs = nowMs - sentAtMs;
    this.trips.push(this.lastTripMs);
    if (this.trips.length > TRIPS_KEPT) this.trips.shift();
  }

  /** A snapshot came. @param {number} nowMs */
  snapshot(nowMs) {
    if (this.snapshotAtMs) this.intervals.push(nowMs - this.snapshotAtMs);
    if (this.intervals.length > HISTORY) this.intervals.shift();
    this.snapshotAtMs = nowMs;
  }

  /** The median of the last round trips: a single slow one does not change it. @returns {number} milliseconds */
  get roundTripMs() {
    const sorted = [...this.trips].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }
}
