// A frame as it is on the wire: bits in rows of 32, as in RFC 6455 section 5.2, and bytes, each coloured by its field.
//
// Every element of a field has the field's number in `data-field`; `linkFields` lights up all of them at once.

import { element } from "../lib/dom.js";

const ROW_BITS = 32;
const ROW_BYTES = 16;
const SHOWN_BYTES = 256;

/** The colour of a field, by its name. */
const COLOURS = {
  FIN: "fin",
  RSV1: "rsv",
  RSV2: "rsv",
  RSV3: "rsv",
  opcode: "opcode",
  MASK: "mask",
  "payload length": "length",
  "extended payload length": "length",
  "masking key": "key",
  payload: "payload",
};

/** @param {{name: string}} field */
export const colourOf = (field) => `field f-${COLOURS[field.name] ?? "payload"}`;

/** @param {string} digits @returns {number[]} */
export const bytesOf = (digits) => (digits.match(/../g) ?? []).map((pair) => parseInt(pair, 16));

/** @param {number} byte */
export const hexOf = (byte) => byte.toString(16).padStart(2, "0");

/** @param {number} byte as "0101 1010" */
export const bitsOf = (byte) => byte.toString(2).padStart(8, "0").replace(/(.{4})/, "$1 ");

/** The bits of a frame's header, and the payload's in the same rows. @param {any} frame as Net.dissect.plain gives it */
export function bitGrid(frame) {
  const bytes = bytesOf(frame.wire);
  const rows = Math.ceil((frame.header_size * 8) / ROW_BITS);
  const grid = element("div", { className: "bits", role: "group", "aria-label": "bits of the header" });
  for (let column = 0; column < ROW_BITS; column++) grid.append(placed(element("span", { className: "count" }, String(column)), column, 1));
  for (let row = 0; row < rows; row++) {
    const start = row * ROW_BITS;
    const end = Math.min(start + ROW_BITS, bytes.length * 8);
    frame.fields.forEach((field, number) => grid.append(...rowOf(field, number, bytes, start, end)));
  }
  letArrowsWalk(grid);
  return grid;
}

/** Tab reaches one bit; from there the arrow keys reach the others: left and right, and up and down by a row. */
function letArrowsWalk(grid) {
  const bits = [...grid.querySelectorAll(".bit")];
  if (bits.length) bits[0].tabIndex = 0;
  grid.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -ROW_BITS, ArrowDown: ROW_BITS }[event.key];
    const from = bits.indexOf(event.target);
    if (!by || from < 0) return;
    event.preventDefault();
    const next = bits[from + by];
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}

/** The name of a field and those of its bits that lie in one row. */
function rowOf(field, number, bytes, start, end) {
  const first = Math.max(field.first_bit, start);
  const last = Math.min(field.first_bit + field.bits, end);
  if (first >= last) return [];
  const isNarrow = last - first < 4;
  const name = element("span", { className: `${colourOf(field)} name${isNarrow ? " upright" : ""}`, "data-field": number }, field.name);
  const bits = [];
  for (let bit = first; bit < last; bit++) {
    const value = (bytes[bit >> 3] >> (7 - (bit & 7))) & 1;
    const edge = bit % 8 === 7 ? " edge" : "";
    const said = { role: "button", tabIndex: -1, "aria-label": `bit ${bit}, ${field.name}: ${value}` };
    const cell = element("span", { className: `${colourOf(field)} bit${edge}`, "data-field": number, "data-bit": bit, ...said }, String(value));
    bits.push(placed(cell, bit - start, 1, (start / ROW_BITS) * 2 + 3));
  }
  return [placed(name, first - start, last - first, (start / ROW_BITS) * 2 + 2), ...bits];
}

function placed(cell, column, span, row = 1) {
  cell.style.gridColumn = `${column + 1} / span ${span}`;
  cell.style.gridRow = String(row);
  return cell;
}

/** All bytes of a frame in hex. @param {any} frame */
export function hexDump(frame) {
  const bytes = bytesOf(frame.wire).slice(0, SHOWN_BYTES);
  const dump = element("div", { className: "hex", role: "group", "aria-label": "bytes of the frame" });
  for (let start = 0; start < bytes.length; start += ROW_BYTES) {
    const cells = bytes.slice(start, start + ROW_BYTES).map((byte, i) => byteCell(frame.fields, byte, start + i));
    dump.append(element("div", {}, element("span", { className: "count" }, String(start).padStart(4)), ...cells));
  }
  if (frame.size > bytes.length) dump.append(element("p", { className: "soft" }, `and ${frame.size - bytes.length} bytes more`));
  return dump;
}

/** A byte; a byte with several fields has a stripe for each. */
function byteCell(fields, byte, at) {
  const cell = element("span", { className: "byte" });
  const inside = fields.map((field, number) => ({ field, number })).filter(({ field }) => overlaps(field, at * 8, at * 8 + 8));
  const stripes = inside.map(({ field, number }) => {
    const stripe = element("i", { className: colourOf(field), "data-field": number });
    stripe.style.flexGrow = String(Math.min(8, field.bits));
    return stripe;
  });
  cell.append(element("span", { className: "stripes" }, ...stripes), element("b", {}, hexOf(byte)));
  cell.dataset.fields = inside.map(({ number }) => number).join(" ");
  return cell;
}

const overlaps = (field, start, end) => field.first_bit < end && field.first_bit + field.bits > start;

/** The fields with their values and meanings. @param {any} frame */
export function fieldTable(frame) {
  const rows = frame.fields.map((field, number) =>
    element(
      "tr",
      { "data-field": number, tabIndex: 0 },
      element("th", { scope: "row" }, element("span", { className: colourOf(field) }, field.name)),
      element("td", { className: "mono" }, valueOf(field)),
      element("td", {}, field.meaning),
      element("td", { className: "section" }, shortSection(field.section)),
    ),
  );
  return element("table", { className: "fields" }, element("tbody", {}, ...rows));
}

function valueOf(field) {
  if (typeof field.value === "number") return field.bits <= 4 && field.bits > 1 ? `${field.value} (${field.value.toString(2).padStart(field.bits, "0")})` : String(field.value);
  const digits = (String(field.value).match(/../g) ?? []).join(" ");
  return digits.length > 18 ? `${digits.slice(0, 17)} …` : digits;
}

/** "RFC 6455 section 5.2" as "§ 5.2": a bare section is one of RFC 6455. @param {string} section */
export const shortSection = (section) => section.replace("RFC 6455 section ", "§\u00a0").replace(" section ", " §\u00a0");

/** Lights up all parts of a field under the pointer, with the focus, or clicked; Enter is a click. @param {any} view */
export function linkFields(view) {
  let pinned = "";
  const light = (numbers) => {
    for (const part of view.querySelectorAll("[data-field]")) part.classList.toggle("lit", numbers.includes(part.dataset.field));
    for (const cell of view.querySelectorAll("[data-fields]")) {
      cell.classList.toggle("lit", cell.dataset.fields.split(" ").some((number) => numbers.includes(number)));
    }
  };
  const numbersAt = (target) => {
    const part = target.closest("[data-field]");
    if (part) return [part.dataset.field];
    return target.closest("[data-fields]")?.dataset.fields.split(" ") ?? [];
  };
  view.addEventListener("pointerover", (event) => light(numbersAt(event.target).length ? numbersAt(event.target) : pinned.split(" ")));
  view.addEventListener("pointerleave", () => light(pinned.split(" ")));
  view.addEventListener("focusin", (event) => light(numbersAt(event.target)));
  view.addEventListener("focusout", () => light(pinned.split(" ")));
  view.addEventListener("keydown", (event) => {
    if (!["Enter", " "].includes(event.key) || !event.target.matches("[data-field]")) return;
    event.preventDefault();
    event.target.click();
  });
  view.addEventListener("click", (event) => {
    const numbers = numbersAt(event.target).join(" ");
    pinned = numbers === pinned ? "" : numbers;
    light(pinned.split(" "));
  });
}
