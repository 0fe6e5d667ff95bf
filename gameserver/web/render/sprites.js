// Pictures that are drawn once and then copied: scenery and text cost the most time to draw, and seldom change.

import { drawingContext, roundedRectangle } from "../browser.js";

// Enough for a busy screen. When this many exist, all are dropped and drawn again.
const MOST_SPRITES = 400;
const FONT = "'Trebuchet MS', 'DejaVu Sans', 'Segoe UI', sans-serif";

/**
 * @typedef {object} Sprite
 * @property {HTMLCanvasElement | null} canvas null: the browser has no memory for it, so `draw` is called each time
 * @property {(context: CanvasRenderingContext2D) => void} draw
 * @property {number} width in world units
 * @property {number} height
 */

export class Sprites {
  constructor() {
    this.zoom = 1;
    /** @type {Map<string, Sprite>} */
    this.made = new Map();
  }

  /** Drops all pictures at a new zoom: they are sharp at one zoom only. @param {number} zoom pixels for a world unit */
  setZoom(zoom) {
    if (zoom === this.zoom) return;
    this.zoom = zoom;
    this.made.clear();
  }

  /**
   * The picture with this name; if there is none yet, `draw` draws it round (0, 0).
   * @param {string} name @param {number} width @param {number} height in world units
   * @param {(context: CanvasRenderingContext2D) => void} draw @returns {Sprite}
   */
  get(name, width, height, draw) {
    let sprite = this.made.get(name);
    if (!sprite) {
      if (this.made.size >= MOST_SPRITES) this.made.clear();
      sprite = this.#make(width, height, draw);
      this.made.set(name, sprite);
    }
    return sprite;
  }

  #make(width, height, draw) {
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.ceil(width * this.zoom));
    canvas.height = Math.max(1, Math.ceil(height * this.zoom));
    const context = drawingContext(canvas);
    if (!context) return { canvas: null, draw, width, height };
    context.setTransform(this.zoom, 0, 0, this.zoom, canvas.width / 2, canvas.height / 2);
    context.lineJoin = context.lineCap = "round";
    draw(context);
    return { canvas, draw, width: canvas.width / this.zoom, height: canvas.height / this.zoom };
  }

  /** A line of text with an outline. @param {string} line @param {number} size @param {string} colour @returns {Sprite} */
  text(line, size, colour) {
    const font = `bold ${size}px ${FONT}`;
    return this.get(`text ${size} ${colour} ${line}`, measure(line, font) + size, size * 1.5, (context) => {
      context.font = font;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineWidth = size / 3.5;
      context.strokeStyle = "#35363b";
      context.strokeText(line, 0, 0);
      context.fillStyle = colour;
      context.fillText(line, 0, 0);
    });
  }

  /** Lines of text in a speech bubble. @param {string[]} lines @param {number} size @returns {Sprite} */
  bubble(lines, size) {
    const font = `${size}px ${FONT}`;
    const width = Math.max(...lines.map((line) => measure(line, font))) + size;
    const height = (lines.length + 0.6) * size * 1.25;
    return this.get(`bubble ${size} ${lines.join("\n")}`, width, height, (context) => {
      context.fillStyle = "rgba(30, 32, 38, 0.72)";
      context.beginPath();
      roundedRectangle(context, -width / 2, -height / 2, width, height, size / 2);
      context.fill();
      context.font = font;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillStyle = "#ffffff";
      lines.forEach((line, i) => context.fillText(line, 0, (i - (lines.length - 1) / 2) * size * 1.25));
    });
  }
}

const ruler = drawingContext(document.createElement("canvas"));
// The width of a letter as a share of its height, for browsers that cannot measure text.
const USUAL_WIDTH = 0.6;

function measure(line, font) {
  if (!ruler) return line.length * USUAL_WIDTH * parseFloat(font.replace("bold ", ""));
  ruler.font = font;
  return ruler.measureText(line).width;
}

/** Copies a picture; its middle is at the place. @param {CanvasRenderingContext2D} context @param {Sprite} sprite */
export function stamp(context, sprite, x, y) {
  const { canvas, draw, width, height } = sprite;
  if (canvas) return context.drawImage(canvas, x - width / 2, y - height / 2, width, height);
  context.save();
  context.translate(x, y);
  draw(context);
  context.restore();
}
