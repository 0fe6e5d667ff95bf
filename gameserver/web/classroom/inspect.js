// /inspect: live connections, their frames in both directions, and an explanation of each frame.

import { copyText, ofThisTab, saveFile } from "../browser.js";
import { byId, element, setText, show } from "../lib/dom.js";
import { ConnectionList } from "./connectionlist.js";
import { openDesk } from "./desk.js";
import { frameView } from "./frameview.js";
import { handshakeView } from "./handshakeview.js";
import { Timeline } from "./timeline.js";

const OPCODES = ["TEXT", "BINARY", "CONTINUATION", "CLOSE", "PING", "PONG"];

let link = null;
/** @type {number | null | undefined} a connection; null: all; undefined: none yet */
let watched;
let asked = 0; // number of "watch" commands sent
let isAnswered = false; // whether the last "watch" is answered: rows that come before belong to an earlier choice
let known = []; // the last list of connections
let isBack = false; // a server that was gone is back; its connections show whether it is the same one
let shownHex = "";
let searched = "";
const HELLO = byId("detail").firstElementChild;
const packets = new Set();
/** The explanations of rows: the person can read them again when the server has gone. @type {WeakMap<any, any>} */
const explained = new WeakMap();
const timeline = new Timeline(byId("timeline"), explain);
const connectionList = new ConnectionList(byId("connections"), choose, showHandshake);

openDesk("/inspect", (way) => (link = way), hear, () => (isBack = true));

byId("opcode").append(...["any", ...OPCODES].map((name) => element("option", { value: name === "any" ? "" : name }, name)));
byId("packet").append(element("option", { value: "" }, "any"));
for (const id of ["opcode", "packet", "search"]) byId(id).oninput = filter;
byId("search").addEventListener("input", search);
byId("hide").checked = ofThisTab.get("hide-names") === "yes";
byId("hide").onchange = () => {
  ofThisTab.set("hide-names", byId("hide").checked ? "yes" : "no");
  showConnections(known); // at once: the next list is up to a second away
  watch(watched);
};
byId("pause").onclick = () => pause(!timeline.isPaused);
byId("step").onclick = () => timeline.step();
byId("previous").onclick = () => timeline.move(-1);
byId("next").onclick = () => timeline.move(1);
byId("copy").onclick = copy;
byId("capture").onclick = capture;
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.target.closest("input, select, textarea")) return;
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (by && (timeline.chosen || event.target === timeline.list)) {
    event.preventDefault();
    timeline.move(by);
  }
});

function hear({ connections, rows, skipped, left_out }) {
  if (connections && isBack) returnTo(connections);
  if (connections) showConnections(connections);
  if (rows) showRows(rows, skipped, left_out);
}

/** Continues after a lost connection. A restarted server does not know the frames on the page: they stay readable. */
function returnTo(connections) {
  isBack = false;
  const isSame = connections.some(({ number, address }) => known.some((old) => old.number === number && old.address === address));
  const isEmpty = !timeline.rows.length;
  if (watched === null ? isSame || isEmpty : isSame && watched !== undefined) return ask();
  watched = undefined;
  connectionList.mark(undefined);
  if (!isEmpty) setText(byId("note"), "These frames are from before the server was started anew. Choose a connection.");
}

function showConnections(connections) {
  known = connections;
  connectionList.show(connections.map((connection) => (byId("hide").checked ? { ...connection, name: "" } : connection)));
  if (watched === undefined && connections.length && !timeline.rows.length) {
    const open = connections.filter(({ is_open }) => is_open);
    watch((open[open.length - 1] ?? connections[connections.length - 1]).number);
  }
}

/** Watches another connection. While the server is gone, it cannot send other frames, so the page stays as it is. */
function choose(number) {
  if (link.isOpen()) watch(number);
}

/** Clears the page, because its content may be hidden from now on, and asks for a connection's frames. */
function watch(number) {
  watched = number;
  clearDetail();
  connectionList.mark(number);
  ask();
}

async function ask() {
  timeline.clear();
  timeline.severalConnections = watched === null;
  setText(byId("note"), "");
  if (watched === undefined) return;
  const mine = (asked += 1);
  isAnswered = false;
  try {
    const watching = link.do("watch", { connections: watched === null ? null : [watched], hides_text: byId("hide").checked });
    searched = "";
    search();
    await watching;
    isAnswered ||= mine === asked;
  } catch {
    // The connection to the server has ended: the page sends "watch" again on the next one.
  }
}

function showRows(given, skipped, leftOut) {
  if (!isAnswered) return; // these rows were sent before the person chose another connection, or hid names
  const rows = given.filter(({ connection }) => watched === null || connection === watched);
  for (const { packet } of rows) {
    if (!packet || packets.has(packet)) continue;
    packets.add(packet);
    byId("packet").append(element("option", {}, packet));
  }
  timeline.add(rows);
  const waiting = timeline.waiting.length ? `${timeline.waiting.length} frames wait. ` : "";
  setText(byId("note"), waiting + (skipped ? `${skipped} frames were too many to list. ` : "") + (leftOut ? `${leftOut} connections are too many to follow at once.` : ""));
}

function pause(isPaused) {
  timeline.pause(isPaused);
  setText(byId("pause"), isPaused ? "Go on" : "Pause");
  byId("pause").setAttribute("aria-pressed", String(isPaused));
  byId("step").disabled = !isPaused;
}

function filter() {
  const opcode = byId("opcode").value;
  const packet = byId("packet").value;
  const words = byId("search").value.trim().toLowerCase();
  timeline.isWanted = (row) =>
    (!opcode || row.opcode === opcode) && (!packet || row.packet === packet) && (!words || row.found || `${row.opcode} ${row.label} ${row.start}`.toLowerCase().includes(words));
  timeline.refresh();
}

/** Asks the server to search whole messages, which the list does not have; new rows then say whether they match. */
async function search() {
  const words = byId("search").value.trim();
  if (words === searched) return;
  searched = words;
  try {
    const found = new Set((await link.do("search", { words })).map(([connection, number]) => `${connection}-${number}`));
    if (words !== searched) return;
    for (const row of [...timeline.rows, ...timeline.waiting]) row.found = found.has(`${row.connection}-${row.number}`);
    filter();
  } catch (error) {
    setText(byId("note"), error.message);
  }
}

async function explain(row) {
  try {
    explained.set(row, await link.do("explain", { connection: row.connection, number: row.number }));
  } catch (error) {
    if (timeline.chosen !== row) return;
    if (!explained.has(row)) return showDetail(element("p", { className: "bad" }, error.message));
  }
  if (timeline.chosen !== row) return;
  const { frame, message, frames, note } = explained.get(row);
  const view = frameView(frame, { number: row.number, message, frames, goTo: (number) => timeline.select(number) });
  if (note) view.prepend(element("p", { className: "warn" }, note));
  showDetail(view, frame.wire);
}

async function showHandshake(number) {
  const mine = asked;
  try {
    const halves = await link.do("handshake", { connection: number });
    if (mine !== asked) return;
    showDetail(handshakeView(halves), halves.map(({ wire }) => wire).join(""));
  } catch (error) {
    showDetail(element("p", { className: "bad" }, error.message));
  }
}

function showDetail(view, hex = "") {
  const hadFocus = byId("detail").contains(document.activeElement);
  shownHex = (hex.match(/../g) ?? []).join(" ");
  byId("detail").replaceChildren(view);
  if (hadFocus) byId("detail").focus(); // the pressed button in it is gone
  byId("detail").scrollTop = 0;
  setText(byId("copied"), "");
  show(byId("detail-tools"), true);
}

function clearDetail() {
  shownHex = "";
  byId("detail").replaceChildren(HELLO);
  show(byId("detail-tools"), false);
}

async function copy() {
  const isCopied = await copyText(shownHex);
  setText(byId("copied"), isCopied ? "copied" : "copy it from the field below");
  // Without https, or without the permission, the page puts the text into a field, and the person copies it there.
  if (!isCopied) byId("detail").prepend(element("textarea", { value: shownHex, readOnly: true, rows: 3, className: "mono" }));
}

async function capture() {
  try {
    const said = await link.do("capture", { connections: watched === null || watched === undefined ? null : [watched] });
    const bytes = Uint8Array.from(atob(said), (character) => character.charCodeAt(0));
    const isSaved = saveFile("websocket.pcapng", bytes, "application/x-pcapng");
    if (!isSaved) throw new Error("This browser cannot save a file that a page has made.");
  } catch (error) {
    showDetail(element("p", { className: "bad" }, error.message));
  }
}
