// Explains a frame: linked bits, bytes and meanings, the unmasking, the message and packet, and the rule that it breaks.
//
// In:  a frame, as Net.dissect.plain gives it. Out: an element.

import { element } from "../lib/dom.js";
import { bitGrid, bitsOf, fieldTable, hexDump, hexOf, linkFields } from "./bits.js";
import { messageView } from "./messageview.js";
import { violationBox } from "./violation.js";

const ROWS_AT_FIRST = 8;

/**
 * @param {any} frame
 * @param {{number?: number, message?: any, frames?: number[], goTo?: (number: number) => void,
 *   isQuestion?: boolean}} context facts from the list; isQuestion: hides the broken rule for the class to find
 */
export function frameView(frame, context = {}) {
  const view = element("div", { className: "frame-view" }, headline(frame, context.number));
  if (frame.violation && !context.isQuestion) view.append(violationBox(frame.violation));
  view.append(bitGrid(frame), section("Bytes", hexDump(frame)), section("What they say", fieldTable(frame)));
  if (frame.unmasking.length) view.append(section("Unmasking: masked ⊕ key[i mod 4] = plain", unmasking(frame)));
  if (frame.close) view.append(section("The close frame", closeBody(frame.close)));
  if (!frame.masked && frame.opcode & 8 && !frame.close && frame.length) view.append(section("Payload", element("p", { className: "mono" }, frame.payload)));
  const message = context.message ?? frame.message;
  if (message) view.append(section("The message", messageView(message, context.frames ?? [], context.goTo)));
  linkFields(view);
  return view;
}

export function section(title, ...content) {
  return element("section", {}, element("h3", {}, title), ...content);
}

function headline(frame, number) {
  const way = frame.from_client ? "client → server" : "server → client";
  const head = element(
    "p",
    { className: "headline" },
    element("b", {}, number === undefined ? "" : `#${number} `, frame.opcode_name),
    ` ${way}, ${frame.role}, ${count(frame.size, "byte")}`,
  );
  if (frame.missing) head.append(element("span", { className: "warn" }, `${count(frame.missing, "byte")} still to come`));
  return head;
}

/** @param {number} number @param {string} thing */
export const count = (number, thing) => `${number} ${thing}${number === 1 ? "" : "s"}`;

function unmasking(frame) {
  const body = element("tbody", {}, ...frame.unmasking.slice(0, ROWS_AT_FIRST).map(unmaskRow));
  const head = ["i", "masked", "", "⊕ key", "", "= plain", "", ""].map((text) => element("th", { scope: "col" }, text));
  const table = element("table", { className: "unmasking mono" }, element("thead", {}, element("tr", {}, ...head)), body);
  if (frame.unmasking.length <= ROWS_AT_FIRST) return table;
  const more = element("button", { type: "button" }, `Show ${frame.unmasking.length} bytes`);
  more.onclick = () => {
    body.replaceChildren(...frame.unmasking.map(unmaskRow));
    more.remove();
  };
  return element("div", {}, table, more);
}

function unmaskRow({ index, masked, key_index, key, plain }) {
  const cell = (text, className = "") => element("td", { className }, text);
  const isPrintable = plain > 0x20 && plain < 0x7f;
  return element(
    "tr",
    {},
    cell(String(index), "soft"),
    cell(hexOf(masked), "field f-payload"),
    cell(bitsOf(masked)),
    cell(`${hexOf(key)} [${key_index}]`, "field f-key"),
    cell(bitsOf(key)),
    cell(hexOf(plain), "field f-plain"),
    cell(bitsOf(plain)),
    cell(isPrintable ? `“${String.fromCharCode(plain)}”` : ""),
  );
}

function closeBody({ code, reason, meaning }) {
  return element("p", {}, element("b", { className: "mono" }, String(code)), ` ${meaning}`, reason ? element("q", {}, reason) : "");
}
