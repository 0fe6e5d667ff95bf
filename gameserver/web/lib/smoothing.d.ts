// The types of smoothing.js. `.ci/check_web` compares them with the module.

import type { GameState } from "./state.js";

/** The number at a share (0 to 1) of the way. size: at which the numbers begin again, if they do: then the shorter way. */
export function mix(from: number, to: number, share: number, size?: number): number;

/** See GameOptions in client.d.ts. */
export interface SmoothingOptions {
  smooth?: string[];
  wrap?: Record<string, number>;
  leap?: number;
}

/** Draws a game between two of its states. All times are those of `performance.now()`. */
export class Smoothing {
  /** tickRate: ticks a second */
  constructor(tickRate: number, options?: SmoothingOptions);
  setRate(tickRate: number): void;
  /** A state came. */
  add(state: GameState, nowMs: number): void;
  /** The state to draw; null before the first one. */
  at(nowMs: number): GameState | null;
}
