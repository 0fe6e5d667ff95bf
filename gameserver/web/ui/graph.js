// A small graph of bars, the newest at the right, with a line at the value that the bars should have.

import { drawingContext, pixelRatio } from "../browser.js";

// A bar has the colour of a warning above this multiple of the line's value.
const WARN = 1.5;

/**
 * @param {HTMLCanvasElement} canvas @param {number[]} values
 * @param {{top: number, line: number, room: number}} scale value at the top edge, value of the line (it may lie above
 * the top), bars that fit
 */
export function drawBars(canvas, values, { top, line, room }) {
  const ratio = pixelRatio();
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = drawingContext(canvas);
  if (!context) return;
  context.scale(ratio, ratio);
  const step = width / room;
  const shown = values.slice(-room);
  shown.forEach((value, i) => {
    const tall = (Math.min(value, top) / top) * height;
    context.fillStyle = value > WARN * line ? "#ff9d5c" : "#8fd06a";
    context.fillRect(width - (shown.length - i) * step, height - tall, Math.max(1, step - 1), tall);
  });
  context.fillStyle = "rgba(255, 255, 255, 0.6)";
  context.fillRect(0, height - (line / top) * height, width, 1);
}
