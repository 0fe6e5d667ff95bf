// One stay on the server, from the join screen and back to it: makes the parts of the game and connects them.
//
//   packets from the server  ->  lib/joining.js: is the person let in?  ->  room.js: the world and the boxes of the page
//   keys, mouse, touch       ->  actions.js, and the controls of the room  ->  packets to the server
//   every picture            ->  pictures.js: reads the devices, then draws the room
//
// In:  the person's choice on the join screen. Out: calls `ended` at the end, with a message for the person.

import { Gamepad } from "../input/gamepad.js";
import { Input } from "../input/input.js";
import { listenToTouch } from "../input/touch.js";
import { Connection } from "../lib/connection.js";
import { whyEnded } from "../lib/endings.js";
import { Joining } from "../lib/joining.js";
import { NetMeter } from "../lib/meter.js";
import { Floaters } from "../render/floaters.js";
import { Renderer } from "../render/renderer.js";
import { byId } from "../lib/dom.js";
import { Feed } from "../ui/feed.js";
import { NetPanel } from "../ui/netpanel.js";
import * as screens from "../ui/screens.js";
import { actionsOf } from "./actions.js";
import { Pictures } from "./pictures.js";
import { Room } from "./room.js";

export class Game {
  /** @type {Room | null} null until the first WELCOME */
  room = null;

  /**
   * @param {import("../lib/packets.js").PacketTable} packets @param {import("../lib/joining.js").Wish} wish
   * @param {string} token of a seat to take back, or ""
   * @param {(message: string) => void} ended
   */
  constructor(packets, wish, token, ended) {
    this.ended = ended;
    this.renderer = new Renderer(byId("view")); // the first part: it throws where a browser cannot draw
    this.floaters = new Floaters();
    this.feed = new Feed();
    this.netPanel = new NetPanel();
    /** @type {import("../lib/connection.js").Send} */
    this.send = (id, ...args) => this.connection.send(id, ...args);
    /** @type {import("../input/input.js").Act} */
    this.act = (action, argument) => this.actions[action](argument ?? 0);
    this.input = new Input(byId("view"), () => this.#steer(), this.act);
    this.gamepad = new Gamepad(this.input);
    listenToTouch(byId("view"), this.input, byId("stick"), this.input.abort.signal);
    this.actions = actionsOf(this.send, this.input, this.netPanel, () => this.room?.choices ?? []);
    this.joining = new Joining(wish, token, this.send, (message) => this.#end(message));
    this.connection = new Connection(location.origin.replace("http", "ws"), packets, {
      opened: () => this.joining.join(),
      received: (packet) => this.#receive(packet),
      waiting: (secondsLeft) => this.#waitToReconnect(secondsLeft),
      ended: (code, reason) => this.#endedByServer(code, reason),
    });
    this.meter = new NetMeter(this.connection);
    this.pictures = new Pictures(this, () => this.#readDevices());
  }

  // Packets ------------------------------------------------------------------------------------------------------

  /**
   * Calls the method with the packet's name, of this object or else of the room. A packet that is newer than this
   * page has no method. @param {import("../lib/packets.js").Packet} packet
   */
  #receive({ id, args }) {
    const name = `on${id}`;
    const receiver = /** @type {any} */ (name in this ? this : this.room);
    receiver?.[name]?.(...args);
  }

  /**
   * @param {number} playerId @param {string} roomId @param {string} token
   * @param {import("../world/settings.js").Settings} settings
   */
  onWELCOME(playerId, roomId, token, settings) {
    this.connection.forgetAttempts();
    this.joining.welcomed(roomId, token);
    screens.hideAll();
    // A second WELCOME on the same connection: inputs that are under way keep their numbers.
    const sequence = this.room?.predictor.sequence ?? 0;
    this.room = new Room(playerId, settings, this.joining.wish.spectate, sequence, this);
    this.meter.ping(performance.now());
    this.pictures.start(this.room);
  }

  /** @param {string} code @param {string} text */
  onERROR(code, text) {
    if (!this.joining.isIn) this.joining.refused(code, text);
    else if (code !== "RATE_LIMITED") this.feed.add(text);
  }

  /** @param {number} number */
  onPONG(number) {
    this.meter.pong(number, performance.now());
  }

  /** @param {string} text */
  onNOTICE(text) {
    this.feed.notice(text);
  }

  /** @param {string} text */
  onSHUTDOWN(text) {
    this.feed.notice(text);
  }

  // The devices --------------------------------------------------------------------------------------------------

  #readDevices() {
    this.gamepad.poll();
    this.#steer();
  }

  /** Sends the person's present intent, if the server expects one from this page. */
  #steer() {
    if (this.joining.isIn) this.room?.steer(this.input, performance.now());
  }

  // The end ------------------------------------------------------------------------------------------------------

  /** @param {number} secondsLeft */
  #waitToReconnect(secondsLeft) {
    this.joining.isIn = false;
    this.input.release();
    if (secondsLeft > 0) screens.showLost(secondsLeft);
  }

  /** The person leaves the game. */
  leave() {
    this.send("LEAVE");
    this.#end("");
  }

  /** @param {number} code @param {string} reason */
  async #endedByServer(code, reason) {
    this.#end(await whyEnded(code, reason));
  }

  /** @param {string} message */
  #end(message) {
    this.joining.end();
    this.connection.close();
    this.input.end();
    this.pictures.stop();
    screens.hideAll();
    this.ended(message);
  }
}
