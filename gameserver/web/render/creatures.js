// Animals and arrows.

import { circle, COLOURS, paint } from "./palette.js";

const HIT_MS = 160;

/**
 * @param {CanvasRenderingContext2D} context in world units @param {{x: number, y: number, angle: number}} place
 * @param {any} entity of the world @param {number} scale @param {number} nowMs
 */
export function drawAnimal(context, place, entity, scale, nowMs) {
  context.save();
  context.translate(place.x, place.y);
  context.rotate(place.angle);
  if (entity.isHunter) drawWolf(context, scale);
  else drawCow(context, scale);
  if (nowMs - entity.hitAtMs < HIT_MS) {
    circle(context, 0, 0, scale);
    context.fillStyle = COLOURS.hit;
    context.fill();
  }
  context.restore();
}

function drawCow(context, scale) {
  drawHead(context, scale, 0.42, "#e6ddd0");
  circle(context, 0, 0, scale);
  paint(context, "#e6ddd0");
  context.fillStyle = "#7d6450";
  for (const [x, y, radius] of [[-0.3, -0.35, 0.34], [0.2, 0.42, 0.28], [-0.55, 0.3, 0.2]]) {
    circle(context, x * scale, y * scale, radius * scale);
    context.fill();
  }
  drawEyes(context, scale, "#2b2b2e");
}

function drawWolf(context, scale) {
  for (const side of [-1, 1]) {
    context.beginPath();
    context.moveTo(scale * 0.55, side * scale * 0.35);
    context.lineTo(scale * 0.45, side * scale * 0.95);
    context.lineTo(scale * 0.05, side * scale * 0.8);
    context.closePath();
    paint(context, "#6a6d76");
  }
  drawHead(context, scale, 0.38, "#8a8d96");
  circle(context, 0, 0, scale);
  paint(context, "#777a84");
  drawEyes(context, scale, "#c93a2f");
}

/** The muzzle, which shows the direction in which an animal looks. */
function drawHead(context, scale, size, colour) {
  circle(context, scale * 0.92, 0, scale * size);
  paint(context, colour);
}

function drawEyes(context, scale, colour) {
  context.fillStyle = colour;
  for (const side of [-1, 1]) {
    circle(context, scale * 0.6, side * scale * 0.32, scale * 0.11);
    context.fill();
  }
}

/** @param {CanvasRenderingContext2D} context in world units @param {{x: number, y: number, angle: number}} place */
export function drawArrow(context, place) {
  context.save();
  context.translate(place.x, place.y);
  context.rotate(place.angle);
  context.beginPath();
  context.moveTo(-34, 0);
  context.lineTo(18, 0);
  context.lineWidth = 9;
  context.strokeStyle = COLOURS.outline;
  context.stroke();
  context.lineWidth = 4;
  context.strokeStyle = "#b98d56";
  context.stroke();
  context.beginPath();
  context.moveTo(12, -9);
  context.lineTo(34, 0);
  context.lineTo(12, 9);
  context.closePath();
  paint(context, "#c9ccd6");
  context.restore();
}
