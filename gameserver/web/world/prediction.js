// Predicts the page's own player. The player moves at once, not a round trip later: this module moves it by the rule of
// the server, and corrects it by the positions that the server sends.
//
// The page counts steps. A step is the tick of the server at which an input takes effect: input sent during step k
// arrives in time for tick k + 1. So both sides take the same steps at the same ticks, and corrections are rare.
// In:  inputs with their sequence numbers, and STATEs with the last sequence number that was applied.
// Out: the place to draw the own player at any moment.

import { walk } from "./movement.js";

// The page predicts at most a second (20 steps) ahead of the server: further predictions would be worthless.
const MOST_STEPS_AHEAD = 20;
// STATE rounds positions to whole units: two positions that are this close count as equal.
const ROUNDING = 1.01;
// The picture moves a corrected player to its place over about this time.
const FADE_MS = 100;
// Further off than this, the player was moved by something else (a respawn, the operator) and is shown there at once.
const LEAP = 300;
// An input that met another step than the page expected moves the page's count of steps by this much.
const LEAD_STEP_MS = 4;
// While the player walks, the count of steps follows a new round trip by this much at each STATE: too little to notice.
const FOLLOW_MS = 4;
// Positions kept from before the last STATE, to draw from while the clock is a little behind it.
const STEPS_KEPT = 2;

/** @typedef {{sequence: number, direction: number | null, step: number}} Input step: the first one that it steers */
/** @typedef {import("./movement.js").Point} Point */

export class Predictor {
  /** @type {Input[]} the last one that was applied, and all after it */
  inputs = [];
  /** @type {Point[]} positions after the steps baseStep, baseStep + 1, ...; empty: nothing is known */
  path = [];
  baseStep = 0;
  // The distance between the drawn and the predicted place, and the time at which it was last made smaller.
  errorX = 0;
  errorY = 0;
  errorAtMs = 0;

  /**
   * @param {import("./settings.js").Settings} settings
   * @param {import("../lib/clock.js").ServerClock} clock
   * @param {import("./movement.js").Touching} touching
   * @param {number} sequence of the last input that this page has sent
   */
  constructor(settings, clock, touching, sequence = 0) {
    this.settings = settings;
    this.clock = clock;
    this.touching = touching;
    this.roundTripMs = 0;
    /** The factor by which the weapon in hand changes the walking speed. */
    this.speedFactor = 1;
    // The time by which inputs arrive later (+) or sooner (-) than the round trip predicts.
    this.leadMs = 0;
    this.sequence = sequence;
  }

  /** Takes note of the measured round trip. @param {number} measuredMs */
  followRoundTrip(measuredMs) {
    const isStill = this.inputs.length === 0 || (this.inputs.length === 1 && this.inputs[0].direction === null);
    const change = measuredMs - this.roundTripMs;
    this.roundTripMs += isStill ? change : Math.min(Math.max(change, -FOLLOW_MS), FOLLOW_MS);
  }

  /** A new round: the server has forgotten all inputs. */
  restart() {
    this.inputs = [];
    this.forget();
  }

  /** Forgets the player: it is dead, so there is nothing to predict. */
  forget() {
    this.path = [];
    this.baseStep = 0;
    this.errorX = this.errorY = 0;
    this.errorAtMs = 0;
  }

  /**
   * Takes note of a new direction and returns the sequence number to send with it.
   * @param {number | null} direction @param {number} nowMs @returns {number}
   */
  input(direction, nowMs) {
    this.sequence += 1;
    this.inputs.push({ sequence: this.sequence, direction, step: Math.floor(this.stepAt(nowMs)) + 1 });
    return this.sequence;
  }

  /** The present step, with a fraction; an input sent now applies to the next. @param {number} nowMs @returns {number} */
  stepAt(nowMs) {
    const ahead = this.clock.isStalled ? 0 : (this.roundTripMs + this.leadMs) / this.clock.periodMs;
    const step = this.clock.tickAt(nowMs) + ahead;
    return Math.min(Math.max(step, this.baseStep), this.baseStep + MOST_STEPS_AHEAD);
  }

  /**
   * Takes note of the player's place at a tick, as the server gives it.
   * @param {number} tick @param {number | null} sequence of the last input applied by then
   * @param {number} x @param {number} y @param {number} nowMs
   */
  reconcile(tick, sequence, x, y, nowMs) {
    const shown = this.path.length ? this.position(nowMs) : null;
    this.#correctSteps(tick, sequence ?? 0);
    const predicted = this.path[tick - this.baseStep];
    const agrees = predicted && Math.abs(predicted.x - x) < ROUNDING && Math.abs(predicted.y - y) < ROUNDING;
    if (agrees) {
      const first = Math.max(this.baseStep, tick - STEPS_KEPT);
      this.path = this.path.slice(first - this.baseStep, tick + 1 - this.baseStep);
      this.baseStep = first;
    } else {
      this.path = [{ x, y }];
      this.baseStep = tick;
    }
    this.errorX = this.errorY = 0;
    if (shown) this.#keepOnScreen(shown, nowMs);
  }

  /** The place to draw the player. @param {number} nowMs @returns {Point} */
  position(nowMs) {
    const step = this.stepAt(nowMs);
    const index = Math.floor(step) - this.baseStep;
    this.#walkTo(index);
    const to = this.path[index];
    const from = this.path[index - 1] ?? to;
    const share = step - Math.floor(step);
    this.#fadeError(nowMs);
    return {
      x: from.x + (to.x - from.x) * share + this.errorX,
      y: from.y + (to.y - from.y) * share + this.errorY,
    };
  }

  /**
   * Corrects the steps of inputs that arrived sooner or later than the page expected.
   * @param {number} tick @param {number} sequence
   */
  #correctSteps(tick, sequence) {
    for (const input of this.inputs) {
      const isApplied = input.sequence <= sequence;
      if (isApplied === input.step <= tick) continue;
      input.step = isApplied ? tick : tick + 1;
      const lead = this.leadMs + (isApplied ? -LEAD_STEP_MS : LEAD_STEP_MS);
      this.leadMs = Math.min(Math.max(lead, -this.clock.periodMs), this.clock.periodMs);
    }
    while (this.inputs.length > 1 && this.inputs[1].sequence <= sequence) this.inputs.shift();
  }

  /** Predicts the path up to this index. @param {number} index */
  #walkTo(index) {
    while (this.path.length <= index) {
      const step = this.baseStep + this.path.length;
      const direction = this.inputs.findLast((input) => input.step <= step)?.direction ?? null;
      const from = this.path[this.path.length - 1];
      const speed = this.settings.player_speed * this.speedFactor;
      this.path.push(walk(from, direction, speed, this.settings, this.touching));
    }
  }

  /**
   * Keeps the player where it was drawn; from there it drifts to its predicted place.
   * @param {Point} shown @param {number} nowMs
   */
  #keepOnScreen(shown, nowMs) {
    const now = this.position(nowMs);
    const errorX = shown.x - now.x;
    const errorY = shown.y - now.y;
    if (Math.hypot(errorX, errorY) > LEAP) return;
    this.errorX = errorX;
    this.errorY = errorY;
  }

  /** Makes the error smaller by the time that has passed. @param {number} nowMs */
  #fadeError(nowMs) {
    const left = Math.exp(-Math.max(0, nowMs - this.errorAtMs) / FADE_MS);
    this.errorX *= left;
    this.errorY *= left;
    this.errorAtMs = nowMs;
  }
}
