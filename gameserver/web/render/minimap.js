// The whole map in a corner: the kinds of ground, the known static objects, and the players in view.

import { drawingContext, pixelRatio } from "../browser.js";
import { GOLD, ROCK, TREE } from "../world/world.js";
import { bodyColour, COLOURS } from "./palette.js";
import { bands } from "./ground.js";

const EVERY_MS = 150;
const DOTS = { [TREE]: "#5f8a47", [ROCK]: "#8e8e96", [GOLD]: "#e6c54a" };

export class Minimap {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.drawnAtMs = -Infinity;
  }

  /**
   * @param {import("../world/world.js").World} world @param {import("./camera.js").Camera} camera
   * @param {Map<number, {x: number, y: number}>} places of players, as drawn @param {number} nowMs
   */
  draw(world, camera, places, nowMs) {
    if (nowMs - this.drawnAtMs < EVERY_MS) return;
    this.drawnAtMs = nowMs;
    const side = Math.round(this.canvas.clientWidth * Math.min(pixelRatio(), 2)) || 1;
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    const context = drawingContext(this.canvas);
    if (!context) return;
    const size = world.settings.map_size;
    context.setTransform(side / size, 0, 0, side / size, 0, 0);
    context.fillStyle = COLOURS.grass;
    context.fillRect(0, 0, size, size);
    for (const { top, bottom, colour } of bands(world.settings)) {
      context.fillStyle = colour;
      context.fillRect(0, Math.max(0, top), size, bottom - Math.max(0, top));
    }
    const pixel = size / side;
    for (const { kind, x, y, scale } of world.scenery.values()) {
      if (DOTS[kind]) dot(context, x, y, scale, DOTS[kind]);
    }
    const { left, top, right, bottom } = camera.view;
    context.strokeStyle = "rgba(255, 255, 255, 0.7)";
    context.lineWidth = 2 * pixel;
    context.strokeRect(left, top, right - left, bottom - top);
    for (const [id, { x, y }] of places) {
      const isSelf = id === world.playerId;
      dot(context, x, y, (isSelf ? 6.5 : 5) * pixel, COLOURS.outline);
      dot(context, x, y, (isSelf ? 4.5 : 3.5) * pixel, isSelf ? "#ffffff" : bodyColour(world.teamOf(id), id));
    }
  }
}

function dot(context, x, y, radius, colour) {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}
