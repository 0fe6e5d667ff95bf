// What every teaching page has: large or small letters, light or dark, and where one is. Remembered in this browser.

import { byId, setText } from "../dom.js";

// Of the usual letters, which follow the size of the window.
const SIZES = [0.8, 0.9, 1, 1.15, 1.35, 1.58];
const USUAL = 2;

const root = document.documentElement;
let size = Number(localStorage.getItem("classroom-size") ?? USUAL);
let theme = localStorage.getItem("classroom-theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

byId("smaller").onclick = () => resize(size - 1);
byId("larger").onclick = () => resize(size + 1);
byId("theme").onclick = () => {
  theme = theme === "dark" ? "light" : "dark";
  localStorage.setItem("classroom-theme", theme);
  showTheme();
};

for (const link of document.querySelectorAll("nav a")) {
  const isHere = link.pathname === location.pathname || (link.pathname !== "/" && location.pathname.startsWith(`${link.pathname}/`));
  if (isHere) link.setAttribute("aria-current", "page");
}
resize(size);
showTheme();

function resize(wanted) {
  size = Math.min(SIZES.length - 1, Math.max(0, wanted));
  root.style.fontSize = `calc(var(--letters) * ${SIZES[size]})`;
  localStorage.setItem("classroom-size", String(size));
}

function showTheme() {
  root.dataset.theme = theme;
  setText(byId("theme"), theme === "dark" ? "Light" : "Dark");
}
