// Estimates the present tick of the server from the times at which its snapshots arrive.
//
// In:  the tick of each snapshot and the time at which it came, in milliseconds of this page's clock.
// Out: a tick that grows evenly, even when snapshots arrive unevenly; and the tick to draw, which is a little older.

// The weight of each arrival in the running means: they follow a change within about a second.
const GAIN = 0.1;
// With a larger error than this the clock jumps instead of drifting: a new round, or a server that stood still.
const JUMP_MS = 250;

/** The delay with which things are drawn, in ticks: a snapshot may be half a tick late before a movement stops. */
export const DELAY_TICKS = 1.5;
// With more jitter they are drawn later, but at most this many ticks, because aiming must not become guesswork.
const MOST_DELAY_TICKS = 4;

/** @param {number} jitterMs @param {number} periodMs @returns {number} the delay in ticks for such a connection */
export function delayTicks(jitterMs, periodMs) {
  return Math.min(MOST_DELAY_TICKS, Math.max(DELAY_TICKS, 1 + (3 * jitterMs) / periodMs));
}

export class ServerClock {
  /** @param {number} tickRate ticks a second */
  constructor(tickRate) {
    this.periodMs = 1000 / tickRate;
    /** Whether the world stands still: snapshots come, but their tick does not move on. */
    this.isStalled = true; // until the first snapshot, which sets the clock
    this.lastTick = -1;
    this.lastArrivalMs = 0;
    /** Milliseconds between snapshots, and milliseconds by which they miss the expected time: two running means. */
    this.intervalMs = this.periodMs;
    this.jitterMs = 0;
    this.startMs = 0;
  }

  /** @param {number} tickRate ticks a second, from now on */
  setRate(tickRate) {
    this.periodMs = 1000 / tickRate;
    this.isStalled = true; // until the next snapshot, which sets the clock anew
  }

  /** Records the arrival of a snapshot. @param {number} tick @param {number} nowMs */
  observe(tick, nowMs) {
    if (this.lastArrivalMs) this.intervalMs += GAIN * (nowMs - this.lastArrivalMs - this.intervalMs);
    this.lastArrivalMs = nowMs;
    const wasStalled = this.isStalled;
    this.isStalled = tick === this.lastTick;
    const offMs = nowMs - tick * this.periodMs - this.startMs;
    if (wasStalled || tick < this.lastTick || Math.abs(offMs) > JUMP_MS) {
      this.startMs += offMs;
    } else if (!this.isStalled) {
      this.startMs += GAIN * offMs;
      this.jitterMs += GAIN * (Math.abs(offMs) - this.jitterMs);
    }
    this.lastTick = tick;
  }

  /** The tick whose snapshot is expected now, with a fraction. @param {number} nowMs @returns {number} */
  tickAt(nowMs) {
    return this.isStalled ? this.lastTick : (nowMs - this.startMs) / this.periodMs;
  }

  /** The delay with which things are drawn, in ticks. */
  get delayTicks() {
    return delayTicks(this.jitterMs, this.periodMs);
  }

  /** The tick to draw now, with a fraction: at most the last one that came. @param {number} nowMs @returns {number} */
  drawnTick(nowMs) {
    return this.isStalled ? this.lastTick : Math.min(this.lastTick, this.tickAt(nowMs) - this.delayTicks);
  }
}
