// The types of client.js, for editors and TypeScript. `.ci/check_web` compares them with the module.

import type { GameState } from "./state.js";

export type { Entities, Entity, GameState } from "./state.js";

export interface PlayerInfo {
  id: number;
  name: string;
  /** 0 and up; null: no team */
  team: number | null;
}

export interface Score {
  id: number;
  name: string;
  score: number;
}

export interface TeamScore {
  team: number;
  score: number;
}

export interface Result {
  /** 1 and up; equally good players share a place */
  place: number;
  id: number;
  name: string;
  team: number | null;
  score: number;
  kills: number;
  deaths: number;
}

export interface RoomInfo {
  id: string;
  /** "waiting", "in-progress" or "ended"; "" until the server has told it */
  status: string;
  /** Seats that are taken, and all seats. */
  seats: number;
  capacity: number;
}

/** The wish with which a player joins. */
export interface Wish {
  /** 1 to 16 characters */
  name: string;
  /** Any room with a free seat if neither this nor the page's address (`?room=den`) names one. */
  room?: string;
  team?: number;
  /** Only watch, and take no seat. */
  spectate?: boolean;
}

export interface GameOptions extends Wish {
  /** The server has let this page in; called again after a lost connection. */
  onJoined?(playerId: number): void;
  /** A new state has come. It never changes afterwards: the next one is another object. */
  onState?(state: GameState): void;
  /** The game tells something, once. */
  onEvent?(name: string, values: any[]): void;
  /** Something about the room has changed: its players, its status, the scores, the teams, the settings. */
  onRoom?(): void;
  /** The round is over. */
  onOver?(results: Result[], msToNextRound: number): void;
  onChat?(playerId: number, text: string): void;
  /** A word from the operator or the server. */
  onNotice?(text: string): void;
  /** The server refused a packet (docs/protocol.md has the codes). Without this function the console shows it. */
  onError?(text: string, code: string): void;
  /**
   * The connection is lost; called every second until the next attempt, or with 0 if that follows at once, after a
   * restart of the server. `onJoined` says that it is back.
   */
  onWaiting?(seconds: number): void;
  /** The page is out of the game and makes no further attempt; the text is for the person, and empty after `leave`. */
  onEnd?(text: string): void;

  /** The fields of entities that `between` interpolates, where they are numbers. Default: `["x", "y"]`. */
  smooth?: string[];
  /** The size of a world that begins again at its border, by field: `{ x: 800, angle: 2 * Math.PI }`. */
  wrap?: Record<string, number>;
  /** `between` does not interpolate a field that changes by more than this between two states: it has jumped. */
  leap?: number;
}

export class GameClient {
  /** Joins at once, or takes back the seat that this tab kept over a reload. */
  constructor(options: GameOptions);

  /** The wish of the seat that this tab kept over a reload; null: nobody was playing here. */
  static kept(): Wish | null;

  // The game

  /** The last state; without entities until the first one has come. Ids are texts, as all keys in JavaScript. */
  readonly state: GameState;
  /** The state to draw now: a little in the past, between two states that have come. nowMs: of `performance.now()`. */
  between(nowMs?: number): GameState;
  /** The own player's id; -1 until the server has let this page in. */
  readonly playerId: number;
  /** Whether an id, as a number or a text, is the own player's. */
  isMe(id: number | string): boolean;
  /** Sends an INPUT. Does nothing while there is no connection. */
  input(value: any): void;

  // The room

  readonly room: RoomInfo;
  /** The players in the room, by id. */
  readonly players: Record<string, PlayerInfo>;
  /** The name of a player, also of a player who has left. */
  nameOf(id: number | string): string;
  /** The best ten players, best first. */
  readonly scores: Score[];
  readonly teams: TeamScore[];
  /** The settings of the game that clients are told. */
  readonly settings: Record<string, any>;
  /** The time until the round ends; null: it has no limit, or no round is on. */
  readonly timeLeftMs: number | null;
  /** Says that the player is ready: a waiting round starts when all are. */
  ready(isReady?: boolean): void;
  chat(text: string): void;

  // The connection

  /** Whether the server has let this page in, on the present connection. */
  readonly isIn: boolean;
  /** The median of the last round trips; 0 until the first one. */
  readonly roundTripMs: number;
  /** Makes the next attempt to connect at once. */
  retryNow(): void;
  /** Gives the seat up and closes the connection. */
  leave(): void;
  /** Sends any packet. Does nothing while there is no connection. Throws an Error for a packet that the server does not know. */
  send(id: string, ...args: any[]): void;
  /** Calls a function with the arguments of each packet of this id. Throws an Error if the server sends no such packet. */
  on(id: string, listener: (...args: any[]) => void): void;
}
