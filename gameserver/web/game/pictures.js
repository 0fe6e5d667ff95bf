// The loop that draws the room, once for each picture of the screen.
//
// In:  the room as packets have made it, and the present aim. Out: the picture, the minimap, the clock, the net panel.

import { Camera } from "../render/camera.js";
import { Minimap } from "../render/minimap.js";
import { byId } from "../lib/dom.js";

/**
 * @typedef {object} Page the parts of the game that are drawn, or that tell how to draw
 * @property {import("../render/renderer.js").Renderer} renderer
 * @property {import("../render/floaters.js").Floaters} floaters
 * @property {import("../input/input.js").Input} input
 * @property {import("../ui/feed.js").Feed} feed
 * @property {import("../ui/netpanel.js").NetPanel} netPanel
 * @property {import("../lib/meter.js").NetMeter} meter
 */

export class Pictures {
  /** @param {Page} page @param {() => void} before called before each picture */
  constructor(page, before) {
    this.page = page;
    this.before = before;
    this.minimap = new Minimap(byId("minimap"));
    this.request = 0;
    this.drawnAtMs = 0;
  }

  /** Draws this room from now on. @param {import("./room.js").Room} room */
  start(room) {
    this.stop();
    this.camera = new Camera(room.world.settings);
    this.drawnAtMs = performance.now();
    this.#next(room, this.camera);
  }

  /** Draws no more. */
  stop() {
    cancelAnimationFrame(this.request);
  }

  /** @param {import("./room.js").Room} room @param {Camera} camera */
  #next(room, camera) {
    this.request = requestAnimationFrame(() => this.#next(room, camera));
    const { meter, netPanel } = this.page;
    const nowMs = performance.now();
    const passedMs = nowMs - this.drawnAtMs;
    this.drawnAtMs = nowMs;
    this.before();
    this.#draw(room, camera, passedMs, nowMs);
    room.hud.tick(nowMs, room.world.clock.isStalled);
    meter.update(nowMs);
    netPanel.update(room.world, meter, nowMs);
  }

  /** @param {import("./room.js").Room} room @param {Camera} camera @param {number} passedMs @param {number} nowMs */
  #draw(room, camera, passedMs, nowMs) {
    const { world, predictor, spectator } = room;
    const { renderer, floaters, input, feed } = this.page;
    const self = world.self() && predictor.path.length ? predictor.position(nowMs) : null;
    const watched = spectator?.update(input.push, renderer.places, passedMs, nowMs) ?? self;
    if (watched) camera.follow(watched, passedMs);
    renderer.fit(camera);
    const drawn = self && { ...self, angle: input.angle };
    renderer.draw(world, camera, drawn, (id) => feed.sayingOf(id, nowMs), nowMs);
    floaters.draw(renderer, nowMs);
    this.minimap.draw(world, camera, renderer.places, nowMs);
    if (self) input.origin = renderer.toPage(camera, self);
  }
}
