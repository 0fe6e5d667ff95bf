// Explains an opening handshake: line by line, and the accept key step by step.
//
// In:  the request and the response, as Net.dissect.plain gives them. Out: an element.

import { element } from "../lib/dom.js";
import { shortSection } from "./bits.js";
import { section } from "./frameview.js";
import { violationBox } from "./violation.js";

/** @param {any[]} halves */
export function handshakeView(halves) {
  const view = element("div", { className: "handshake-view" });
  for (const half of halves) view.append(section(half.from_client ? "The client asks" : "The server answers", ...parts(half)));
  const steps = halves.find(({ accept }) => accept.length)?.accept ?? [];
  if (steps.length) view.append(section("From Sec-WebSocket-Key to Sec-WebSocket-Accept", acceptSteps(steps)));
  return view;
}

function parts(half) {
  const rows = half.lines.map(({ text, meaning, section: where }) =>
    element(
      "tr",
      {},
      element("td", { className: "mono wrap" }, text),
      element("td", {}, meaning),
      element("td", { className: "section" }, shortSection(where)),
    ),
  );
  const table = element("table", { className: "lines" }, element("tbody", {}, ...rows));
  const body = half.body ? [element("pre", { className: "text" }, half.body)] : [];
  return half.violation ? [violationBox(half.violation), table, ...body] : [table, ...body];
}

function acceptSteps(steps) {
  return element("ol", { className: "accept" }, ...steps.map(({ how, value }) => element("li", {}, how, element("div", { className: "mono wrap" }, value))));
}
