// Shows a broken rule: in words, its section, and the lines of this server's code that refuse it.

import { element } from "../lib/dom.js";

/** @param {any} violation as Net.dissect.plain gives it */
export function violationBox(violation) {
  const answer = [
    violation.close_code && `close code ${violation.close_code}`,
    violation.status && `HTTP status ${violation.status}`,
    violation.error_code && `ERROR packet ${violation.error_code}`,
  ].find(Boolean);
  return element(
    "div",
    { className: "violation", role: "note" },
    element("p", { className: "rule" }, violation.rule),
    element("p", {}, violation.section, answer ? `, ${answer}` : ""),
    element("p", { className: "soft" }, `decided by ${violation.function}() in ${violation.file}, line ${violation.line}`),
    sourceLines(violation),
  );
}

function sourceLines({ source, source_line, line }) {
  const lines = source.replace(/\n$/, "").split("\n");
  const indent = Math.min(...lines.filter((text) => text.trim()).map((text) => text.search(/\S/)));
  const rows = lines.map((text, i) =>
    element(
      "div",
      { className: source_line + i === line ? "here" : "" },
      element("span", { className: "count" }, String(source_line + i)),
      text.slice(indent),
    ),
  );
  return element("pre", { className: "source" }, ...rows);
}
