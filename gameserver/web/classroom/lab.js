// /lab: sends any bytes to this server over a real connection, and explains the answer.

import { byId, element, setText, show } from "../lib/dom.js";
import { bytesOf, hexOf } from "./bits.js";
import { Builder, bytesFromHex } from "./builder.js";
import { openDesk } from "./desk.js";
import { escape, unescape } from "./escapes.js";
import { build, helloFrame, parse } from "./framemodel.js";
import { frameView } from "./frameview.js";
import { resultView } from "./resultview.js";
import { Shelf } from "./shelf.js";

const OPCODES = { 0: "CONTINUATION", 1: "TEXT", 2: "BINARY", 8: "CLOSE", 9: "PING", 10: "PONG" };
const GOODBYE = [0x88, 0x82, 0x37, 0xfa, 0x21, 0x3d, 0x34, 0x12];

let link = null;
/** The server's limits for an experiment, see `Laboratory._bounds`; null until the page has been filled. */
let bounds = null;
/** @type {number[][]} bytes of each step */
let steps = [];
let chosen = 0;
/** The experiment from the shelf, as long as the person has changed nothing in it. */
let experiment = null;
let explained = 0;

const builder = new Builder(byId("builder"), (frame) => changeStep(build(frame), builder));
const shelf = new Shelf(byId("shelf"), byId("shelf-search"), take);

openDesk("/lab", async (way) => {
  link = way;
  const packetsCome = fetch("/packets.json").then((answer) => answer.json());
  const [chapters, packets, newBounds] = await Promise.all([link.do("shelf", {}), packetsCome, link.do("bounds", {})]);
  bounds = newBounds;
  builder.setPackets(packets.to_server);
  shelf.fill(chapters);
  const wanted = new URLSearchParams(location.search).get("experiment"); // as in a lesson
  if (!shelf.choose(decodeURIComponent(location.hash.slice(1)) || wanted)) startAfresh();
});
addEventListener("hashchange", () => shelf.choose(decodeURIComponent(location.hash.slice(1))));

byId("send").onclick = send;
byId("fresh").onclick = startAfresh;
byId("path").onchange = () => {
  byId("opening").value = byId("opening").value.replace(/^GET \S*/, `GET ${byId("path").value}`);
  touched();
};
byId("delivery").onchange = () => {
  show(byId("split"), byId("delivery").value === "split");
  touched();
};
for (const id of ["split", "hangs-up", "opening"]) byId(id).oninput = touched;
byId("raw").oninput = () => {
  try {
    changeStep(bytesFromHex(byId("raw").value, "the bytes"), byId("raw"));
    show(byId("raw-problem"), false);
  } catch (error) {
    setText(byId("raw-problem"), error.message);
    show(byId("raw-problem"), true);
  }
};

/** Shows the first experiment: the frame "Hello", as in RFC 6455 section 5.7, and a CLOSE. */
function startAfresh() {
  shelf.mark(null);
  take({
    title: "An experiment of your own",
    note: "Switch a bit, or type other bytes, and press Send.",
    attacks: [],
    opening: null,
    steps: [build(helloFrame()), GOODBYE].map((step) => step.map(hexOf).join("")),
    byte_by_byte: false,
    hangs_up: false,
  });
  experiment = null;
}

/** Puts an experiment into the form. */
function take(given) {
  experiment = given;
  steps = (given.steps ?? []).map(bytesOf);
  byId("opening").value = given.opening === null ? escape([...new TextEncoder().encode(usualOpening())]) : escape(bytesOf(given.opening));
  byId("path").value = byId("opening").value.startsWith("GET / ") ? "/" : "/echo";
  byId("delivery").value = given.byte_by_byte ? "bytes" : "whole";
  show(byId("split"), false);
  byId("hangs-up").checked = given.hangs_up;
  byId("opening-part").open = steps.length === 0 && given.steps !== null;
  for (const id of ["path", "delivery", "hangs-up", "opening"]) byId(id).disabled = given.steps === null;
  show(byId("result"), false);
  const about = [element("h2", {}, given.title)];
  if (given.rule) about.push(element("blockquote", {}, given.rule, " ", element("cite", {}, given.section)));
  about.push(element("p", {}, given.note));
  if (given.attacks.length) about.push(element("p", { className: "soft" }, `From the table of attacks: ${given.attacks.join("; ")}`));
  if (given.steps === null) about.push(element("p", { className: "soft" }, "Its frames are too long to be shown or changed here; Send sends them all the same."));
  byId("about").replaceChildren(...about);
  byId("detail").scrollTop = 0;
  chooseStep(0);
}

function usualOpening() {
  const lines = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"];
  return [`GET ${byId("path").value} HTTP/1.1`, `Host: ${location.host}`, ...lines, "", ""].join("\r\n");
}

/** Any change makes it the person's own experiment. */
function touched() {
  experiment = null;
  shelf.mark(null);
}

function chooseStep(number) {
  chosen = number;
  showSteps();
  const bytes = steps[chosen];
  byId("raw").value = (bytes ?? []).map(hexOf).join(" ");
  byId("raw").disabled = bytes === undefined;
  builder.show(bytes ? parse(bytes) : null);
  preview();
}

function changeStep(bytes, source) {
  touched();
  steps[chosen] = bytes;
  if (source !== byId("raw")) byId("raw").value = bytes.map(hexOf).join(" ");
  if (source !== builder) builder.show(parse(bytes));
  showSteps();
  preview();
}

function showSteps() {
  const buttons = steps.map((bytes, i) => {
    const name = bytes.length ? (OPCODES[bytes[0] & 0x0f] ?? `0x${(bytes[0] & 0x0f).toString(16)}`) : "nothing";
    const step = element("button", { type: "button", onclick: () => chooseStep(i) }, `${i + 1} ${name} `, element("span", { className: "soft small" }, `${bytes.length} B`));
    if (i === chosen) step.setAttribute("aria-current", "true");
    return step;
  });
  const isLocked = experiment?.steps === null;
  const add = element("button", { type: "button", disabled: isLocked, onclick: () => change(() => steps.splice(chosen + 1, 0, build(helloFrame())), chosen + 1) }, "+ frame");
  const remove = element("button", { type: "button", disabled: isLocked || !steps.length, onclick: () => change(() => steps.splice(chosen, 1), Math.max(0, chosen - 1)) }, "− frame");
  byId("steps").replaceChildren(...buttons, add, remove);
}

function change(how, next) {
  touched();
  how();
  chooseStep(steps.length ? Math.min(next, steps.length - 1) : 0);
}

/** Shows the chosen step as the server reads it. */
async function preview() {
  const mine = ++explained;
  const bytes = steps[chosen];
  if (!bytes?.length) return byId("preview").replaceChildren();
  const frames = await ask("explain", { wire: bytes.map(hexOf).join("") }).catch((error) => [error.message]);
  if (mine !== explained) return;
  if (frames.length > 1) builder.show(null); // several frames in one step: the person can change only their bytes
  byId("preview").replaceChildren(...frames.map((frame) => (typeof frame === "string" ? element("p", { className: "bad" }, frame) : frameView(frame, { isQuestion: true }))));
  if (frames.length === 1) letBitsBeSwitched(byId("preview"));
}

/** A click on a bit of the header inverts it. */
function letBitsBeSwitched(view) {
  for (const bit of view.querySelectorAll(".bit")) {
    bit.title = "click: turn this bit over";
    bit.addEventListener("click", (event) => {
      event.stopPropagation();
      const at = Number(bit.dataset.bit);
      changeStep(steps[chosen].map((byte, i) => (i === at >> 3 ? byte ^ (0x80 >> (at & 7)) : byte)), bit);
    });
  }
}

async function send() {
  byId("send").disabled = true;
  setText(byId("send"), "Sending …"); // byte by byte it takes some seconds
  try {
    showResult(resultView(await ask(...request())));
  } catch (error) {
    showResult(element("p", { className: "bad" }, error.message));
  }
  setText(byId("send"), "Send");
  byId("send").disabled = false;
}

/** Sends a command to the server; throws an Error if it exceeds the server's limits. */
async function ask(name, args) {
  const sizes = [args.wire, args.opening, ...(args.steps ?? [])].map((digits) => (digits ?? "").length / 2);
  const longest = Math.max(...sizes);
  if (longest > bounds.step) throw new Error(`The lab takes at most ${bounds.step} bytes at once, these are ${longest}.`);
  if (sizes.length > bounds.steps) throw new Error(`The lab takes at most ${bounds.steps} pieces.`);
  if (JSON.stringify({ id: Number.MAX_SAFE_INTEGER, do: name, ...args }).length > bounds.message) {
    const all = sizes.reduce((sum, size) => sum + size, 0);
    throw new Error(`That is too long for the lab: ${all} bytes in all. It takes about ${Math.floor(bounds.message / 2)}.`);
  }
  return link.do(name, args);
}

function request() {
  if (experiment) return ["run_experiment", { experiment: experiment.id }];
  const opening = unescape(byId("opening").value).map(hexOf).join("");
  const pieces = byId("delivery").value === "split" ? splitAt(steps.flat(), byId("split").value) : steps;
  return [
    "run",
    {
      opening,
      steps: pieces.map((bytes) => bytes.map(hexOf).join("")),
      byte_by_byte: byId("delivery").value === "bytes",
      hangs_up: byId("hangs-up").checked,
    },
  ];
}

/** All bytes, cut into pieces at the given places. */
function splitAt(bytes, written) {
  const places = [...new Set((written.match(/\d+/g) ?? []).map(Number))].filter((at) => at > 0 && at < bytes.length).sort((a, b) => a - b);
  return [0, ...places].map((start, i) => bytes.slice(start, places[i] ?? bytes.length));
}

function showResult(view) {
  byId("result").replaceChildren(element("h2", {}, "What came back"), view);
  show(byId("result"), true);
  byId("result").scrollIntoView({ block: "start" });
}
