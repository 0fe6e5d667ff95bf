// Draws all other players and things a little in the past, between two snapshots that have both arrived.
//
// In:  the places of a thing, each with its tick. The server sends only changes: in a gap, the thing stood still.
// Out: the place to draw the thing at any moment between those ticks.

import { mix } from "../lib/smoothing.js";

const TURN = 2 * Math.PI;
// No thing can walk or fly this far between two ticks: it was moved there, so it is not drawn on the way.
const LEAP = 250;
const SAMPLES_KEPT = 8;

/** @typedef {{tick: number, x: number, y: number, angle: number}} Sample */

/** The recent places of one thing. */
export class Track {
  constructor() {
    /** @type {Sample[]} oldest first */
    this.samples = [];
  }

  /** @returns {Sample | undefined} the newest */
  get last() {
    return this.samples[this.samples.length - 1];
  }

  /** @param {number} tick @param {number} x @param {number} y @param {number} angle */
  add(tick, x, y, angle) {
    const last = this.last;
    const isBehind = last && tick <= last.tick;
    if (isBehind || (last && Math.hypot(x - last.x, y - last.y) > LEAP)) this.samples.length = 0;
    else if (last && tick > last.tick + 1) this.samples.push({ ...last, tick: tick - 1 });
    this.samples.push({ tick, x, y, angle });
    if (this.samples.length > SAMPLES_KEPT) this.samples.splice(0, this.samples.length - SAMPLES_KEPT);
  }

  /**
   * The place to draw the thing; null before its first sample, because it was not there yet.
   * @param {number} tick with a fraction @returns {{x: number, y: number, angle: number} | null}
   */
  at(tick) {
    const samples = this.samples;
    let next = samples.length - 1;
    if (next < 0 || tick < samples[0].tick) return null;
    if (tick >= samples[next].tick) return samples[next];
    while (samples[next - 1].tick > tick) next--;
    const [before, after] = [samples[next - 1], samples[next]];
    const share = (tick - before.tick) / (after.tick - before.tick);
    return {
      x: mix(before.x, after.x, share),
      y: mix(before.y, after.y, share),
      angle: mix(before.angle, after.angle, share, TURN),
    };
  }
}
