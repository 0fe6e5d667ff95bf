// Watching instead of playing: the camera follows a player, or the person moves it freely.
//
// The server sends only the things in view of the watched player or place. WATCH names this player or place.

import { byId, setText, show } from "../lib/dom.js";

// The camera's speed in world units a second, and the time between two WATCHes while the camera moves.
const PUSH_SPEED = 900;
const TELL_EVERY_MS = 200;

export class Spectator {
  /** @param {import("../world/world.js").World} world @param {(id: string, ...args: any[]) => void} send */
  constructor(world, send) {
    this.world = world;
    this.send = send;
    const middle = world.settings.map_size / 2;
    this.place = { x: middle, y: middle };
    /** @type {number | null} id of the followed player; null: the camera is free */
    this.followed = null;
    this.toldAtMs = 0;
    byId("watch-before").onclick = () => this.#step(-1);
    byId("watch-after").onclick = () => this.#step(1);
    byId("watch-free").onclick = () => this.follow(null);
    show(byId("watching"), true);
    this.#name();
  }

  /** @param {number | null} id */
  follow(id) {
    this.followed = id;
    if (id === null) this.send("WATCH", null, Math.round(this.place.x), Math.round(this.place.y));
    else this.send("WATCH", id);
    this.#name();
  }

  /** A player came or left. */
  playersChanged() {
    if (this.followed === null && !this.isFree) this.#step(1);
    else if (this.followed !== null && !this.world.present.has(this.followed)) this.#step(1);
    this.#name();
  }

  /**
   * Moves the watched place, and returns it.
   * @param {[number, number]} push the direction in which the person moves the camera
   * @param {Map<number, {x: number, y: number}>} places of players, as drawn
   * @param {number} passedMs @param {number} nowMs
   */
  update(push, places, passedMs, nowMs) {
    if (push[0] || push[1]) this.#push(push, passedMs, nowMs);
    const place = this.followed === null ? undefined : places.get(this.followed);
    if (place) this.place = { x: place.x, y: place.y };
    return this.place;
  }

  #push([x, y], passedMs, nowMs) {
    const size = this.world.settings.map_size;
    const way = (PUSH_SPEED * passedMs) / 1000;
    this.place = {
      x: Math.min(Math.max(this.place.x + x * way, 0), size),
      y: Math.min(Math.max(this.place.y + y * way, 0), size),
    };
    this.isFree = true;
    if (nowMs - this.toldAtMs < TELL_EVERY_MS) return;
    this.toldAtMs = nowMs;
    this.follow(null);
  }

  #step(by) {
    const ids = [...this.world.present].sort((a, b) => a - b);
    if (!ids.length) return this.follow(null);
    const at = ids.indexOf(this.followed ?? NaN);
    this.isFree = false;
    this.follow(ids[(at + by + ids.length) % ids.length]);
  }

  #name() {
    setText(byId("watched"), this.followed === null ? "looking around" : `watching ${this.world.nameOf(this.followed)}`);
  }
}
