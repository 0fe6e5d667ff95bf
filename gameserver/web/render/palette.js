// The colours and lines of the picture, and two shapes that several drawings use.

export const COLOURS = {
  outline: "#4b4b4f",
  grass: "#7a9a5c",
  snow: "#f2f5f7",
  river: "#8fb4dd",
  riverEdge: "#d9c99a",
  gridLine: "rgba(0, 0, 0, 0.06)",
  outside: "rgba(0, 0, 20, 0.35)",
  hit: "rgba(200, 40, 30, 0.55)",
  friend: "#7fc24a",
  foe: "#d9564f",
  barBack: "#3a3a3e",
  text: "#ffffff",
};
/** Line width of outlines, in world units. */
export const OUTLINE = 5;

const SKINS = ["#c2945a", "#d9ab79", "#a5713f", "#8f5f3c", "#e3bd96", "#b9825a"];
/** Light enough for dark outlines, and different also for people with red-green colour blindness. */
export const TEAM_COLOURS = ["#e0685c", "#5c93e0", "#e6c54a", "#9a6fd0"];
export const TEAM_NAMES = ["Red", "Blue", "Yellow", "Purple"];

/** The colour of a player's body, by its team or else by its id. @param {number | null} team @param {number} id */
export function bodyColour(team, id) {
  return team === null ? SKINS[id % SKINS.length] : TEAM_COLOURS[team % TEAM_COLOURS.length];
}

/** The path of a star round (0, 0). */
export function star(context, spikes, outer, inner, turn = 0) {
  context.beginPath();
  for (let i = 0; i < 2 * spikes; i++) {
    const radius = i % 2 ? inner : outer;
    const angle = turn + (i * Math.PI) / spikes;
    context.lineTo(Math.cos(angle) * radius, Math.sin(angle) * radius);
  }
  context.closePath();
}

/** The path of a circle. */
export function circle(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}

/** Fills and outlines the current path. */
export function paint(context, fill, outline = COLOURS.outline) {
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = outline;
  context.lineWidth = OUTLINE;
  context.stroke();
}
