// The result of an experiment: its end, the rules that decided, whether the result is as stated, and all frames that
// went over the wire.

import { element } from "../lib/dom.js";
import { bytesOf } from "./bits.js";
import { count, frameView } from "./frameview.js";
import { handshakeView } from "./handshakeview.js";
import { violationBox } from "./violation.js";

const CLOSE = 8;
const ENDS = { closed: "The server closed the connection.", reset: "The connection was reset.", open: "The connection was still open." };
const NO_CLOSE = 1006;

/** @param {any} result */
export function resultView(result) {
  const view = element("div", {}, element("p", { className: "outcome" }, outcome(result)));
  if (result.points) view.append(comparison(result.points));
  view.append(...result.violations.map(violationBox));
  if (!result.violations.length && refusal(result)) view.append(element("pre", { className: "text" }, refusal(result)));
  view.append(exchange(result));
  return view;
}

function outcome({ response, code, reason, answers_in_all }) {
  if (!response) return "No answer";
  if (!response.is_upgrade) return response.lines[0].text;
  const frames = answers_in_all - Number(code !== NO_CLOSE);
  const answered = frames ? `${count(frames, "frame")}, then ` : "";
  if (code === NO_CLOSE) return frames ? count(frames, "frame") : "No answer";
  return `${answered}CLOSE ${code === 1005 ? "without a code" : code} ${reason}`.trim();
}

const refusal = ({ response }) => (response && !response.is_upgrade ? response.body.trim() : "");

function comparison(points) {
  const isAsStated = points.every(({ is_as_stated }) => is_as_stated);
  const rows = points.map(({ what, stated, came, is_as_stated }) =>
    element(
      "tr",
      { className: is_as_stated ? "right" : "wrong" },
      element("th", { scope: "row" }, what),
      element("td", { className: "wrap" }, stated),
      element("td", { className: "wrap" }, is_as_stated ? "✓" : `✗ ${came}`),
    ),
  );
  const head = element("tr", {}, ...["", "stated", "came"].map((text) => element("th", { scope: "col" }, text)));
  return element(
    "div",
    { className: isAsStated ? "verdict right" : "verdict wrong", "data-verdict": isAsStated ? "right" : "wrong" },
    element("p", {}, isAsStated ? "✓ As stated" : "✗ Not as stated"),
    element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)),
  );
}

function exchange(result) {
  const list = element("div", { className: "exchange" }, element("h3", {}, "Over the wire"));
  if (result.request) list.append(line("up", result.request.lines[0].text, "", () => handshakeView([result.request])));
  if (result.response) list.append(line("down", result.response.lines[0].text, "", () => handshakeView([result.response])));
  for (const { isUp, frame } of inOrder(result)) {
    const when = isUp ? "" : `after ${frame.after} of ${result.sent_bytes} bytes, ${frame.at_ms} ms`;
    list.append(line(isUp ? "up" : "down", summary(frame), when, () => explanation(frame)));
  }
  const hidden = result.answers_in_all - result.answers.length;
  if (hidden) list.append(element("p", { className: "soft" }, `and ${count(hidden, "frame")} more`));
  if (result.unread_bytes > 0) list.append(element("p", { className: "soft" }, `${count(result.unread_bytes, "byte")} behind that: not a whole frame, or not read any more`));
  if (result.unsent_bytes) list.append(element("p", { className: "warn" }, `${count(result.unsent_bytes, "byte")} more were not sent: it took too long`));
  list.append(element("p", {}, ENDS[result.end]));
  return list;
}

/** Explains a frame; if the server refuses something in it, names the rule and the place. */
function explanation(frame) {
  return element("div", {}, ...(frame.refusal ? [violationBox(frame.refusal)] : []), frameView(frame));
}

/** Frames of both directions, in order: an answer comes after the frames that were sent before it arrived. */
function inOrder({ sent, answers }) {
  const up = sent.map((frame) => ({ isUp: true, frame, at: frame.offset + frame.size }));
  const down = answers.map((frame) => ({ isUp: false, frame, at: frame.after }));
  return [...up, ...down].sort((one, other) => one.at - other.at || Number(other.isUp) - Number(one.isUp));
}

function summary(frame) {
  if (frame.opcode === CLOSE && frame.close) return `CLOSE ${frame.close.code} ${frame.close.reason}`.trim();
  const text = frame.message?.text ?? new TextDecoder().decode(Uint8Array.from(bytesOf(frame.payload)));
  const shown = /^[\x20-\x7e]*$/.test(text) ? text : (frame.payload.match(/../g) ?? []).join(" ");
  return `${frame.opcode_name} ${shown.length > 48 ? `${shown.slice(0, 47)} …` : shown}`;
}

/** A line that the person can open to see the whole explanation. */
function line(way, text, note, explain) {
  const arrow = element("span", { className: "way" }, way === "up" ? "→" : "←");
  const details = element("details", { className: way }, element("summary", {}, arrow, ` ${text} `, element("span", { className: "soft small" }, note)));
  details.ontoggle = () => {
    if (details.open && details.children.length === 1) details.append(explain());
  };
  return details;
}
