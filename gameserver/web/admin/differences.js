// The settings of a room that differ from the defaults, on the operator's page.
//
// In:  the list in each new state. Out: a box that is hidden while nothing differs.

import { element, setText, show } from "../lib/dom.js";

export class Differences {
  constructor() {
    this.shown = "";
    this.title = element("summary");
    this.rows = element("tbody");
    const heads = ["setting", "value", "default"].map((text) => element("th", {}, text));
    const table = element("table", {}, element("thead", {}, element("tr", {}, ...heads)), this.rows);
    this.box = element("details", { className: "differs" }, this.title, table);
  }

  /** @param {{name: string, value: string, default: string}[]} differs */
  update(differs) {
    if (JSON.stringify(differs) === this.shown) return; // so that text that the operator has marked stays marked
    this.shown = JSON.stringify(differs);
    show(this.box, differs.length > 0);
    setText(this.title, `Not as the defaults: ${differs.length}`);
    const rows = differs.map((row) => element("tr", {}, ...[row.name, row.value, row.default].map((text) => element("td", {}, text))));
    this.rows.replaceChildren(...rows);
  }
}
