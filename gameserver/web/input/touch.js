// Touch screens: the left half is a stick for walking, the right half is a stick for aiming and swinging.
//
// The other actions have ordinary buttons of the page.

import { capturePointer } from "../browser.js";

const REACH = 56; // pixels from the middle of a stick to its edge

/**
 * @param {HTMLElement} surface @param {import("./input.js").Input} input
 * @param {HTMLElement} stick the picture of a stick, shown where a thumb touches @param {AbortSignal} signal
 */
export function listenToTouch(surface, input, stick, signal) {
  /** @type {Map<number, {isLeft: boolean, x: number, y: number}>} the place that each finger touched first */
  const fingers = new Map();

  /** @param {PointerEvent} event */
  function down(event) {
    if (event.pointerType !== "touch") return;
    event.preventDefault();
    const isLeft = event.clientX < surface.clientWidth / 2;
    fingers.set(event.pointerId, { isLeft, x: event.clientX, y: event.clientY });
    capturePointer(surface, event.pointerId);
    if (isLeft) placeStick(event);
    else input.set({ isAttacking: true });
  }

  /** @param {PointerEvent} event */
  function move(event) {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    const x = (event.clientX - finger.x) / REACH;
    const y = (event.clientY - finger.y) / REACH;
    if (finger.isLeft) {
      input.point("touch", [x, y]);
      moveKnob(x, y);
    } else if (Math.hypot(x, y) > 0.2) {
      input.set({ angle: Math.atan2(y, x) });
    }
  }

  /** @param {PointerEvent} event */
  function up(event) {
    const finger = fingers.get(event.pointerId);
    fingers.delete(event.pointerId);
    if (!finger) return;
    if (finger.isLeft) {
      input.point("touch", [0, 0]);
      stick.hidden = true;
    } else {
      input.set({ isAttacking: false });
    }
  }

  /** @param {PointerEvent} event */
  function placeStick(event) {
    stick.hidden = false;
    stick.style.left = `${event.clientX}px`;
    stick.style.top = `${event.clientY}px`;
    moveKnob(0, 0);
  }

  /** @param {number} x @param {number} y */
  function moveKnob(x, y) {
    const length = Math.max(1, Math.hypot(x, y));
    const knob = /** @type {HTMLElement} */ (stick.firstElementChild);
    knob.style.transform = `translate(${(x / length) * REACH}px, ${(y / length) * REACH}px)`;
  }

  input.onRelease(() => {
    fingers.clear();
    stick.hidden = true;
  });
  surface.addEventListener("pointerdown", down, { signal });
  // Events of the window: without a capture, a finger that leaves the surface ends on another element.
  addEventListener("pointermove", move, { signal });
  addEventListener("pointerup", up, { signal });
  addEventListener("pointercancel", up, { signal });
}
