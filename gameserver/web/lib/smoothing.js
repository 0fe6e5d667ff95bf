// Draws a game a little in the past, between two states that have both arrived: everything then moves evenly.
//
// In:  the states of a game, each with the time at which it came. Applying changes never alters an older state.
// Out: the state to draw at any moment. Its numbers lie between those of the two states around that moment.

import { ServerClock } from "./clock.js";

const STATES_KEPT = 8;
// A gap between two states, in ticks. Nothing has changed in a longer gap, because the server sends every change.
const GAP = 1.5;

/**
 * The number at a share of the way from one number to another.
 * @param {number} from @param {number} to @param {number} share 0 to 1
 * @param {number} [size] at which the numbers begin again, for example 2 pi for angles: then it goes the shorter way
 * @returns {number}
 */
export function mix(from, to, share, size = Infinity) {
  let way = (to - from) % size;
  if (way > size / 2) way -= size;
  if (way < -size / 2) way += size;
  return from + way * share;
}

/** @typedef {import("./state.js").GameState} GameState */

/**
 * @typedef {object} SmoothingOptions
 * @property {string[]} [smooth] the fields of entities that lie between the two states, where they are numbers
 * @property {Record<string, number>} [wrap] by field, the size of a world that begins again at its border
 * @property {number} [leap] a number that changes by more than this between two states has jumped, and lies nowhere between
 */

export class Smoothing {
  #clock;
  /** @type {{name: string, size: number}[]} */
  #fields;
  #leap;
  /** @type {{tick: number, state: GameState}[]} oldest first */
  #samples = [];

  /** @param {number} tickRate ticks a second @param {SmoothingOptions} [options] */
  constructor(tickRate, { smooth = ["x", "y"], wrap = {}, leap = Infinity } = {}) {
    this.#clock = new ServerClock(tickRate);
    this.#fields = smooth.map((name) => ({ name, size: wrap[name] ?? Infinity }));
    this.#leap = leap;
  }

  /** The operator has changed the tick rate. @param {number} tickRate ticks a second */
  setRate(tickRate) {
    this.#clock.setRate(tickRate);
  }

  /** A state came. @param {GameState} state @param {number} nowMs */
  add(state, nowMs) {
    // A game that does not tell its tick is drawn by the time of this page.
    const tick = typeof state.tick === "number" ? state.tick : nowMs / this.#clock.periodMs;
    this.#clock.observe(tick, nowMs);
    const last = this.#samples[this.#samples.length - 1];
    if (last && tick < last.tick) this.#samples.length = 0; // a new round
    else if (last && tick === last.tick) this.#samples.pop();
    else if (last && tick > last.tick + GAP) this.#samples.push({ tick: tick - 1, state: last.state });
    this.#samples.push({ tick, state });
    if (this.#samples.length > STATES_KEPT) this.#samples.splice(0, this.#samples.length - STATES_KEPT);
  }

  /** The state to draw; null before the first state. @param {number} nowMs @returns {GameState | null} */
  at(nowMs) {
    const samples = this.#samples;
    let next = samples.length - 1;
    if (next < 0) return null;
    const tick = this.#clock.drawnTick(nowMs);
    while (next > 0 && samples[next - 1].tick > tick) next--;
    const [before, after] = [samples[next - 1], samples[next]];
    if (!before || tick >= after.tick) return after.state;
    return this.#between(before.state, after.state, (tick - before.tick) / (after.tick - before.tick));
  }

  /** @param {GameState} before @param {GameState} after @param {number} share @returns {GameState} */
  #between(before, after, share) {
    if (before === after) return after;
    /** @type {GameState["entities"]} */
    const entities = Object.create(null);
    for (const [kind, things] of Object.entries(after.entities)) {
      entities[kind] = Object.create(null);
      const thingsBefore = before.entities[kind];
      for (const [id, thing] of Object.entries(things)) {
        entities[kind][id] = this.#mixed(thingsBefore?.[id] ?? thing, thing, share);
      }
    }
    return Object.assign(Object.create(null), after, { entities });
  }

  /** @param {Record<string, any>} before @param {Record<string, any>} after @param {number} share */
  #mixed(before, after, share) {
    if (before === after) return after;
    const mixed = Object.assign(Object.create(null), after);
    for (const { name, size } of this.#fields) {
      if (typeof before[name] !== "number" || typeof after[name] !== "number") continue;
      const number = mix(before[name], after[name], share, size);
      const change = mix(before[name], after[name], 1, size) - before[name];
      if (Math.abs(change) <= this.#leap) mixed[name] = number;
    }
    return mixed;
  }
}
