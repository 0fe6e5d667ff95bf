// The shelf of prepared experiments: sorted by chapter, with a search for words.

import { showAddress } from "../browser.js";
import { element, show } from "../lib/dom.js";
import { shortSection } from "./bits.js";

export class Shelf {
  /** @param {HTMLElement} box @param {HTMLInputElement} search @param {(experiment: any) => void} take */
  constructor(box, search, take) {
    this.box = box;
    this.take = take;
    /** @type {Map<string, {experiment: any, button: HTMLElement}>} */
    this.rows = new Map();
    search.oninput = () => this.#find(search.value.trim().toLowerCase());
  }

  /** @param {{chapter: string, experiments: any[]}[]} chapters */
  fill(chapters) {
    this.box.replaceChildren(
      ...chapters.map(({ chapter, experiments }) => {
        const buttons = experiments.map((experiment) => this.#row(experiment));
        return element("details", {}, element("summary", {}, chapter, element("span", { className: "soft" }, ` ${experiments.length}`)), ...buttons);
      }),
    );
    this.box.firstElementChild.open = true;
  }

  /** Takes the experiment with this id; returns whether there is one. @param {string} id */
  choose(id) {
    const row = this.rows.get(id);
    if (!row) return false;
    this.mark(id);
    row.button.closest("details").open = true;
    row.button.scrollIntoView({ block: "nearest" });
    this.take(row.experiment);
    return true;
  }

  /** Marks the experiment that is in the form. @param {string | null} id */
  mark(id) {
    for (const [known, { button }] of this.rows) {
      if (known === id) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  #row(experiment) {
    const { id, title, section } = experiment;
    const button = element("button", { type: "button", "data-experiment": id }, title, " ", element("span", { className: "soft small" }, shortSection(section)));
    button.onclick = () => {
      showAddress(`#${id}`);
      this.choose(id);
    };
    this.rows.set(id, { experiment, button });
    return button;
  }

  #find(words) {
    for (const { experiment, button } of this.rows.values()) {
      const { id, title, rule, section, attacks } = experiment;
      show(button, [id, title, rule, section, ...attacks].join(" ").toLowerCase().includes(words));
    }
    for (const chapter of this.box.children) {
      const found = [...chapter.querySelectorAll("button")].some((button) => !button.hidden);
      show(chapter, found);
      if (words) chapter.open = found;
    }
  }
}
