// A gamepad, if the browser has one: left stick walks, right stick aims; the buttons of the standard layout.

import { gamepads } from "./browser.js";

const STICK_STILL = 0.3;
const SWING = [0, 7]; // A, right trigger
const SHOOT = [2, 6]; // X, left trigger
/** Buttons that do something once. */
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

  /** Looks at the gamepad; there are no events for it, so this is to be called once a picture. */
  poll() {
    const pad = gamepads().find((found) => found.mapping === "standard");
    if (!pad) return this.#letGo();
    const [x, y, aimX, aimY] = pad.axes;
    const isDown = (buttons) => buttons.some((button) => pad.buttons[button]?.pressed);
    const isInUse = Math.hypot(x, y) > STICK_STILL || Math.hypot(aimX, aimY) > STICK_STILL || isDown([...SWING, ...SHOOT]);
    // One that lies on the table must not keep the mouse from swinging.
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

  /** A gamepad that was unplugged, or whose battery is empty, holds nothing. */
  #letGo() {
    this.wasDown.clear();
    if (!this.wasInUse) return;
    this.wasInUse = false;
    this.input.vectors.delete("gamepad");
    this.input.set({ isAttacking: false, isShooting: false });
  }
}
