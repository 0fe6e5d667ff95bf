// The settings of WELCOME that this page uses, as types for .ci/check_web. A browser never loads this file.
//
// docs/protocol.md describes all settings. A server of an older version leaves out those in brackets.

/** @typedef {{name: string, hunts: boolean, scale: number}} Species */
/** @typedef {{name: string, price: number[]}} Item price: wood, food, stone, gold */
/** @typedef {{name: string, speed: number, cooldown: number}} Weapon cooldown: seconds */

/**
 * @typedef {object} Ground the settings that `walk` of movement.js needs
 * @property {number} tick_rate ticks a second
 * @property {number} map_size the side of the map, in world units
 * @property {number} player_scale the radius of a player
 * @property {number} snow_to_y the southern edge of the snow
 * @property {number} snow_speed_factor
 * @property {number} river_from_y the northern edge of the river
 * @property {number} river_to_y the southern edge of the river
 * @property {number} river_speed_factor
 * @property {number} river_current world units a second, to the right
 */

/**
 * @typedef {object} Rules
 * @property {number} player_speed world units a second, on firm ground
 * @property {number} projectile_scale
 * @property {Species[]} species
 * @property {number} cell_size world units
 * @property {[number, number]} [view_cells] columns and rows of cells in view on each side
 * @property {number | null} respawn_after_s null: a dead player is out of the round
 * @property {number} [meal_food] the food of a meal
 * @property {number} [arrow_wood] the wood of an arrow
 * @property {Item[]} [items]
 * @property {Weapon[]} [weapons] by number
 */

/** @typedef {Ground & Rules} Settings */

export {};
