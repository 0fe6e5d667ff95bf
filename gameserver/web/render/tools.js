// The tools of players, drawn along +x from the hands.

import { COLOURS, OUTLINE, paint } from "./palette.js";

const WOOD = "#8a6238";
const IRON = "#b9bcc6";

// Players hold long tools across the body. This angle turns a tool so that it reaches out in front of the body.
const TILT_RAD = 0.6;

/** The drawings, by a word of the weapon's name; a weapon without a drawing of its own looks like a hammer. */
const DRAWN = {
  axe: { draw: drawAxe, tilt: TILT_RAD },
  bow: { draw: drawBow, tilt: 0 },
  daggers: { draw: drawDaggers, tilt: 0 },
  hammer: { draw: drawHammer, tilt: TILT_RAD },
  katana: { draw: drawSword, tilt: TILT_RAD },
  polearm: { draw: drawSpear, tilt: TILT_RAD },
  sword: { draw: drawSword, tilt: TILT_RAD },
};

/** @param {CanvasRenderingContext2D} context turned to the aim @param {string | undefined} name @param {number} scale */
export function drawTool(context, name, scale) {
  const word = Object.keys(DRAWN).find((known) => name?.toLowerCase().includes(known));
  const { draw, tilt } = DRAWN[word ?? "hammer"];
  context.save();
  context.translate(scale * 0.82, scale * 0.72);
  context.rotate(tilt);
  draw(context, scale);
  context.restore();
}

function stick(context, from, to, width, colour) {
  for (const [lineWidth, style] of [[width + 2 * OUTLINE, COLOURS.outline], [width, colour]]) {
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.lineWidth = lineWidth;
    context.strokeStyle = style;
    context.stroke();
  }
}

function block(context, x, y, width, height, colour) {
  context.beginPath();
  context.rect(x, y, width, height);
  paint(context, colour);
}

// Each tool begins in the right hand, at (0, 0); -y points to the left hand.
function drawHammer(context, scale) {
  stick(context, [0, scale * 0.5], [0, -scale * 1.5], scale * 0.16, WOOD);
  block(context, -scale * 0.34, -scale * 1.75, scale * 0.78, scale * 0.5, IRON);
}

function drawAxe(context, scale) {
  stick(context, [0, scale * 0.5], [0, -scale * 1.6], scale * 0.16, WOOD);
  context.beginPath();
  context.moveTo(0, -scale * 1.1);
  context.lineTo(scale * 0.62, -scale * 0.95);
  context.quadraticCurveTo(scale * 0.8, -scale * 1.4, scale * 0.55, -scale * 1.85);
  context.lineTo(0, -scale * 1.6);
  context.closePath();
  paint(context, IRON);
}

function drawSword(context, scale) {
  stick(context, [0, scale * 0.35], [0, -scale * 0.25], scale * 0.16, WOOD);
  context.beginPath();
  context.moveTo(-scale * 0.16, -scale * 0.3);
  context.lineTo(-scale * 0.16, -scale * 2.1);
  context.lineTo(0, -scale * 2.4);
  context.lineTo(scale * 0.16, -scale * 2.1);
  context.lineTo(scale * 0.16, -scale * 0.3);
  context.closePath();
  paint(context, IRON);
  block(context, -scale * 0.36, -scale * 0.4, scale * 0.72, scale * 0.16, WOOD);
}

function drawSpear(context, scale) {
  stick(context, [0, scale * 0.7], [0, -scale * 2.2], scale * 0.14, WOOD);
  context.beginPath();
  context.moveTo(-scale * 0.24, -scale * 2.1);
  context.lineTo(0, -scale * 2.9);
  context.lineTo(scale * 0.24, -scale * 2.1);
  context.closePath();
  paint(context, IRON);
}

function drawDaggers(context, scale) {
  for (const side of [0, -scale * 1.44]) {
    context.beginPath();
    context.moveTo(scale * 0.2, side - scale * 0.14);
    context.lineTo(scale * 1.0, side);
    context.lineTo(scale * 0.2, side + scale * 0.14);
    context.closePath();
    paint(context, IRON);
  }
}

function drawBow(context, scale) {
  context.beginPath();
  context.arc(-scale * 0.5, -scale * 0.72, scale * 1.15, -1.25, 1.25);
  context.lineWidth = scale * 0.14 + 2 * OUTLINE;
  context.strokeStyle = COLOURS.outline;
  context.stroke();
  context.lineWidth = scale * 0.14;
  context.strokeStyle = WOOD;
  context.stroke();
  stick(context, [-scale * 0.14, scale * 0.36], [-scale * 0.14, -scale * 1.8], 1, "#eeeeee");
}
