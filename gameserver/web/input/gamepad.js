// A gamepad, if the browser has one: the left stick walks, the right stick aims, the buttons have the standard layout.

import { gamepads } from "../browser.js";

const STICK_STILL = 0.3;
const SWING = [0, 7]; // A, right trigger
const SHOOT = [2, 6]; // X, left trigger
/** Buttons that act once when they are pressed. */
const ACTIONS = [
  { button: 1, action: "eat" }, // B
  { button: 4, action: "place", argument: 0 }, // left shoulder
  { button: 5, action: "place", argument: 1 }, // right shoulder
  { button: 9, action: "help" }, // start
];

export class Gamepad {
  /** @param {import("./input.js").Input} input */
  constructor(input) {
    this.input = input;
    this.wasDown = new Set();
    this.wasInUse = false;
  }

  /** Reads the gamepad. A gamepad sends no events, so the page calls this once a picture. */
  poll() {
    const pad = gamepads().find((found) => found.mapping === "standard");
    if (!pad) return this.#letGo();
    const [x, y, aimX, aimY] = pad.axes;
    /** @param {number[]} buttons */
    const isDown = (buttons) => buttons.some((button) => pad.buttons[button]?.pressed);
    const isInUse = Math.hypot(x, y) > STICK_STILL || Math.hypot(aimX, aimY) > STICK_STILL || isDown([...SWING, ...SHOOT]);
    // A gamepad that nobody touches must not keep the mouse from swinging.
    if (isInUse || this.wasInUse) {
      this.input.vectors.set("gamepad", [x, y]);
      const angle = Math.hypot(aimX, aimY) > STICK_STILL ? Math.atan2(aimY, aimX) : this.input.angle;
      this.input.set({ angle, isAttacking: isDown(SWING), isShooting: isDown(SHOOT) });
    }
    this.wasInUse = isInUse;
    for (const { button, action, argument } of ACTIONS) {
      if (!isDown([button])) this.wasDown.delete(button);
      else if (!this.wasDown.has(button)) {
        this.wasDown.add(button);
        this.input.act(action, argument);
      }
    }
  }

  /** Releases all buttons of a gamepad that is unplugged or has an empty battery. */
  #letGo() {
    this.wasDown.clear();
    if (!this.wasInUse) return;
    this.wasInUse = false;
    this.input.vectors.delete("gamepad");
    this.input.set({ isAttacking: false, isShooting: false });
  }
}
