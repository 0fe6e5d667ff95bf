// The start of the page: it shows the join screen, begins a game, and comes back to the join screen after it.

import { byId } from "./lib/dom.js";
import { Game } from "./game/game.js";
import { JoinScreen } from "./ui/joinscreen.js";
import { loadPackets } from "./lib/packets.js";
import { closeAll } from "./ui/screens.js";
import { keptSeat } from "./lib/seat.js";
import { limitAllLines } from "./lib/typed.js";

const packets = loadPackets();
/** The present game. The name is global, so that a lesson can inspect the game from the browser's console. */
globalThis.game = null;

/** Begins a game; token: of a seat to take back, or "". */
async function play(wish, token) {
  joinScreen.close();
  try {
    globalThis.game = new Game(await packets, wish, token, (message) => joinScreen.open(message));
  } catch (error) {
    joinScreen.open(`The game could not be loaded: ${error.message}.`);
  }
}

const joinScreen = new JoinScreen((wish) => play(wish, ""));
const kept = keptSeat();
if (kept === null) joinScreen.open();
else play(kept.wish, kept.token);

limitAllLines();
byId("leave").onclick = () => globalThis.game?.leave();
byId("retry").onclick = () => globalThis.game?.connection.retryNow();
byId("give-up").onclick = () => globalThis.game?.leave();
byId("help-close").onclick = closeAll;
for (const action of ["chat", "net", "help"]) {
  byId(`${action}-open`).onclick = (event) => {
    event.currentTarget.blur(); // otherwise the space bar would press it again instead of shooting
    globalThis.game?.act(action);
  };
}
