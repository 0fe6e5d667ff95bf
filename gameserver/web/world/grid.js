// Circles by place: finds the circles that overlap a given one without a test of all circles.

// A few trees wide: most circles lie in one to four cells.
const CELL = 400;

/** @typedef {{id: number, kind: number, x: number, y: number, scale: number}} Body */

export class Grid {
  constructor() {
    /** @type {Map<number, Set<Body>>} every body is in each cell that it reaches into */
    this.cells = new Map();
  }

  /** @param {Body} body */
  add(body) {
    for (const key of keysAround(body.x, body.y, body.scale)) {
      const cell = this.cells.get(key);
      if (cell) cell.add(body);
      else this.cells.set(key, new Set([body]));
    }
  }

  /** @param {Body} body as it was added */
  remove(body) {
    for (const key of keysAround(body.x, body.y, body.scale)) this.cells.get(key)?.delete(body);
  }

  /** @param {number} x @param {number} y @param {number} scale @returns {Body | null} one that the circle overlaps */
  touching(x, y, scale) {
    for (const key of keysAround(x, y, scale)) {
      for (const body of this.cells.get(key) ?? []) {
        const reach = body.scale + scale;
        if ((body.x - x) ** 2 + (body.y - y) ** 2 < reach * reach) return body;
      }
    }
    return null;
  }

  /**
   * Every body in a rectangle, and some near it; each once.
   * @param {number} left @param {number} top @param {number} right @param {number} bottom @returns {Set<Body>}
   */
  within(left, top, right, bottom) {
    /** @type {Set<Body>} */
    const found = new Set();
    for (const key of keysBetween(left, top, right, bottom)) {
      for (const body of this.cells.get(key) ?? []) found.add(body);
    }
    return found;
  }
}

/** The keys of the cells that a circle reaches into. @param {number} x @param {number} y @param {number} radius */
function keysAround(x, y, radius) {
  return keysBetween(x - radius, y - radius, x + radius, y + radius);
}

/**
 * The keys of the cells that a rectangle reaches into.
 * @param {number} left @param {number} top @param {number} right @param {number} bottom
 */
function* keysBetween(left, top, right, bottom) {
  for (let row = Math.floor(top / CELL); row <= Math.floor(bottom / CELL); row++) {
    for (let column = Math.floor(left / CELL); column <= Math.floor(right / CELL); column++) {
      yield row * 65536 + column;
    }
  }
}
