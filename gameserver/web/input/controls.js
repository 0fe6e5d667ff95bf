// Sends the person's input as packets: no more packets than the server accepts, and only those with something new.

const AIM_EVERY_MS = 50;
const SHOOT_EVERY_MS = 150;
// The server turns in 256 steps; a smaller change of aim is not worth a packet.
const LEAST_TURN_RAD = Math.PI / 256;

export class Controls {
  /**
   * @param {import("./input.js").Input} input @param {import("../world/prediction.js").Predictor} predictor
   * @param {(id: string, ...args: any[]) => void} send
   */
  constructor(input, predictor, send) {
    this.input = input;
    this.predictor = predictor;
    this.send = send;
    this.shotAtMs = -Infinity;
    this.aimedAtMs = -Infinity;
    // The direction, the attack and the aim that the server knows.
    /** @type {number | null} */
    this.direction = null;
    this.isAttacking = false;
    this.angle = NaN;
  }

  /** The server has forgotten the inputs: the next update sends all of them again. */
  forget() {
    this.direction = null;
    this.isAttacking = false;
    this.angle = NaN;
  }

  /** Sends the changes; the page calls it at every input and once a picture. @param {number} nowMs */
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
    const hasTurned = !(Math.abs(angle - this.angle) < LEAST_TURN_RAD); // also before the first AIM
    if (hasTurned && nowMs - this.aimedAtMs >= AIM_EVERY_MS) {
      this.#noteAim(angle, nowMs);
      this.send("AIM", angle);
    }
  }

  /** Takes note of the aim that the server gets to know. @param {number} angle @param {number} nowMs */
  #noteAim(angle, nowMs) {
    this.angle = angle;
    this.aimedAtMs = nowMs;
  }
}
