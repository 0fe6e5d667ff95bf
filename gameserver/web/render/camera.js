// The part of the world that is on the screen.
//
// In:  the size of the canvas, and the point to follow. Out: the conversion from world units to pixels and back.

// World units at the edge of the cells that the server sends: kept off the screen, so that nothing appears suddenly.
const MARGIN = 120;
// The view, in world units, for a server that does not tell its view.
const USUAL_VIEW = { width: 1920, height: 1080 };
// The time constant of following: the camera moves softly, and is never far behind the followed point.
const FOLLOW_MS = 60;
const LEAP = 600;

export class Camera {
  /** @param {any} settings of WELCOME */
  constructor(settings) {
    const [columns, rows] = settings.view_cells ?? [];
    this.widest = columns ? 2 * (columns * settings.cell_size - MARGIN) : USUAL_VIEW.width;
    this.highest = rows ? 2 * (rows * settings.cell_size - MARGIN) : USUAL_VIEW.height;
    this.mapSize = settings.map_size;
    this.x = this.y = this.mapSize / 2;
    this.resize(1, 1);
  }

  /** @param {number} width @param {number} height of the canvas, in its own pixels */
  resize(width, height) {
    this.width = width;
    this.height = height;
    /** Pixels for a world unit: nobody sees more than the server sends, and a larger window shows it larger. */
    this.zoom = Math.max(width / this.widest, height / this.highest);
  }

  /** Moves towards a point. @param {{x: number, y: number}} point @param {number} passedMs */
  follow(point, passedMs) {
    const isFar = Math.hypot(point.x - this.x, point.y - this.y) > LEAP;
    const share = isFar ? 1 : 1 - Math.exp(-passedMs / FOLLOW_MS);
    this.x += (point.x - this.x) * share;
    this.y += (point.y - this.y) * share;
  }

  /** The rectangle of the world that is on the screen. */
  get view() {
    const halfWidth = this.width / this.zoom / 2;
    const halfHeight = this.height / this.zoom / 2;
    return {
      left: this.x - halfWidth,
      top: this.y - halfHeight,
      right: this.x + halfWidth,
      bottom: this.y + halfHeight,
    };
  }

  /** Sets a drawing context to world units. @param {CanvasRenderingContext2D} context */
  apply(context) {
    const { zoom } = this;
    context.setTransform(zoom, 0, 0, zoom, this.width / 2 - this.x * zoom, this.height / 2 - this.y * zoom);
  }
}
