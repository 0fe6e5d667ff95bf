// Draws one picture: the world at this moment, from the ground up.
//
// In:  the world, the own player's predicted place, the texts of speech bubbles. Out: pixels on the canvas.

import { drawingContext, pixelRatio } from "../browser.js";
import { ANIMAL, PLAYER, PROJECTILE } from "../world/world.js";
import { drawAnimal, drawArrow } from "./creatures.js";
import { drawGround } from "./ground.js";
import { drawHealthBar, drawLabel } from "./labels.js";
import { COLOURS } from "./palette.js";
import { drawPlayer } from "./players.js";
import { drawObject } from "./scenery.js";
import { Sprites } from "./sprites.js";

// More pixels of the screen for one pixel of the page cost time and show no difference.
const MOST_PIXEL_RATIO = 2;

export class Renderer {
  /** @param {HTMLCanvasElement} canvas; throws an Error if the browser cannot draw on it */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = drawingContext(canvas, { alpha: false });
    if (!this.context) throw new Error("this browser gives the page no canvas to draw on");
    this.sprites = new Sprites();
    /** @type {Map<number, {x: number, y: number, angle: number}>} players, at the places where they were drawn */
    this.places = new Map();
  }

  /** Fits the canvas to the window. @param {import("./camera.js").Camera} camera */
  fit(camera) {
    const ratio = Math.min(pixelRatio(), MOST_PIXEL_RATIO);
    const width = Math.round(this.canvas.clientWidth * ratio);
    const height = Math.round(this.canvas.clientHeight * ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    camera.resize(width, height);
    this.sprites.setZoom(camera.zoom);
  }

  /**
   * @param {import("../world/world.js").World} world @param {import("./camera.js").Camera} camera
   * @param {{x: number, y: number, angle: number} | null} self the predicted place of the own player
   * @param {(id: number) => string | null} sayingOf @param {number} nowMs
   */
  draw(world, camera, self, sayingOf, nowMs) {
    const { context, sprites } = this;
    const view = camera.view;
    const tick = world.advance(nowMs);
    camera.apply(context);
    context.lineJoin = context.lineCap = "round";
    drawGround(context, view, world.settings);
    for (const object of world.grid.within(view.left, view.top, view.right, view.bottom)) {
      drawObject(context, sprites, object);
    }
    this.places.clear();
    const shown = [];
    for (const entity of world.entities.values()) {
      const isSelf = entity.id === world.playerId;
      const place = isSelf && self ? self : entity.track.at(tick);
      if (place) shown.push([entity, place]);
    }
    this.#drawEntities(world, shown, nowMs);
    this.#drawLabels(world, shown, sayingOf);
  }

  /** The point of the page that shows a place of the world. @returns {{x: number, y: number}} */
  toPage(camera, { x, y }) {
    const ratio = this.canvas.width / (this.canvas.clientWidth || 1);
    return {
      x: ((x - camera.x) * camera.zoom + camera.width / 2) / ratio,
      y: ((y - camera.y) * camera.zoom + camera.height / 2) / ratio,
    };
  }

  #drawEntities(world, shown, nowMs) {
    const { context } = this;
    for (const [entity, place] of shown) {
      if (entity.kind === ANIMAL) drawAnimal(context, place, entity, world.scaleOf(entity), nowMs);
      if (entity.kind === PROJECTILE) drawArrow(context, place);
    }
    for (const [entity, place] of shown) {
      if (entity.kind !== PLAYER) continue;
      this.places.set(entity.id, place);
      drawPlayer(context, place, entity, world.teamOf(entity.id), world.settings, nowMs);
    }
  }

  #drawLabels(world, shown, sayingOf) {
    const ownTeam = world.teamOf(world.playerId);
    const isWatching = !world.present.has(world.playerId);
    for (const [entity, place] of shown) {
      const scale = world.scaleOf(entity);
      if (entity.kind === ANIMAL && entity.health < 100) {
        drawHealthBar(this.context, place.x, place.y + scale + 20, entity.health, COLOURS.foe);
      }
      if (entity.kind !== PLAYER) continue;
      const isSelf = entity.id === world.playerId;
      const isMate = !isSelf && ownTeam !== null && world.teamOf(entity.id) === ownTeam;
      drawLabel(this.context, this.sprites, place, scale, {
        name: world.nameOf(entity.id),
        health: entity.health,
        isFriend: isSelf || isMate || isWatching,
        isMate,
        saying: sayingOf(entity.id),
      });
    }
  }
}
