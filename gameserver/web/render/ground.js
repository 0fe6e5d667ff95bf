// The ground: grass, snow in the north, a river, grid lines, and the darkness outside the map.

import { COLOURS } from "./palette.js";

const GRID = 60; // world units between lines
const SHORE = 24;

/**
 * @param {CanvasRenderingContext2D} context in world units
 * @param {{left: number, top: number, right: number, bottom: number}} view
 * @param {any} settings of WELCOME
 */
export function drawGround(context, view, settings) {
  const size = settings.map_size;
  fillBand(context, view, view.top, view.bottom, COLOURS.grass);
  for (const { top, bottom, colour } of bands(settings)) fillBand(context, view, top, bottom, colour);
  drawGrid(context, view);
  context.fillStyle = COLOURS.outside;
  const { left, top, right, bottom } = view;
  if (top < 0) context.fillRect(left, top, right - left, -top);
  if (bottom > size) context.fillRect(left, size, right - left, bottom - size);
  if (left < 0) context.fillRect(left, Math.max(top, 0), -left, Math.min(bottom, size) - Math.max(top, 0));
  if (right > size) context.fillRect(size, Math.max(top, 0), right - size, Math.min(bottom, size) - Math.max(top, 0));
}

/** The strips of snow and river, from north to south, if this server has them. @param {any} settings */
export function bands(settings) {
  const { snow_to_y: snowTo, river_from_y: top, river_to_y: bottom } = settings;
  const found = [];
  if (snowTo > 0) found.push({ top: -Infinity, bottom: snowTo, colour: COLOURS.snow });
  if (bottom > top) {
    found.push({ top: top - SHORE, bottom: bottom + SHORE, colour: COLOURS.riverEdge });
    found.push({ top, bottom, colour: COLOURS.river });
  }
  return found;
}

function fillBand(context, view, top, bottom, colour) {
  const from = Math.max(view.top, top);
  const to = Math.min(view.bottom, bottom);
  if (from >= to) return;
  context.fillStyle = colour;
  context.fillRect(view.left, from, view.right - view.left, to - from);
}

function drawGrid(context, view) {
  context.beginPath();
  for (let x = Math.ceil(view.left / GRID) * GRID; x < view.right; x += GRID) {
    context.moveTo(x, view.top);
    context.lineTo(x, view.bottom);
  }
  for (let y = Math.ceil(view.top / GRID) * GRID; y < view.bottom; y += GRID) {
    context.moveTo(view.left, y);
    context.lineTo(view.right, y);
  }
  context.strokeStyle = COLOURS.gridLine;
  context.lineWidth = 4;
  context.stroke();
}
