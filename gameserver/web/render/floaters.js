// Words that rise from a place and fade: the gains of a swing.

import { stamp } from "./sprites.js";

const LASTS_MS = 1100;
const RISE = 90;
const SIZE = 24;
// Several words that come at once stand this far apart.
const STEP = 26;

export class Floaters {
  constructor() {
    /** @type {{text: string, x: number, y: number, atMs: number}[]} */
    this.shown = [];
  }

  /** @param {string} text @param {{x: number, y: number}} place @param {number} nowMs */
  add(text, { x, y }, nowMs) {
    const together = this.shown.filter(({ atMs }) => nowMs - atMs < 100).length;
    this.shown.push({ text, x: x + 60, y: y - 20 - together * STEP, atMs: nowMs });
  }

  /** @param {import("./renderer.js").Renderer} renderer @param {number} nowMs */
  draw({ context, sprites }, nowMs) {
    this.shown = this.shown.filter(({ atMs }) => nowMs - atMs < LASTS_MS);
    for (const { text, x, y, atMs } of this.shown) {
      const share = (nowMs - atMs) / LASTS_MS;
      context.globalAlpha = 1 - share * share;
      stamp(context, sprites.text(text, SIZE, "#ffffff"), x, y - RISE * share);
    }
    context.globalAlpha = 1;
  }
}
