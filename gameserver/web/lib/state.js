// The state of a game of one's own, and how changes apply to it (docs/protocol.md, "Other games").
//
// In:  the arguments of GAME_STATE and GAME_CHANGES. Out: the new state. The state before it stays as it was, so that a
//      page can compare the two and draw between them; all that has not changed is the same object in both.

/** @typedef {Record<string, any>} Entity the fields of an entity */
/** @typedef {Record<string, Record<string, Entity>>} Entities kinds -> ids -> entities; a number as id is a text here */
/** @typedef {{tick?: number, entities: Entities, [key: string]: any}} GameState */

/**
 * A copy of a map without a prototype: a player's name such as "__proto__" is then a key like any other.
 * @template {Record<string, any>} T @param {T | undefined} map @returns {T}
 */
const copyOf = (map) => Object.assign(Object.create(null), map);

/** @param {Record<string, any>} [state] of GAME_STATE @returns {GameState} the same, with `entities` in any case */
export function makeState(state) {
  const made = copyOf(state);
  made.entities ??= Object.create(null);
  return /** @type {GameState} */ (made);
}

/**
 * GAME_CHANGES
 * @param {GameState} state @param {Record<string, (number | string)[]>} gone kinds -> ids of entities to forget
 * @param {Entities} entities fields to set; an entity that is not known is new
 * @param {Record<string, any>} others values to set in the state, each as a whole
 * @returns {GameState}
 */
export function applyChanges(state, gone, entities, others) {
  const next = copyOf(state);
  next.entities = copyOf(state.entities);
  for (const kind of new Set([...Object.keys(gone), ...Object.keys(entities)])) {
    const things = copyOf(next.entities[kind]);
    for (const id of gone[kind] ?? []) delete things[id];
    for (const [id, fields] of Object.entries(entities[kind] ?? {})) things[id] = Object.assign(copyOf(things[id]), fields);
    next.entities[kind] = things;
  }
  return Object.assign(next, others);
}
