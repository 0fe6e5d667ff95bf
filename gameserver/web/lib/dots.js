// Draws every entity that has a place as a dot, on a canvas that fits itself to all places that there have been.
//
// In:  states of a game. Out: the picture, and the colour of each kind.
// A place is a pair of numbers x and y: fields of the entity, or the items of a list in one of its fields.

import { drawingContext, pixelRatio } from "../browser.js";

const COLOURS = ["#d1495b", "#2e86ab", "#4f9d2f", "#d9822b", "#8a5cc2", "#1c9c8c", "#b5487f", "#8d7b4a"];
const RADIUS = 6;
const MARGIN = 24;

/** @typedef {import("./state.js").GameState} GameState */
/** @typedef {{x: number, y: number}} Point */
/** @typedef {(kind: string, id: string) => boolean} IsOwn whether an entity is the person's own */

/** @param {any} value @returns {Point | null} of a map with x and y, or of a list of two numbers */
function pointOf(value) {
  const [x, y] = Array.isArray(value) && value.length === 2 ? value : [value?.x, value?.y];
  return Number.isFinite(x) && Number.isFinite(y) ? { x, y } : null;
}

/** @param {import("./state.js").Entity} entity @returns {Point[]} all places of an entity, its own place first */
export function pointsOf(entity) {
  const lists = Object.values(entity).filter(Array.isArray);
  return [entity, ...lists.flat()].map(pointOf).filter((point) => point !== null);
}

export class Dots {
  /** @type {Map<string, string>} the colours by kind, of the kinds that have places */
  colours = new Map();
  #left = Infinity;
  #top = Infinity;
  #right = -Infinity;
  #bottom = -Infinity;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
  }

  /** @param {GameState} state @param {IsOwn} isOwn */
  draw(state, isOwn) {
    const dots = this.#find(state, isOwn);
    const ratio = pixelRatio();
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    const context = drawingContext(this.canvas);
    if (!context || !dots.length) return;
    const [wide, tall] = [this.#right - this.#left, this.#bottom - this.#top];
    const scale = Math.min((width - 2 * MARGIN) / (wide || 1), (height - 2 * MARGIN) / (tall || 1));
    context.scale(ratio, ratio);
    context.translate(width / 2 - (scale * (this.#left + this.#right)) / 2, height / 2 - (scale * (this.#top + this.#bottom)) / 2);
    context.strokeStyle = getComputedStyle(this.canvas).color;
    context.lineWidth = 2;
    for (const { x, y, kind, isMine } of dots) {
      context.beginPath();
      context.arc(scale * x, scale * y, RADIUS, 0, 2 * Math.PI);
      context.fillStyle = this.colours.get(kind) ?? "";
      context.fill();
      if (isMine) context.stroke();
    }
  }

  /** Finds the dots, and widens the borders of the picture to hold them. @param {GameState} state @param {IsOwn} isOwn */
  #find(state, isOwn) {
    const dots = [];
    for (const [kind, entities] of Object.entries(state.entities)) {
      for (const [id, entity] of Object.entries(entities)) {
        for (const { x, y } of pointsOf(entity)) {
          dots.push({ x, y, kind, isMine: isOwn(kind, id) });
          this.#left = Math.min(this.#left, x);
          this.#right = Math.max(this.#right, x);
          this.#top = Math.min(this.#top, y);
          this.#bottom = Math.max(this.#bottom, y);
          if (!this.colours.has(kind)) this.colours.set(kind, COLOURS[this.colours.size % COLOURS.length]);
        }
      }
    }
    return dots;
  }
}
