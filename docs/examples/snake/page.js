// The page of snake: draws the field, and sends the heading to which the person wants to turn.

import { GameClient } from "/web/lib/client.js";

const [canvas, scores, message, form] = ["field", "scores", "message", "join"].map((id) => document.getElementById(id));
const pen = canvas.getContext("2d");
const KEYS = { ArrowRight: 0, KeyD: 0, ArrowDown: 1, KeyS: 1, ArrowLeft: 2, KeyA: 2, ArrowUp: 3, KeyW: 3 };
const bursts = []; // snakes that have just crashed, the last one first
let wipe = null; // where the finger made its last turn, and to which heading
let game = null;

function join(name) {
  form.hidden = true;
  game = new GameClient({
    name,
    smooth: ["x", "y", "tail_x", "tail_y"], // the two ends of a snake glide from cell to cell
    leap: 1, // a snake that jumps farther is in its next life
    onState: ({ entities }) => say(entities.snake?.[game.playerId] ? "" : "Your snake comes back in a moment."),
    onEvent: (name, [id]) =>
      bursts.unshift({ id, atMs: performance.now(), body: game.state.entities.snake?.[id]?.body ?? [] }),
    onRoom: () => (scores.textContent = game.scores.map(({ score, name }) => `${score}  ${name}`).join("\n")),
    onOver: ([best]) => say(`${best.name} wins! The next round begins soon.`),
    onWaiting: () => say("The connection is lost. Trying again …"),
    onEnd: (reason) => ([message.textContent, form.hidden] = [reason, false]),
  });
}

function say(text) {
  if (message.textContent !== text) message.textContent = text;
}

function draw(nowMs) {
  requestAnimationFrame(draw);
  if (!game) return;
  const { size = 1, entities } = game.between(nowMs);
  const cell = canvas.clientWidth / size; // in pixels
  canvas.width = canvas.height = canvas.clientWidth * devicePixelRatio;
  pen.scale(cell * devicePixelRatio, cell * devicePixelRatio); // from here on, all numbers are in cells
  pen.translate(0.5, 0.5); // a cell is drawn around its middle
  pen.lineJoin = pen.lineCap = "round";
  pen.textAlign = "center";
  pen.font = `${14 / cell}px sans-serif`;
  for (const { x, y } of Object.values(entities.food ?? {})) {
    disc(x, y, 0.32 + 0.06 * Math.sin(nowMs / 200 + x * 3 + y), `hsl(${(x * 7 + y * 13) % 60} 85% 55%)`);
  }
  const snakes = Object.entries(entities.snake ?? {});
  for (const [id, snake] of snakes) drawSnake(id, snake);
  bursts.splice(9);
  for (const { id, body, atMs } of bursts) {
    const age = Math.min(1, Math.max(0, nowMs - atMs) / 600); // the time of a picture can be before the event
    for (const [x, y] of body) disc(x, y, 0.4 + age, colourOf(id, 60, 1 - age));
  }
  pen.fillStyle = getComputedStyle(canvas).color;
  for (const [id, { x, y }] of snakes) pen.fillText(game.nameOf(id), x, y - 0.9);
}

function drawSnake(id, { x, y, tail_x, tail_y, body }) {
  pen.beginPath();
  pen.moveTo(x, y);
  for (const [cellX, cellY] of body.slice(1)) pen.lineTo(cellX, cellY);
  pen.lineTo(tail_x, tail_y);
  const [glow, skin, stripe] = [[1.5, 50, 0.3], [0.8, 50, 1], [0.25, 75, 1]];
  for (const [width, lightness, share] of game.isMe(id) ? [glow, skin, stripe] : [skin, stripe]) {
    [pen.lineWidth, pen.strokeStyle] = [width, colourOf(id, lightness, share)];
    pen.stroke();
  }
  const [neckX, neckY] = body[1] ?? [x - 1, y];
  const angle = Math.atan2(y - neckY, x - neckX);
  for (const side of [angle - 0.9, angle + 0.9]) {
    disc(x + 0.3 * Math.cos(side), y + 0.3 * Math.sin(side), 0.2, "white");
    disc(x + 0.36 * Math.cos(side), y + 0.36 * Math.sin(side), 0.1, "black");
  }
}

function colourOf(id, lightness, share) {
  return `hsl(${(id * 137.5) % 360} 70% ${lightness}% / ${share})`;
}

function disc(x, y, radius, colour) {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

form.onsubmit = (event) => {
  event.preventDefault();
  join(document.getElementById("name").value);
};
onkeydown = ({ code, repeat }) => {
  if (code in KEYS && !repeat) game?.input(KEYS[code]);
};
onpointerdown = ({ x, y }) => (wipe = { x, y, heading: null });
onpointerup = onpointercancel = () => (wipe = null);
onpointermove = ({ x, y }) => {
  const [dx, dy] = wipe ? [x - wipe.x, y - wipe.y] : [0, 0];
  if (Math.hypot(dx, dy) < 20) return;
  const heading = Math.abs(dx) > Math.abs(dy) ? (dx > 0 ? 0 : 2) : dy > 0 ? 1 : 3;
  if (heading !== wipe.heading) game?.input(heading);
  wipe = { x, y, heading };
};
requestAnimationFrame(draw);
if (GameClient.kept()) join(GameClient.kept().name); // the page was loaded again
