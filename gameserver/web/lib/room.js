// A room as its packets describe it: its players, its status, the scores.
//
// In:  the arguments of ROOM, PLAYER, SCOREBOARD, ...; each packet calls the method with its name.
// Out: what is known. A WELCOME begins a room, and the WELCOME after a lost connection begins another one.

/** @typedef {{id: number, name: string, team: number | null}} PlayerInfo */
/** @typedef {{id: number, name: string, score: number}} Score */
/** @typedef {{team: number, score: number}} TeamScore */
/** @typedef {{place: number, id: number, name: string, team: number | null, score: number, kills: number, deaths: number}} Result */

export class Room {
  /** @param {string} id @param {Record<string, any>} settings of WELCOME */
  constructor(id, settings) {
    this.id = id;
    this.settings = settings;
    /** "waiting", "in-progress" or "ended"; empty until the first ROOM. */
    this.status = "";
    this.capacity = 0;
    /** Players, and players who are only kept a seat for. */
    this.seats = 0;
    /** @type {Record<string, PlayerInfo>} by player id, which may be a number or a text */
    this.players = Object.create(null);
    /** @type {Record<string, string>} names by player id, also of players who have left */
    this.names = Object.create(null);
    /** @type {Score[]} the best ten, best first */
    this.scores = [];
    /** @type {TeamScore[]} */
    this.teams = [];
    /** @type {number | null} the time at which the round ends, in milliseconds of this page's clock; null: no limit */
    this.endsAtMs = null;
  }

  /** @param {string} status @param {number} seats @param {number} capacity @param {number | null} msLeft */
  onROOM(status, seats, capacity, msLeft) {
    Object.assign(this, { status, seats, capacity });
    const isRunning = status !== "waiting" && status !== "ended";
    this.endsAtMs = isRunning && msLeft !== null ? performance.now() + msLeft : null;
  }

  /** @param {number} id @param {string} name @param {number | null} team */
  onPLAYER(id, name, team) {
    this.players[id] = { id, name, team };
    this.names[id] = name;
  }

  /** @param {number} id */
  onPLAYER_GONE(id) {
    delete this.players[id];
  }

  /** @param {[number, string, number][]} rows */
  onSCOREBOARD(rows) {
    this.scores = rows.map(([id, name, score]) => ({ id, name, score }));
  }

  /** @param {[number, number][]} rows */
  onTEAMS(rows) {
    this.teams = rows.map(([team, score]) => ({ team, score }));
  }

  /** @param {Record<string, any>} settings that the operator has changed */
  onSETTINGS(settings) {
    this.settings = { ...this.settings, ...settings };
  }
}

/**
 * The results of GAME_OVER as objects.
 * @param {any[][]} rows @param {number[]} places parallel to the rows @returns {Result[]}
 */
export function resultsOf(rows, places) {
  return rows.map(([id, name, team, score, kills, deaths], i) => ({ place: places[i], id, name, team, score, kills, deaths }));
}
