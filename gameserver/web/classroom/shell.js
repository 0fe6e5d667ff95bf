// What every teaching page has: large or small letters, light or dark, and where one is. Remembered in this browser.

import { byId, setText } from "../dom.js";

const SIZES_PX = [15, 17, 19, 22, 26, 30];
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
  if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
}
resize(size);
showTheme();

function resize(wanted) {
  size = Math.min(SIZES_PX.length - 1, Math.max(0, wanted));
  root.style.fontSize = `${SIZES_PX[size]}px`;
  localStorage.setItem("classroom-size", String(size));
}

function showTheme() {
  root.dataset.theme = theme;
  setText(byId("theme"), theme === "dark" ? "Light" : "Dark");
}
