// Shows a message: its frames, its content, and the packet in it as a tree.

import { element } from "../lib/dom.js";
import { violationBox } from "./violation.js";

const SHOWN_CHARACTERS = 2000;

/** @param {any} message @param {number[]} frames numbers in the list @param {((number: number) => void) | undefined} goTo */
export function messageView(message, frames, goTo) {
  const view = element("div", { className: "message-view" }, joined(message, frames, goTo));
  if (message.packet) view.append(packetTree(message.packet));
  else if (message.value !== null) view.append(tree(message.encoding, message.value));
  if (message.text !== null) view.append(element("pre", { className: "text" }, clipped(message.text)));
  else view.append(element("p", { className: "mono wrap" }, clipped((message.payload.match(/../g) ?? []).join(" "))));
  if (!message.packet && message.packet_problem) {
    view.append(element("details", {}, element("summary", {}, "Not a packet of the game"), violationBox(message.packet_problem)));
  }
  return view;
}

const clipped = (text) => (text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)} …` : text);

function joined(message, frames, goTo) {
  const line = element("p", {}, `${message.opcode_name}, ${message.size} bytes`);
  if (message.is_compressed) line.append(`, inflated from ${message.wire_size}`);
  if (message.encoding) line.append(`, ${message.encoding}`);
  if (frames.length > 1) {
    const links = frames.map((number) => element("button", { type: "button", className: "link", onclick: () => goTo?.(number) }, `#${number}`));
    line.append(`, joined from ${frames.length} frames `, ...links);
  }
  return line;
}

function packetTree(packet) {
  const rows = packet.args
    .filter(({ given }) => given)
    .map((arg) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, arg.name),
        element("td", {}, value(arg.value), element("div", { className: "soft small" }, arg.must_be)),
        element("td", { className: "mono small wrap" }, clipHex(arg.wire)),
      ),
    );
  const head = element("p", { className: "packet" }, element("b", {}, packet.id), ` code ${packet.code}, ${packet.about}`);
  return element("div", { className: "packet-tree" }, head, element("table", {}, element("tbody", {}, ...rows)));
}

function clipHex(digits) {
  const pairs = digits?.match(/../g) ?? [];
  return pairs.length > 12 ? `${pairs.slice(0, 12).join(" ")} …` : pairs.join(" ");
}

/** Shows a value: a short value in a line, a long value in a part that the person can open. */
function value(given) {
  const written = JSON.stringify(given);
  if (written.length <= 60 || given === null || typeof given !== "object") return element("span", { className: "mono wrap" }, written);
  return tree(Array.isArray(given) ? `list of ${given.length}` : `map of ${Object.keys(given).length}`, given);
}

function tree(name, given) {
  const items = given !== null && typeof given === "object" ? Object.entries(given) : [["", given]];
  const rows = items.slice(0, 200).map(([key, item]) => element("li", {}, element("span", { className: "soft mono" }, `${key}: `), value(item)));
  return element("details", {}, element("summary", {}, String(name)), element("ul", {}, ...rows));
}
