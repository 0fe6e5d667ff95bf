// The types of state.js. `.ci/check_web` compares them with the module.

/** The fields of an entity. */
export type Entity = Record<string, any>;
/** Kinds -> ids -> entities. An id is a text here, also where the game has a number. */
export type Entities = Record<string, Record<string, Entity>>;

/** The state of a game. All keys but `entities` are the game's own. */
export interface GameState {
  tick?: number;
  entities: Entities;
  [key: string]: any;
}

/** A state from the map of GAME_STATE. */
export function makeState(state?: Record<string, any>): GameState;

/** The state after the changes of a GAME_CHANGES; the state before it stays as it was. */
export function applyChanges(
  state: GameState,
  gone: Record<string, (number | string)[]>,
  entities: Entities,
  others: Record<string, any>,
): GameState;
