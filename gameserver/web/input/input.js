// The person's input from all devices: keyboard and mouse here, touch screens in touch.js, gamepads in gamepad.js.
//
// In:  events of the page. Out: an intent (direction, aim, swinging, shooting) and actions such as "eat".

import { onVisibilityChange } from "../browser.js";

// A stick gives a direction only beyond this distance from its middle.
const DEAD_ZONE = 0.3;
/** @type {Record<string, [number, number]>} the direction of each walking key, by its place on the keyboard */
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
/** @typedef {{action: string, argument?: number}} Action */
/**
 * Keys that act once when pressed, by their place on the keyboard, so that they lie together on every layout.
 * @type {Record<string, Action>}
 */
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

/**
 * Mouse buttons that are held: the bit of each in `buttons` of a mouse event, and the intent that it stands for.
 * @type {Record<number, {bit: number, intent: string}>}
 */
const BUTTONS = {
  0: { bit: 1, intent: "isAttacking" },
  2: { bit: 2, intent: "isShooting" },
};
// After these events the page may never hear that a key or a button is released.
const LOSSES = ["blur", "pagehide", "compositionstart", "dragstart"];
// macOS sends no keyup for a key released while Command is down. On Windows, Alt opens a menu that takes the keys.
const TAKES_KEYS = new Set(["Meta", "Alt"]);
const BY_INPUT_METHOD = 229; // keyCode of a key that an input method has taken (UI Events section 7.3.1)

/** @typedef {(action: string, argument?: number) => void} Act */

export class Input {
  /** @param {HTMLElement} surface where the mouse aims @param {() => void} changed @param {Act} act */
  constructor(surface, changed, act) {
    this.changed = changed;
    this.act = act;
    this.angle = 0;
    this.isAttacking = false;
    this.isShooting = false;
    /** The point on the surface from which the aim is measured: the place where the own player is drawn. */
    this.origin = { x: 0, y: 0 };
    /** @type {Map<string, [number, number]>} the direction in which each device points */
    this.vectors = new Map();
    /** @type {Set<string>} places on the keyboard */
    this.keysDown = new Set();
    /** @type {Set<number>} of the mouse */
    this.buttonsDown = new Set();
    /** @type {(() => void)[]} callbacks of other devices for the release of all keys and buttons */
    this.releases = [];
    this.abort = new AbortController();
    this.#listen(surface);
  }

  /** @returns {number | null} 0-7, or null to stand still */
  get direction() {
    let [x, y] = [0, 0];
    for (const vector of this.vectors.values()) [x, y] = [x + vector[0], y + vector[1]];
    if (Math.hypot(x, y) < DEAD_ZONE) return null;
    return (Math.round((4 * Math.atan2(y, x)) / Math.PI) + 8) % 8;
  }

  /** The direction as a vector, for the free camera of a spectator. @returns {[number, number]} */
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

  /** @param {() => void} release called when all keys and buttons are released */
  onRelease(release) {
    this.releases.push(release);
  }

  /** Releases all keys and buttons. */
  release() {
    this.keysDown.clear();
    this.buttonsDown.clear();
    this.vectors.clear();
    for (const release of this.releases) release();
    this.set({ isAttacking: false, isShooting: false });
  }

  /** Listens until the signal that the game is over. @param {HTMLElement} surface */
  #listen(surface) {
    const { signal } = this.abort;
    addEventListener("keydown", (event) => this.#keyDown(event), { signal });
    addEventListener("keyup", (event) => this.#keyUp(event), { signal });
    for (const loss of LOSSES) addEventListener(loss, () => this.release(), { signal });
    onVisibilityChange(() => this.release(), signal);
    addEventListener("mouseup", (event) => this.#button(event.button, false), { signal });
    addEventListener("mousemove", (event) => this.#mouseMove(event), { signal });
    surface.addEventListener("mousedown", (event) => this.#button(event.button, true), { signal });
    surface.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    addEventListener("contextmenu", (event) => event.defaultPrevented || this.release(), { signal });
    addEventListener("pointercancel", (event) => event.pointerType === "touch" || this.release(), { signal });
  }

  /** Stops listening. */
  end() {
    this.abort.abort();
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    if (event.metaKey || TAKES_KEYS.has(event.key) || isForInputMethod(event)) return this.release();
    if (isForText(event.target) || event.ctrlKey || event.altKey || event.getModifierState?.("AltGraph")) return;
    if (event.key === "?") this.act("help");
    else if (event.code === "Space") this.set({ isShooting: true });
    else if (KEYS[event.code]) this.#walk(event.code, true);
    else if (ACTIONS[event.code]) this.#do(ACTIONS[event.code], event.repeat);
    else return;
    event.preventDefault();
  }

  /** @param {Action} action @param {boolean} isRepeated whether the key has been held for a while */
  #do({ action, argument }, isRepeated) {
    if (!isRepeated) this.act(action, argument);
  }

  /** @param {KeyboardEvent} event */
  #keyUp(event) {
    if (TAKES_KEYS.has(event.key)) return this.release();
    if (event.code === "Space") this.set({ isShooting: false });
    if (KEYS[event.code]) this.#walk(event.code, false);
  }

  /** @param {string} code of the key @param {boolean} isDown */
  #walk(code, isDown) {
    if (isDown) this.keysDown.add(code);
    else this.keysDown.delete(code);
    let [x, y] = [0, 0];
    for (const key of this.keysDown) [x, y] = [x + KEYS[key][0], y + KEYS[key][1]];
    this.point("keys", [Math.sign(x), Math.sign(y)]);
  }

  /** @param {number} button of the mouse @param {boolean} isDown */
  #button(button, isDown) {
    if (!BUTTONS[button] || isDown === this.buttonsDown.has(button)) return;
    if (isDown) this.buttonsDown.add(button);
    else this.buttonsDown.delete(button);
    this.set({ [BUTTONS[button].intent]: isDown });
  }

  /** @param {MouseEvent} event */
  #mouseMove(event) {
    // A button that is released outside the window, or over a menu, sends no mouseup.
    for (const button of this.buttonsDown) if (!(event.buttons & BUTTONS[button].bit)) this.#button(button, false);
    this.set({ angle: Math.atan2(event.clientY - this.origin.y, event.clientX - this.origin.x) });
  }
}

/**
 * Whether an input method takes the key, to compose a character from it and other keys.
 * @param {KeyboardEvent} event
 */
function isForInputMethod(event) {
  return event.isComposing || event.keyCode === BY_INPUT_METHOD;
}

/** Whether the keys belong to a line of text. @param {EventTarget | null} target */
function isForText(target) {
  return target instanceof Element && target.closest("input, textarea, select") !== null;
}
