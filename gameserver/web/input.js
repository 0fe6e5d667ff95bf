// What the person wants, from whatever they hold: keyboard and mouse here, touch.js and gamepad.js besides.
//
// In:  events of the page. Out: an intent (direction, aim, swinging, shooting) and actions such as "eat".

// Further than this from its middle, a stick means a direction.
const DEAD_ZONE = 0.3;
const KEYS = {
  KeyW: [0, -1],
  ArrowUp: [0, -1],
  KeyS: [0, 1],
  ArrowDown: [0, 1],
  KeyA: [-1, 0],
  ArrowLeft: [-1, 0],
  KeyD: [1, 0],
  ArrowRight: [1, 0],
};
/** Keys that do something once, by their place on the keyboard, so that they lie together on every layout. */
const ACTIONS = {
  KeyQ: { action: "eat" },
  Digit1: { action: "place", argument: 0 },
  Digit2: { action: "place", argument: 1 },
  KeyZ: { action: "choose", argument: 0 },
  KeyX: { action: "choose", argument: 1 },
  KeyC: { action: "choose", argument: 2 },
  KeyV: { action: "choose", argument: 3 },
  KeyB: { action: "choose", argument: 4 },
  KeyR: { action: "ready" },
  KeyN: { action: "net" },
  Enter: { action: "chat" },
  NumpadEnter: { action: "chat" },
  Escape: { action: "close" },
};

/** @typedef {(action: string, argument?: number) => void} Act */

export class Input {
  /** @param {HTMLElement} surface where the mouse aims @param {() => void} changed @param {Act} act */
  constructor(surface, changed, act) {
    this.changed = changed;
    this.act = act;
    this.angle = 0;
    this.isAttacking = false;
    this.isShooting = false;
    /** Where on the surface aiming starts: where one's own player is drawn. */
    this.origin = { x: 0, y: 0 };
    /** @type {Map<string, [number, number]>} the way each device points */
    this.vectors = new Map();
    this.keysDown = new Set();
    this.#listen(surface);
  }

  /** @returns {number | null} 0-7, or null to stand still */
  get direction() {
    let [x, y] = [0, 0];
    for (const vector of this.vectors.values()) [x, y] = [x + vector[0], y + vector[1]];
    if (Math.hypot(x, y) < DEAD_ZONE) return null;
    return (Math.round((4 * Math.atan2(y, x)) / Math.PI) + 8) % 8;
  }

  /** The same as numbers, for a camera that is pushed around. @returns {[number, number]} */
  get push() {
    const direction = this.direction;
    if (direction === null) return [0, 0];
    return [Math.cos((direction * Math.PI) / 4), Math.sin((direction * Math.PI) / 4)];
  }

  /** A device points somewhere; [0, 0]: nowhere. @param {string} device @param {[number, number]} vector */
  point(device, vector) {
    this.vectors.set(device, vector);
    this.changed();
  }

  /** @param {{angle?: number, isAttacking?: boolean, isShooting?: boolean}} change */
  set(change) {
    Object.assign(this, change);
    this.changed();
  }

  /** Everything is let go. */
  release() {
    this.keysDown.clear();
    this.vectors.clear();
    this.set({ isAttacking: false, isShooting: false });
  }

  /** Listens until the signal that the game is over. */
  #listen(surface) {
    this.abort = new AbortController();
    const { signal } = this.abort;
    addEventListener("keydown", (event) => this.#keyDown(event), { signal });
    addEventListener("keyup", (event) => this.#keyUp(event), { signal });
    addEventListener("blur", () => this.release(), { signal });
    addEventListener("mouseup", (event) => this.#button(event.button, false), { signal });
    addEventListener("mousemove", (event) => this.#aim(event), { signal });
    surface.addEventListener("mousedown", (event) => this.#button(event.button, true), { signal });
    surface.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  }

  /** Stops listening. */
  end() {
    this.abort.abort();
  }

  #keyDown(event) {
    if (isForText(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "?") this.act("help");
    else if (event.code === "Space") this.set({ isShooting: true });
    else if (KEYS[event.code]) this.#walk(event.code, true);
    else if (ACTIONS[event.code]) this.#do(ACTIONS[event.code], event.repeat);
    else return;
    event.preventDefault();
  }

  #do({ action, argument }, isRepeated) {
    if (!isRepeated) this.act(action, argument);
  }

  #keyUp(event) {
    if (event.code === "Space") this.set({ isShooting: false });
    if (KEYS[event.code]) this.#walk(event.code, false);
  }

  #walk(code, isDown) {
    if (isDown) this.keysDown.add(code);
    else this.keysDown.delete(code);
    let [x, y] = [0, 0];
    for (const key of this.keysDown) [x, y] = [x + KEYS[key][0], y + KEYS[key][1]];
    this.point("keys", [Math.sign(x), Math.sign(y)]);
  }

  #button(button, isDown) {
    if (button === 0) this.set({ isAttacking: isDown });
    if (button === 2) this.set({ isShooting: isDown });
  }

  #aim(event) {
    this.set({ angle: Math.atan2(event.clientY - this.origin.y, event.clientX - this.origin.x) });
  }
}

function isForText(target) {
  return target instanceof Element && target.closest("input, textarea, select") !== null;
}
