// The net panel (key N): the connection in numbers, and a graph of the time between snapshots.

import { byId, element, setText, show } from "../lib/dom.js";
import { drawBars } from "./graph.js";

const EVERY_MS = 250;
const ROWS = ["round trip", "snapshot interval", "jitter", "received", "sent", "drawn in the past", "server tick", "pictures"];

export class NetPanel {
  constructor() {
    this.panel = byId("net");
    this.graph = byId("net-graph");
    this.values = new Map();
    this.shownAtMs = 0;
    this.pictures = 0;
    const rows = ROWS.map((name) => {
      const value = element("dd");
      this.values.set(name, value);
      return [element("dt", {}, name), value];
    });
    byId("net-values").replaceChildren(...rows.flat());
  }

  toggle() {
    show(this.panel, this.panel.hidden);
  }

  /** @param {import("../world/world.js").World} world @param {import("../lib/meter.js").NetMeter} meter @param {number} nowMs */
  update(world, meter, nowMs) {
    this.pictures += 1;
    const passedMs = nowMs - this.shownAtMs;
    if (passedMs < EVERY_MS) return;
    const picturesPerS = (1000 * this.pictures) / passedMs;
    this.pictures = 0;
    this.shownAtMs = nowMs;
    if (this.panel.hidden) return;
    const { clock } = world;
    const texts = [
      `${meter.roundTripMs.toFixed(1)} ms`,
      `${clock.intervalMs.toFixed(1)} ms`,
      `${clock.jitterMs.toFixed(1)} ms`,
      `${(meter.bytesInPerS / 1024).toFixed(1)} KiB/s`,
      `${(meter.bytesOutPerS / 1024).toFixed(2)} KiB/s`,
      `${(clock.delayTicks * clock.periodMs).toFixed(0)} ms`,
      String(clock.lastTick),
      `${picturesPerS.toFixed(0)} a second`,
    ];
    ROWS.forEach((name, i) => setText(this.values.get(name), texts[i]));
    drawBars(this.graph, meter.intervals, { top: 3 * clock.periodMs, line: clock.periodMs, room: 90 });
  }
}
