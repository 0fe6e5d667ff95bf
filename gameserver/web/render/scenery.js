// Static objects: trees, bushes, rocks, gold, walls and spikes. The solid part of an object is a circle of its scale.

import { BUSH, GOLD, ROCK, SPIKE, TREE, WALL } from "../world/world.js";
import { circle, COLOURS, paint, star } from "./palette.js";
import { stamp } from "./sprites.js";

const DRAWN = {
  [TREE]: drawTree,
  [BUSH]: drawBush,
  [ROCK]: (context, scale) => drawStone(context, scale, "#9a9aa2", "#b9b9c1"),
  [GOLD]: (context, scale) => drawStone(context, scale, "#cfae3d", "#ecd566"),
  [WALL]: drawWall,
  [SPIKE]: drawSpike,
};
// A sprite is this much larger than the circle: leaves and outlines reach a little beyond it.
const ROOM = 1.25;

/**
 * @param {CanvasRenderingContext2D} context in world units
 * @param {import("./sprites.js").Sprites} sprites
 * @param {{kind: number, x: number, y: number, scale: number}} object
 */
export function drawObject(context, sprites, { kind, x, y, scale }) {
  const draw = DRAWN[kind] ?? DRAWN[ROCK];
  const size = 2 * scale * ROOM;
  const sprite = sprites.get(`object ${kind} ${scale}`, size, size, (target) => draw(target, scale));
  stamp(context, sprite, x, y);
}

function drawTree(context, scale) {
  star(context, 9, scale * 1.12, scale * 0.82);
  paint(context, "#5f8a47");
  star(context, 9, scale * 0.72, scale * 0.5, 0.35);
  context.fillStyle = "#82b060";
  context.fill();
}

function drawBush(context, scale) {
  star(context, 7, scale * 1.1, scale * 0.86, 0.2);
  paint(context, "#6f9e52");
  for (let i = 0; i < 5; i++) {
    const angle = i * 2.4;
    const distance = scale * (0.15 + 0.12 * i);
    circle(context, Math.cos(angle) * distance, Math.sin(angle) * distance, scale * 0.13);
    context.fillStyle = "#c94f5c";
    context.fill();
  }
}

function drawStone(context, scale, dark, light) {
  star(context, 4, scale * 1.05, scale * 0.93, 0.3);
  paint(context, dark);
  star(context, 4, scale * 0.62, scale * 0.52, 0.6);
  context.fillStyle = light;
  context.fill();
}

function drawWall(context, scale) {
  star(context, 4, scale * 1.05, scale * 0.95, 0.4);
  paint(context, "#a5814f");
  star(context, 4, scale * 0.68, scale * 0.62, 0.4);
  context.fillStyle = "#c49c66";
  context.fill();
}

function drawSpike(context, scale) {
  star(context, 8, scale * 1.15, scale * 0.6);
  paint(context, "#8d8f99");
  circle(context, 0, 0, scale * 0.5);
  paint(context, "#a5814f");
  circle(context, 0, 0, scale * 0.26);
  context.fillStyle = "#c49c66";
  context.fill();
}
