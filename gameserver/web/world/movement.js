// The rule of walking, as on the server (gameserver/rules/movement.py): predictions are right only if both rules agree.
//
// In:  the place of a walker, its direction, the settings of WELCOME, and the circles around it.
// Out: its place after one tick. Everything is a circle. A walker that meets a circle slides along its edge.

const DIAGONAL = Math.sqrt(0.5);
/** Unit vectors of the directions 0-7, clockwise from +x. */
export const HEADINGS = [
  [1, 0],
  [DIAGONAL, DIAGONAL],
  [0, 1],
  [-DIAGONAL, DIAGONAL],
  [-1, 0],
  [-DIAGONAL, -DIAGONAL],
  [0, -1],
  [DIAGONAL, -DIAGONAL],
];
// After this many pushes in one stride the walker counts as stuck.
const PUSHES = 4;
// A pushed walker keeps this distance from the circle, so that rounding does not make them touch.
const SKIN = 1 / 1024;

/** @typedef {import("./settings.js").Ground} Ground */
/** @typedef {{x: number, y: number}} Point */
/** @typedef {{x: number, y: number, scale: number}} Circle */
/** @typedef {(x: number, y: number, scale: number) => Circle | null} Touching a circle that it overlaps, if any */

/**
 * The place of a walker after one tick.
 * @param {Point} from @param {number | null} direction 0-7, null: stands still
 * @param {number} speed world units a second, on firm ground
 * @param {Ground} settings @param {Touching} touching @returns {Point}
 */
export function walk(from, direction, speed, settings, touching) {
  const { factor, current } = groundAt(from.y, settings);
  const [headingX, headingY] = direction === null ? [0, 0] : HEADINGS[direction];
  const stepX = (headingX * speed * factor + current) / settings.tick_rate;
  const stepY = (headingY * speed * factor) / settings.tick_rate;
  const scale = settings.player_scale;
  // Each stride is too short to pass through a circle.
  const strides = Math.floor(Math.hypot(stepX, stepY) / scale) + 1;
  let place = from;
  for (let i = 0; i < strides; i++) {
    const x = place.x + stepX / strides;
    const y = place.y + stepY / strides;
    place = freePlaceNear(x, y, scale, settings.map_size, touching) ?? place;
  }
  return place;
}

/**
 * The effect of snow and the river on a walker: a factor of the speed, and a drift to the right.
 * @param {number} y @param {Ground} settings
 */
function groundAt(y, settings) {
  if (y < settings.snow_to_y) return { factor: settings.snow_speed_factor, current: 0 };
  if (y >= settings.river_from_y && y < settings.river_to_y) {
    return { factor: settings.river_speed_factor, current: settings.river_current };
  }
  return { factor: 1, current: 0 };
}

/**
 * The place if it is free; else a free place, found by pushing it out of the circles that it overlaps; else null.
 * @param {number} x @param {number} y @param {number} scale @param {number} mapSize
 * @param {Touching} touching @returns {Point | null}
 */
function freePlaceNear(x, y, scale, mapSize, touching) {
  const farSide = mapSize - scale;
  for (let i = 0; i < PUSHES; i++) {
    x = Math.min(Math.max(x, scale), farSide);
    y = Math.min(Math.max(y, scale), farSide);
    const blocker = touching(x, y, scale);
    if (!blocker) return { x, y };
    let awayX = x - blocker.x;
    const awayY = y - blocker.y;
    let distance = Math.hypot(awayX, awayY);
    if (distance === 0) awayX = distance = 1;
    const push = (blocker.scale + scale + SKIN) / distance;
    x = blocker.x + awayX * push;
    y = blocker.y + awayY * push;
  }
  return null;
}
