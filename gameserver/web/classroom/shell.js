// The parts of every teaching page: the size of letters, light or dark, the mark of the present page. The browser keeps
// the choices.

import { lasting, prefersDark } from "../browser.js";
import { byId, setText } from "../lib/dom.js";

// Factors of the usual size of letters, which follows the size of the window.
const SIZES = [0.8, 0.9, 1, 1.15, 1.35, 1.58];
const USUAL = 2;

const root = document.documentElement;
const THEMES = ["dark", "light"];
let size = Number(lasting.get("classroom-size") ?? USUAL);
let theme = lasting.get("classroom-theme");
if (!THEMES.includes(theme)) theme = prefersDark() ? "dark" : "light";

byId("smaller").onclick = () => resize(size - 1);
byId("larger").onclick = () => resize(size + 1);
byId("theme").onclick = () => {
  theme = theme === "dark" ? "light" : "dark";
  lasting.set("classroom-theme", theme);
  showTheme();
};

for (const link of document.querySelectorAll("nav a")) {
  const isHere = link.pathname === location.pathname || (link.pathname !== "/" && location.pathname.startsWith(`${link.pathname}/`));
  if (isHere) link.setAttribute("aria-current", "page");
}
resize(size);
showTheme();

function resize(wanted) {
  size = Number.isInteger(wanted) ? Math.min(SIZES.length - 1, Math.max(0, wanted)) : USUAL;
  root.style.fontSize = `calc(var(--letters) * ${SIZES[size]})`;
  lasting.set("classroom-size", String(size));
}

function showTheme() {
  root.dataset.theme = theme;
  setText(byId("theme"), theme === "dark" ? "Light" : "Dark");
}
