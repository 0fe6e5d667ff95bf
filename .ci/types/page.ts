// A page of somebody else, in TypeScript: it uses every part of the client as docs/client-js.md describes it.

import { GameClient, type GameState, type Result } from "/web/lib/client.js";

const kept = GameClient.kept();
const game: GameClient = new GameClient({
  name: kept?.name ?? "Ann",
  room: "den",
  smooth: ["x", "y", "angle"],
  wrap: { angle: 2 * Math.PI },
  leap: 250,
  onJoined: (playerId: number) => console.log(playerId.toFixed()),
  onState: (state) => show(state),
  onEvent: (name, values) => console.log(name.toUpperCase(), values.length),
  onRoom: () => console.log(game.room.status, game.room.seats < game.room.capacity),
  onOver: (results: Result[], msToNextRound) => console.log(results[0]?.name, msToNextRound / 1000),
  onChat: (playerId, text) => console.log(game.nameOf(playerId), text.length),
  onNotice: (text) => console.log(text.length),
  onError: (text, code) => console.log(text.length, code.length),
  onWaiting: (seconds) => console.log(seconds.toFixed()),
  onEnd: (text) => console.log(text.length),
});

function show(state: GameState): void {
  for (const [id, snake] of Object.entries(state.entities.snake ?? {})) console.log(game.isMe(id), snake.x, state.tick);
}

show(game.state);
show(game.between());
show(game.between(performance.now()));
game.input({ turn: "left" });
game.on("EXPLOSION", (x: number, y: number) => console.log(x + y));
game.send("DASH", 3);
game.ready();
game.chat("hello");
for (const { id, name, team } of Object.values(game.players)) console.log(id.toFixed(), name.length, team === null);
for (const { name, score } of game.scores) console.log(name.length, score.toFixed());
for (const { team, score } of game.teams) console.log(team.toFixed(), score.toFixed());
console.log(game.roundTripMs.toFixed(), game.timeLeftMs?.toFixed(), game.settings.tick_rate, game.isIn);
if (!game.isIn) game.retryNow();
game.leave();

// Each of these is a mistake that the types find.
// @ts-expect-error A name is missing.
new GameClient({});
// @ts-expect-error An option is misspelt.
new GameClient({ name: "Ann", onstate: show });
// @ts-expect-error The state belongs to the client.
game.state = { entities: {} };
