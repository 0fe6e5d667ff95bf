// The operator's page: it shows the players and the rooms, and sends commands about both.

import { ofThisTab } from "../browser.js";
import { byId, element, setText, show } from "../lib/dom.js";
import { Link } from "../net/link.js";
import { limitAllLines } from "../lib/typed.js";
import { showMeasures } from "./measures.js";
import { RoomBox } from "./roombox.js";

const LINES = 100;
const ALL_ROOMS = "";
const SERVICE_RESTART = 1012;
// The attempts to open the page again after a restart of the server, and the time between two of them.
const REOPEN_ATTEMPTS = 20;
const REOPEN_AFTER_MS = 300;

/** @type {Link | null} */
let link = null;
/** @type {Map<string, RoomBox>} */
const boxes = new Map();
let attemptsLeft = 0;
let counted = { atMs: 0, bytesIn: 0, bytesOut: 0 };

limitAllLines();
byId("login-form").onsubmit = (event) => {
  event.preventDefault();
  open(byId("token").value.trim());
};
byId("logout").onclick = () => {
  ofThisTab.remove("operator-token");
  link?.close();
};
byId("notice-form").onsubmit = async (event) => {
  event.preventDefault();
  const room = byId("notice-room").value;
  const isSent = await run("send_global_message", { text: byId("notice-text").value, ...(room === ALL_ROOMS ? {} : { room }) });
  if (isSent) byId("notice-text").value = "";
};
byId("grant-form").onsubmit = (event) => {
  event.preventDefault();
  const amounts = Object.fromEntries([...new FormData(event.target)].map(([name, value]) => [name, Number(value)]));
  run("grant_resources", { player_id: null, ...amounts });
};
byId("ban-form").onsubmit = async (event) => {
  event.preventDefault();
  const reason = byId("ban-reason").value.trim();
  const isDone = await run("ban_address", { address: byId("ban-address").value.trim(), ...(reason ? { reason } : {}) });
  if (isDone) event.target.reset();
};

const kept = ofThisTab.get("operator-token");
if (kept) open(kept);
else byId("token").focus();

function open(token) {
  link = new Link("/admin", token, {
    opened() {
      attemptsLeft = 0;
      ofThisTab.set("operator-token", token);
      show(byId("login"), false);
      show(byId("desk"), true);
    },
    news: ({ state }) => showState(state),
    ended(message, { code }) {
      if (code === SERVICE_RESTART) attemptsLeft = REOPEN_ATTEMPTS;
      if (attemptsLeft > 0) {
        attemptsLeft--;
        setTimeout(() => open(token), REOPEN_AFTER_MS);
        return;
      }
      show(byId("desk"), false);
      show(byId("login"), true);
      setText(byId("login-message"), message);
      show(byId("login-message"), true);
      byId("token").focus();
    },
  });
}

/** Sends a command and writes the answer into the page. @type {import("./roombox.js").Run} */
async function run(method, args) {
  try {
    if (!method) throw new Error("no player is ticked");
    note(await link.do(method, args));
    return true;
  } catch (error) {
    note(`Not done: ${error.message}`, "bad");
    return false;
  }
}

function note(text, className = "") {
  const time = new Date().toLocaleTimeString();
  byId("log").prepend(element("li", { className }, element("time", {}, time), text));
  while (byId("log").children.length > LINES) byId("log").lastElementChild.remove();
}

function showState(state) {
  showTotals(state);
  showMeasures(state.measures, run);
  const ids = new Set(state.rooms.map(({ id }) => id));
  for (const [id, { box }] of boxes) {
    if (ids.has(id)) continue;
    box.remove();
    boxes.delete(id);
  }
  for (const room of state.rooms) {
    if (!boxes.has(room.id)) {
      boxes.set(room.id, new RoomBox(room.id, run));
      byId("rooms").append(boxes.get(room.id).box);
    }
    boxes.get(room.id).update(room);
  }
  show(byId("no-rooms"), state.rooms.length === 0);
  showRoomChoice([...ids]);
}

function showTotals(state) {
  const nowMs = performance.now();
  const passedS = (nowMs - counted.atMs) / 1000;
  const rate = (bytes, before) => `${((bytes - before) / 1024 / passedS).toFixed(1)} KiB/s`;
  const facts = {
    "up for": duration(state.uptime_s),
    ...(state.faults ? { faults: `${state.faults}, the last: ${state.latest_fault}` } : {}),
    connections: state.connections,
    received: counted.atMs ? rate(state.bytes_in, counted.bytesIn) : "…",
    sent: counted.atMs ? rate(state.bytes_out, counted.bytesOut) : "…",
  };
  counted = { atMs: nowMs, bytesIn: state.bytes_in, bytesOut: state.bytes_out };
  const rows = Object.entries(facts).map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, String(value))),
  );
  byId("totals").replaceChildren(...rows);
}

function duration(seconds) {
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function showRoomChoice(ids) {
  const select = byId("notice-room");
  const names = [ALL_ROOMS, ...ids];
  if (names.join("\n") === [...select.options].map(({ value }) => value).join("\n")) return;
  const chosen = select.value;
  select.replaceChildren(...names.map((id) => element("option", { value: id }, id === ALL_ROOMS ? "all rooms" : id)));
  select.value = names.includes(chosen) ? chosen : ALL_ROOMS;
}
