// The features that a browser may lack: this is the only module that uses them.
//
// A feature may be missing, be null, throw when it is read or throw when it is called. Reasons: an older browser, a page
// that came by http from another machine (no secure context), blocked cookies, a full disk, a policy of the school.
// In:  the wish of a page. Out: the result, or a plain substitute. No function here throws, and every page works without
//      the feature.

/** @template T @param {() => T} use @param {T} otherwise returned if the feature is missing or throws @returns {T} */
function attempt(use, otherwise) {
  try {
    return use();
  } catch {
    return otherwise;
  }
}

// Storage ----------------------------------------------------------------------------------------------------------

/** Texts by name, in the browser's storage, or in this page's memory if the browser cannot store them. */
class Store {
  /** @param {() => Storage} area reading the property may already throw */
  constructor(area) {
    this.area = area;
    /** @type {Map<string, string>} the texts that the browser did not store */
    this.memory = new Map();
  }

  /** @param {string} key @returns {string | null} */
  get(key) {
    return this.memory.get(key) ?? attempt(() => this.area().getItem(key), null);
  }

  /** @param {string} key @param {string} value */
  set(key, value) {
    this.remove(key); // a full storage keeps the old value, which would come back with the next page
    attempt(() => this.area().setItem(key, value), null);
    if (this.get(key) !== value) this.memory.set(key, value);
  }

  /** @param {string} key */
  remove(key) {
    this.memory.delete(key);
    attempt(() => this.area().removeItem(key), null);
  }
}

/** Kept for the next visit. */
export const lasting = new Store(() => localStorage);
/** Kept for a reload of this tab. */
export const ofThisTab = new Store(() => sessionStorage);

// Devices ----------------------------------------------------------------------------------------------------------

/** @returns {Gamepad[]} the gamepads that are connected */
export function gamepads() {
  return attempt(() => Array.from(navigator.getGamepads()).flatMap((pad) => pad ?? []), []);
}

/** Sends all moves of a finger to an element, also outside it. @param {Element} surface @param {number} pointerId */
export function capturePointer(surface, pointerId) {
  attempt(() => surface.setPointerCapture(pointerId), undefined);
}

/** @param {string} text @returns {Promise<boolean>} whether it is in the clipboard now */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

// The window -------------------------------------------------------------------------------------------------------

/** @returns {boolean} whether the person prefers dark pages */
export function prefersDark() {
  return attempt(() => matchMedia("(prefers-color-scheme: dark)").matches, false);
}

/** @returns {number} pixels of the screen for one pixel of the page */
export function pixelRatio() {
  const ratio = attempt(() => devicePixelRatio, 1);
  return ratio > 0 && ratio < Infinity ? ratio : 1;
}

/** Changes the address of this page; nothing is loaded. @param {string} address relative to this page */
export function showAddress(address) {
  attempt(() => history.replaceState(null, "", address), undefined);
}

/** @param {() => void} changed called when the page is hidden or shown @param {AbortSignal} [signal] ends it */
export function onVisibilityChange(changed, signal) {
  attempt(() => document.addEventListener("visibilitychange", changed, { signal }), undefined);
}

/** @returns {boolean} whether nobody sees the page, or the machine has no network */
export function isAway() {
  return attempt(() => document.hidden || navigator.onLine === false, false);
}

/**
 * Calls `retry` when a new attempt to connect may succeed: the page is visible again, or the network is back.
 * @param {() => void} retry @param {AbortSignal} [signal] ends it
 */
export function onReturn(retry, signal) {
  onVisibilityChange(() => document.hidden || retry(), signal);
  attempt(() => addEventListener("online", retry, { signal }), undefined);
}

/**
 * Offers bytes as a download.
 * @param {string} name @param {Uint8Array<ArrayBuffer>} bytes @param {string} type @returns {boolean}
 */
export function saveFile(name, bytes, type) {
  return attempt(() => {
    const url = URL.createObjectURL(new Blob([bytes], { type }));
    if (!url) return false;
    const link = document.createElement("a");
    Object.assign(link, { href: url, download: name }).click();
    URL.revokeObjectURL(url);
    return true;
  }, false);
}

// Drawing ----------------------------------------------------------------------------------------------------------

/**
 * @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2DSettings} [options]
 * @returns {CanvasRenderingContext2D | null} null: the browser has no memory for another picture, or draws none at all
 */
export function drawingContext(canvas, options) {
  return attempt(() => canvas.getContext("2d", options), null);
}

/**
 * Adds a rectangle to a path, with round corners if the browser has them.
 * @param {CanvasRenderingContext2D} context
 * @param {number} left @param {number} top @param {number} width @param {number} height @param {number} radius
 */
export function roundedRectangle(context, left, top, width, height, radius) {
  const isRound = attempt(() => {
    context.roundRect(left, top, width, height, radius);
    return true;
  }, false);
  if (!isRound) context.rect(left, top, width, height);
}
