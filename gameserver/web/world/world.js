// This client's model of the world: packets change it, and the renderer reads it.
//
// In:  the arguments of PLAYER, OBJECTS, STATE, ... in the order in which the packets came.
// Out: players by id, scenery in a grid, and every moving thing with its track.

import { ServerClock } from "../lib/clock.js";
import { Grid } from "./grid.js";
import { Track } from "./interpolation.js";

/** The kinds in STATE (docs/protocol.md). */
export const PLAYER = 0;
export const PROJECTILE = 1;
export const ANIMAL = 2;
/** The kinds in OBJECTS. */
export const TREE = 0;
export const BUSH = 1;
export const ROCK = 2;
export const GOLD = 3;
export const WALL = 4;
export const SPIKE = 5;

const FLAG_ATTACKING = 1;
const FLAG_JUST_HIT = 2;
const FLAG_HUNTER = 4;
const FLAG_DISCONNECTED = 8;
const WEAPON_SHIFT = 4;
const WEAPON_MASK = 7;

const ROW = 7; // id, kind, x, y, angle, health, flags
const OBJECT_ROW = 5; // id, kind, x, y, scale
const RADIANS_PER_STEP = (2 * Math.PI) / 256;

/** A moving thing. */
export class Entity {
  /** @param {number} id @param {number} kind */
  constructor(id, kind) {
    this.id = id;
    this.kind = kind;
    this.track = new Track();
    this.health = 100;
    this.isAttacking = false;
    this.isHunter = false;
    this.isDisconnected = false;
    this.weapon = 0;
    /** The times of the last hit that was seen and of the start of the present swing; milliseconds. */
    this.hitAtMs = -Infinity;
    this.attackAtMs = -Infinity;
    /** The tick at which it left the view; Infinity while it is in view. */
    this.goneTick = Infinity;
  }

  /** Starts or stops swinging. @param {boolean} isAttacking @param {number} nowMs */
  swing(isAttacking, nowMs) {
    if (isAttacking && !this.isAttacking) this.attackAtMs = nowMs;
    this.isAttacking = isAttacking;
  }

  /** @param {number} flags @param {number} health 0 to 100 @param {number} nowMs */
  update(flags, health, nowMs) {
    if (flags & FLAG_JUST_HIT) this.hitAtMs = nowMs;
    this.isHunter = (flags & FLAG_HUNTER) !== 0;
    this.isDisconnected = (flags & FLAG_DISCONNECTED) !== 0;
    this.weapon = (flags >> WEAPON_SHIFT) & WEAPON_MASK;
    this.health = health;
  }
}

export class World {
  /**
   * @param {number} playerId the own player's; a spectator's is never in the world
   * @param {import("./settings.js").Settings} settings
   */
  constructor(playerId, settings) {
    this.playerId = playerId;
    this.settings = settings;
    this.clock = new ServerClock(settings.tick_rate);
    /** @type {Map<number, {name: string, team: number | null}>} also players who left: later messages may name them */
    this.players = new Map();
    /** @type {Set<number>} players in the room */
    this.present = new Set();
    /** @type {Map<number, import("./grid.js").Body>} */
    this.scenery = new Map();
    this.grid = new Grid();
    /** @type {Map<number, Entity>} */
    this.entities = new Map();
  }

  /** PLAYER @param {number} id @param {string} name @param {number | null} team */
  addPlayer(id, name, team) {
    this.players.set(id, { name, team });
    this.present.add(id);
  }

  /** PLAYER_GONE @param {number} id */
  removePlayer(id) {
    this.present.delete(id);
  }

  /** @param {number} id @returns {string} */
  nameOf(id) {
    return this.players.get(id)?.name ?? `player ${id}`;
  }

  /** @param {number} id @returns {number | null} */
  teamOf(id) {
    return this.players.get(id)?.team ?? null;
  }

  /** OBJECTS; an object that is known already has changed. @param {number[]} numbers */
  addObjects(numbers) {
    for (let i = 0; i + OBJECT_ROW <= numbers.length; i += OBJECT_ROW) {
      const [id, kind, x, y, scale] = numbers.slice(i, i + OBJECT_ROW);
      this.removeObjects([id]);
      const object = { id, kind, x, y, scale };
      this.scenery.set(id, object);
      this.grid.add(object);
    }
  }

  /** OBJECTS_GONE @param {number[]} ids */
  removeObjects(ids) {
    for (const id of ids) {
      const object = this.scenery.get(id);
      if (!object) continue;
      this.scenery.delete(id);
      this.grid.remove(object);
    }
  }

  /**
   * STATE: applies gone first, then moved, so that an id in both is alive.
   * @param {number} tick @param {number[]} moved rows @param {number[]} gone ids @param {number} nowMs
   */
  applyState(tick, moved, gone, nowMs) {
    if (tick < this.clock.lastTick) this.entities.clear(); // a new round
    this.clock.observe(tick, nowMs);
    for (const id of gone) {
      const entity = this.entities.get(id);
      if (entity) entity.goneTick = Math.min(entity.goneTick, tick);
    }
    for (let i = 0; i + ROW <= moved.length; i += ROW) this.#applyRow(tick, moved, i, nowMs);
  }

  /** @param {number} tick @param {number[]} numbers @param {number} at the start of the row @param {number} nowMs */
  #applyRow(tick, numbers, at, nowMs) {
    const [id, kind, x, y, angle, health, flags] = numbers.slice(at, at + ROW);
    let entity = this.entities.get(id);
    if (!entity || entity.goneTick < tick) {
      entity = new Entity(id, kind);
      this.entities.set(id, entity);
    }
    entity.goneTick = Infinity;
    entity.update(flags, health, nowMs);
    // The own player's tool swings when the person presses the button, not when the server has heard of it.
    if (id !== this.playerId) entity.swing((flags & FLAG_ATTACKING) !== 0, nowMs);
    entity.track.add(tick, x, y, angle * RADIANS_PER_STEP);
  }

  /** @returns {Entity | undefined} the own player, while it lives and has not left the view */
  self() {
    const entity = this.entities.get(this.playerId);
    return entity && entity.goneTick === Infinity ? entity : undefined;
  }

  /** The tick to draw now, with a fraction; forgets things that left the view by then. @param {number} nowMs */
  advance(nowMs) {
    const tick = this.clock.drawnTick(nowMs);
    for (const [id, entity] of this.entities) {
      if (entity.goneTick <= tick) this.entities.delete(id);
    }
    return tick;
  }

  /**
   * The circle that stops the own player at a place, if any: scenery, another player or an animal that this page knows.
   * @type {import("./movement.js").Touching}
   */
  touching = (x, y, scale) => {
    const object = this.grid.touching(x, y, scale);
    if (object) return object;
    for (const entity of this.entities.values()) {
      if (entity.kind === PROJECTILE || entity.id === this.playerId || entity.goneTick !== Infinity) continue;
      const last = entity.track.last;
      const otherScale = this.scaleOf(entity);
      const reach = scale + otherScale;
      const overlaps = last && (last.x - x) ** 2 + (last.y - y) ** 2 < reach * reach;
      if (overlaps) return { x: last.x, y: last.y, scale: otherScale };
    }
    return null;
  };

  /** The radius of a moving thing. @param {Entity} entity @returns {number} */
  scaleOf(entity) {
    if (entity.kind === PLAYER) return this.settings.player_scale;
    if (entity.kind === PROJECTILE) return this.settings.projectile_scale;
    return this.settings.species.find(({ hunts }) => hunts === entity.isHunter)?.scale ?? 0;
  }
}
