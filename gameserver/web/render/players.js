// Round players with two hands and a tool that swings.

import { bodyColour, circle, COLOURS, paint } from "./palette.js";
import { drawTool } from "./tools.js";

const SWING_RAD = 1.9;
const USUAL_SWING_MS = 400;
const HIT_MS = 160;
const GHOST_ALPHA = 0.45;

/**
 * @param {CanvasRenderingContext2D} context in world units
 * @param {{x: number, y: number, angle: number}} place
 * @param {any} entity of the world @param {number | null} team @param {any} settings of WELCOME @param {number} nowMs
 */
export function drawPlayer(context, place, entity, team, settings, nowMs) {
  const scale = settings.player_scale;
  const colour = bodyColour(team, entity.id);
  const weapon = settings.weapons?.[entity.weapon];
  context.save();
  context.translate(place.x, place.y);
  context.rotate(place.angle + swing(entity, weapon, nowMs));
  // A player that has lost its connection stands there like a ghost for a while.
  if (entity.isDisconnected) context.globalAlpha = GHOST_ALPHA;
  drawTool(context, weapon?.name, scale);
  for (const side of [-1, 1]) {
    circle(context, scale * 0.82, side * scale * 0.72, scale * 0.4);
    paint(context, colour);
  }
  circle(context, 0, 0, scale);
  paint(context, colour);
  if (nowMs - entity.hitAtMs < HIT_MS) {
    context.fillStyle = COLOURS.hit;
    context.fill();
  }
  context.restore();
}

/** The angle of the tool: it turns back, then through the aim, once for each cool-down while the player attacks. */
function swing(entity, weapon, nowMs) {
  const lastsMs = 1000 * (weapon?.cooldown ?? 0) || USUAL_SWING_MS;
  const sinceMs = nowMs - entity.attackAtMs;
  if (!entity.isAttacking && sinceMs >= lastsMs) return 0;
  const share = (sinceMs % lastsMs) / lastsMs;
  return -SWING_RAD * Math.sin(Math.PI * Math.min(1, share * 1.4)) * (share < 0.72 ? 1 : 0);
}
