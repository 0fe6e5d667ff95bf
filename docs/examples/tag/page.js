// The page of tag: draws the field, and sends the direction in which the person wants to run.

import { GameClient } from "/web/lib/client.js";

const [canvas, scores, message, form] = ["field", "scores", "message", "join"].map((id) => document.getElementById(id));
const pen = canvas.getContext("2d");
const RADIUS = 16;
const held = new Set(); // the keys that are down
const looks = {}; // by player id: where it was in the last picture, and the direction of its eyes
let finger = null; // the place in the window where the mouse or a finger is down
let sent = { angle: null, atMs: 0 }; // the last input
let tag = { id: 0, atMs: -Infinity }; // the last touch
let game = null;

function join(name) {
  form.hidden = true;
  game = new GameClient({
    name,
    leap: 100, // nobody runs that far in a tick: it is a new round
    onJoined: () => (sent = { angle: undefined, atMs: 0 }),
    onState: ({ it }) => it && say(game.isMe(it) ? "You are it. Catch somebody!" : `${game.nameOf(it)} is it. Run!`),
    onEvent: (name, [id]) => (tag = { id, atMs: performance.now() }),
    onRoom: () => (scores.textContent = game.scores.map(({ score, name }) => `${score}  ${name}`).join("\n")),
    onOver: ([best]) => say(`${best.name} wins! The next round begins soon.`),
    onWaiting: () => say("The connection is lost. Trying again …"),
    onEnd: (reason) => ([message.textContent, form.hidden] = [reason, false]),
  });
}

function say(text) {
  if (message.textContent !== text) message.textContent = text;
}

/** Sends the direction if it is new. me: the own player; unit: the units in a pixel. */
function steer(me, unit, nowMs) {
  const isDown = (...keys) => keys.some((key) => held.has(key));
  let x = isDown("ArrowRight", "KeyD") - isDown("ArrowLeft", "KeyA");
  let y = isDown("ArrowDown", "KeyS") - isDown("ArrowUp", "KeyW");
  const corner = canvas.getBoundingClientRect();
  if (finger) [x, y] = [(finger.x - corner.x) * unit - me.x, (finger.y - corner.y) * unit - me.y];
  const isRunning = Math.hypot(x, y) > (finger ? RADIUS : 0);
  const angle = isRunning ? (Math.round((Math.atan2(y, x) / Math.PI) * 8) / 8) * Math.PI : null;
  if (angle === sent.angle || nowMs < sent.atMs + 50) return; // the server takes thirty inputs a second
  sent = { angle, atMs: nowMs };
  game.input(angle);
}

function draw(nowMs) {
  requestAnimationFrame(draw);
  if (!game) return;
  const { size = 1, it, entities } = game.between(nowMs);
  const unit = size / canvas.clientWidth;
  canvas.width = canvas.height = canvas.clientWidth * devicePixelRatio;
  pen.scale(devicePixelRatio / unit, devicePixelRatio / unit); // from here on, all numbers are in units of the game
  pen.font = `${14 * unit}px sans-serif`;
  pen.textAlign = "center";
  for (const [id, player] of Object.entries(entities.player ?? {})) {
    drawPlayer(id, player, Number(id) === it, nowMs);
    pen.fillStyle = getComputedStyle(canvas).color;
    pen.fillText(game.nameOf(id), player.x, player.y - RADIUS - 8 * unit);
    if (game.isMe(id)) steer(player, unit, nowMs);
  }
}

function drawPlayer(id, { x, y }, isIt, nowMs) {
  const look = (looks[id] ??= { x, y, angle: 1 });
  const angle = Math.hypot(x - look.x, y - look.y) > 0.2 ? Math.atan2(y - look.y, x - look.x) : look.angle;
  looks[id] = { x, y, angle };
  const wave = Math.min(1, Math.max(0, nowMs - tag.atMs) / 700); // the time of a picture can be before the event
  if (isIt) disc(x, y, RADIUS + 9 + 3 * Math.sin(nowMs / 120), "rgb(240 64 48 / 0.6)");
  if (game.isMe(id)) disc(x, y, RADIUS + 3, getComputedStyle(canvas).color);
  if (tag.id === Number(id)) disc(x, y, RADIUS + 70 * wave, `rgb(240 64 48 / ${0.6 - 0.6 * wave})`);
  disc(x, y, RADIUS, `hsl(${(id * 137.5) % 360} 70% 55%)`);
  for (const side of [angle - 0.6, angle + 0.6]) {
    const [eyeX, eyeY] = [x + 9 * Math.cos(side), y + 9 * Math.sin(side)];
    disc(eyeX, eyeY, 5, "white");
    disc(eyeX + 2 * Math.cos(angle), eyeY + 2 * Math.sin(angle), 2.5, isIt ? "red" : "black");
  }
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
onkeydown = ({ code }) => void held.add(code);
onkeyup = ({ code }) => void held.delete(code);
onblur = () => held.clear(); // the page does not hear of a key that goes up in another window
onpointerdown = onpointermove = ({ x, y, buttons }) => (finger = buttons ? { x, y } : null);
onpointerup = onpointercancel = () => (finger = null);
requestAnimationFrame(draw);
if (GameClient.kept()) join(GameClient.kept().name); // the page was loaded again
