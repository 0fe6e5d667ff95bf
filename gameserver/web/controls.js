// What the person wants, as packets: no more of them than the server takes, and none that says nothing new.

const AIM_EVERY_MS = 50;
const SHOOT_EVERY_MS = 150;
// The server turns in 256 steps; a smaller change of aim is not worth a packet.
const LEAST_TURN_RAD = Math.PI / 256;

export class Controls {
  /**
   * @param {import("./input.js").Input} input @param {import("./prediction.js").Predictor} predictor
   * @param {(id: string, ...args: any[]) => void} send
   */
  constructor(input, predictor, send) {
    this.input = input;
    this.predictor = predictor;
    this.send = send;
    this.shotAtMs = -Infinity;
    this.aimedAtMs = -Infinity;
    this.forget();
  }

  /** The server has forgotten what it was told: everything is to be said again. */
  forget() {
    /** @type {number | null} */
    this.direction = null;
    this.isAttacking = false;
    this.angle = NaN;
  }

  /** Sends what has changed; to be called at every input, and once a picture. @param {number} nowMs */
  update(nowMs) {
    const { direction, isAttacking, isShooting, angle } = this.input;
    if (direction !== this.direction) {
      this.direction = direction;
      this.send("MOVE", direction, this.predictor.input(direction, nowMs));
    }
    if (isAttacking !== this.isAttacking) {
      this.isAttacking = isAttacking;
      this.#noteAim(angle, nowMs);
      this.send("ATTACK", isAttacking, angle);
    }
    if (isShooting && nowMs - this.shotAtMs >= SHOOT_EVERY_MS) {
      this.shotAtMs = nowMs;
      this.#noteAim(angle, nowMs);
      this.send("SHOOT", angle);
    }
    const hasTurned = !(Math.abs(angle - this.angle) < LEAST_TURN_RAD); // also when nothing was said yet
    if (hasTurned && nowMs - this.aimedAtMs >= AIM_EVERY_MS) {
      this.#noteAim(angle, nowMs);
      this.send("AIM", angle);
    }
  }

  #noteAim(angle, nowMs) {
    this.angle = angle;
    this.aimedAtMs = nowMs;
  }
}
