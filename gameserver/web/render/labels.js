// Labels over players: names, health bars, and speech bubbles.

import { roundedRectangle } from "../browser.js";
import { COLOURS } from "./palette.js";
import { stamp } from "./sprites.js";

const NAME_SIZE = 26;
const BUBBLE_SIZE = 24;
const BAR_WIDTH = 92;
const BAR_HEIGHT = 13;
const LETTERS_A_LINE = 26;

/**
 * @param {CanvasRenderingContext2D} context in world units @param {import("./sprites.js").Sprites} sprites
 * @param {{x: number, y: number}} place @param {number} scale
 * @param {{name: string, health: number, isFriend: boolean, isMate: boolean, saying: string | null}} label
 */
export function drawLabel(context, sprites, place, scale, label) {
  const nameY = place.y - scale - 28;
  const name = sprites.text(label.name, NAME_SIZE, label.isMate ? "#c9f29a" : COLOURS.text);
  stamp(context, name, place.x, nameY);
  drawHealthBar(context, place.x, place.y + scale + 20, label.health, label.isFriend ? COLOURS.friend : COLOURS.foe);
  if (label.saying) {
    const bubble = sprites.bubble(wrap(label.saying), BUBBLE_SIZE);
    stamp(context, bubble, place.x, nameY - NAME_SIZE / 2 - bubble.height / 2 - 6);
  }
}

/** @param {CanvasRenderingContext2D} context in world units @param {number} health 0 to 100 @param {string} colour */
export function drawHealthBar(context, x, y, health, colour) {
  const left = x - BAR_WIDTH / 2;
  const top = y - BAR_HEIGHT / 2;
  context.fillStyle = COLOURS.barBack;
  context.beginPath();
  roundedRectangle(context, left - 4, top - 4, BAR_WIDTH + 8, BAR_HEIGHT + 8, 8);
  context.fill();
  context.fillStyle = colour;
  context.beginPath();
  roundedRectangle(context, left, top, (BAR_WIDTH * health) / 100, BAR_HEIGHT, 5);
  context.fill();
}

/** Cuts a text into lines between words, and inside a word that is longer than a line. @param {string} text */
export function wrap(text) {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    for (const piece of word.match(new RegExp(`.{1,${LETTERS_A_LINE}}`, "gu")) ?? []) {
      const last = lines[lines.length - 1];
      if (!last) lines[lines.length - 1] = piece;
      else if (last.length + 1 + piece.length <= LETTERS_A_LINE) lines[lines.length - 1] = `${last} ${piece}`;
      else lines.push(piece);
    }
  }
  return lines;
}
