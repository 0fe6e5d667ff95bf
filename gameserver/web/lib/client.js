// The client for the page of any game: it joins a room, keeps the game's state, and comes back after a lost connection.
//
//   const game = new GameClient({ name: "Ann", onState: (state) => draw(state) });
//   game.input({ turn: "left" });
//
// In:  the person's name, functions to call, inputs. Out: calls of those functions; the state, the players, the scores.
// client.d.ts and docs/client-js.md describe every method and option.

import { Connection } from "./connection.js";
import { whyEnded } from "./endings.js";
import { Joining } from "./joining.js";
import { NetMeter } from "./meter.js";
import { loadPackets } from "./packets.js";
import { resultsOf, Room } from "./room.js";
import { keptSeat } from "./seat.js";
import { Smoothing } from "./smoothing.js";
import { applyChanges, makeState } from "./state.js";

const METER_EVERY_MS = 250;
const USUAL_TICK_RATE = 20;

/** @typedef {import("/web/lib/client.js").GameOptions} GameOptions */

export class GameClient {
  /** @type {GameOptions} */
  #options;
  /** @type {Joining} */
  #joining;
  /** @type {Connection | null} null until the server has described its packets */
  #connection = null;
  /** @type {NetMeter | null} */
  #meter = null;
  #timer = 0;
  #hasEnded = false;
  #state = makeState();
  #playerId = -1;
  #room = new Room("", {});
  #smoothing = new Smoothing(USUAL_TICK_RATE);
  /** @type {Map<string, ((...args: any[]) => void)[]>} by packet id */
  #listeners = new Map();

  /** @param {GameOptions} options */
  constructor(options) {
    this.#options = options;
    const { name, team, spectate = false } = options;
    const room = options.room ?? new URLSearchParams(location.search).get("room") ?? undefined;
    const kept = keptSeat();
    const isReturning = kept !== null && kept.wish.name === name && kept.wish.room === room;
    /** @type {import("./joining.js").Wish} */
    const wish = { name, spectate };
    if (room) wish.room = room;
    if (team !== undefined) wish.team = team;
    this.#joining = new Joining(
      wish,
      isReturning ? kept.token : "",
      (id, ...args) => this.#connection?.send(id, ...args),
      (message) => this.#end(message),
    );
    this.#start();
  }

  /** @returns {import("./joining.js").Wish | null} */
  static kept() {
    return keptSeat()?.wish ?? null;
  }

  // The game -----------------------------------------------------------------------------------------------------

  get state() {
    return this.#state;
  }

  /** @param {number} [nowMs] */
  between(nowMs = performance.now()) {
    return this.#smoothing.at(nowMs) ?? this.#state;
  }

  get playerId() {
    return this.#playerId;
  }

  /** @param {number | string} id */
  isMe(id) {
    return Number(id) === this.#playerId;
  }

  /** @param {any} value */
  input(value) {
    this.send("INPUT", value);
  }

  // The room -----------------------------------------------------------------------------------------------------

  get room() {
    const { id, status, seats, capacity } = this.#room;
    return { id, status, seats, capacity };
  }

  get players() {
    return this.#room.players;
  }

  /** @param {number | string} id */
  nameOf(id) {
    return this.#room.names[id] ?? `player ${id}`;
  }

  get scores() {
    return this.#room.scores;
  }

  get teams() {
    return this.#room.teams;
  }

  get settings() {
    return this.#room.settings;
  }

  get timeLeftMs() {
    const { endsAtMs } = this.#room;
    return endsAtMs === null ? null : Math.max(0, endsAtMs - performance.now());
  }

  /** @param {boolean} [isReady] */
  ready(isReady = true) {
    this.send("READY", isReady);
  }

  /** @param {string} text */
  chat(text) {
    this.send("CHAT", text);
  }

  // The connection -----------------------------------------------------------------------------------------------

  get isIn() {
    return this.#joining.isIn;
  }

  get roundTripMs() {
    return this.#meter?.roundTripMs ?? 0;
  }

  retryNow() {
    this.#connection?.retryNow();
  }

  leave() {
    this.#connection?.send("LEAVE");
    this.#end("");
  }

  /** @param {string} id @param {any[]} args */
  send(id, ...args) {
    if (!this.isIn || !this.#connection) return;
    if (!this.#connection.packets.has(id)) throw new Error(`this server has no packet ${id}; /packets.json lists all packets`);
    this.#connection.send(id, ...args);
  }

  /** @param {string} id @param {(...args: any[]) => void} listener */
  on(id, listener) {
    this.#connection?.packets.checkIsSent(id);
    this.#listeners.set(id, [...(this.#listeners.get(id) ?? []), listener]);
  }

  async #start() {
    try {
      const packets = await loadPackets();
      if (!this.#hasEnded) this.#connect(packets);
    } catch (error) {
      this.#end(`The game cannot be loaded: ${/** @type {Error} */ (error).message}.`);
    }
  }

  /** @param {import("./packets.js").PacketTable} packets */
  #connect(packets) {
    for (const id of this.#listeners.keys()) packets.checkIsSent(id);
    this.#connection = new Connection(location.origin.replace("http", "ws"), packets, {
      opened: () => this.#joining.join(),
      received: (packet) => this.#receive(packet),
      waiting: (secondsLeft) => {
        this.#joining.isIn = false;
        this.#options.onWaiting?.(secondsLeft);
      },
      ended: async (code, reason) => this.#end(await whyEnded(code, reason)),
    });
    const meter = new NetMeter(this.#connection);
    this.#meter = meter;
    this.#timer = setInterval(() => this.isIn && meter.update(performance.now()), METER_EVERY_MS);
  }

  /** @param {string} message */
  #end(message) {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#joining.isIn = false;
    this.#joining.end();
    this.#connection?.close();
    clearInterval(this.#timer);
    this.#options.onEnd?.(message);
  }

  // Packets ------------------------------------------------------------------------------------------------------

  /** Packets that are about the room go to it, the others to #HANDLERS. @param {import("./packets.js").Packet} packet */
  #receive({ id, args }) {
    const room = /** @type {any} */ (this.#room);
    const name = `on${id}`;
    if (name in room) {
      room[name](...args);
      this.#options.onRoom?.();
    }
    this.#handlers[id]?.(...args);
    for (const listener of this.#listeners.get(id) ?? []) listener(...args);
  }

  /** @type {Record<string, (...args: any[]) => void>} */
  #handlers = {
    WELCOME: (playerId, roomId, token, settings) => this.#enter(playerId, roomId, token, settings),
    ERROR: (code, text) => {
      if (!this.isIn) this.#joining.refused(code, text);
      else if (this.#options.onError) this.#options.onError(text, code);
      else console.warn(`The server says: ${text} (${code})`);
    },
    PONG: (number) => this.#meter?.pong(number, performance.now()),
    GAME_STATE: (state) => this.#show(makeState(state)),
    GAME_CHANGES: (gone, entities, others) => this.#show(applyChanges(this.#state, gone, entities, others)),
    EVENT: (name, values) => this.#options.onEvent?.(name, values),
    SETTINGS: (settings) => settings.tick_rate && this.#smoothing.setRate(settings.tick_rate),
    CHAT: (playerId, text) => this.#options.onChat?.(playerId, text),
    NOTICE: (text) => this.#options.onNotice?.(text),
    SHUTDOWN: (text) => this.#options.onNotice?.(text),
    GAME_OVER: (rows, msToNext, places) => this.#options.onOver?.(resultsOf(rows, places), msToNext),
  };

  /** @param {number} playerId @param {string} roomId @param {string} token @param {Record<string, any>} settings */
  #enter(playerId, roomId, token, settings) {
    this.#connection?.forgetAttempts();
    this.#joining.welcomed(roomId, token);
    this.#playerId = playerId;
    this.#room = new Room(roomId, settings);
    this.#state = makeState();
    this.#smoothing = new Smoothing(settings.tick_rate ?? USUAL_TICK_RATE, this.#options);
    this.#meter?.ping(performance.now());
    this.#options.onJoined?.(playerId);
  }

  /** @param {import("./state.js").GameState} state */
  #show(state) {
    this.#state = state;
    this.#smoothing.add(state, performance.now());
    this.#options.onState?.(state);
  }
}
