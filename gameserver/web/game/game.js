// One stay on the server: packets change the model and the boxes on the page, each picture draws them, and input goes to
// the server.
//
// In:  the person's choice on the join screen. Out: calls `ended` at the end, with a message for the person.

import { showAddress } from "../browser.js";
import { Camera } from "../render/camera.js";
import { openChat } from "../ui/chat.js";
import { Connection } from "../net/connection.js";
import { Controls } from "../input/controls.js";
import { byId, show } from "../ui/dom.js";
import { Feed } from "../ui/feed.js";
import { Gamepad } from "../input/gamepad.js";
import { Hud } from "../ui/hud.js";
import { Input } from "../input/input.js";
import { whyUnreachable } from "../ui/joinscreen.js";
import { NetMeter } from "../net/meter.js";
import { NetPanel } from "../ui/netpanel.js";
import { Predictor } from "../world/prediction.js";
import { Floaters } from "../render/floaters.js";
import { Minimap } from "../render/minimap.js";
import { Renderer } from "../render/renderer.js";
import * as screens from "../ui/screens.js";
import { forgetSeat, keepSeat } from "./seat.js";
import { Spectator } from "../ui/spectator.js";
import { listenToTouch } from "../input/touch.js";
import { World } from "../world/world.js";

const RESOURCES = ["wood", "food", "stone", "gold"];
const JOIN_AGAIN_MS = 2000;
const CLOSED_TEXTS = { 1001: "The server has stopped.", 1013: "The server is full. Try again in a little while." };

export class Game {
  /**
   * @param {import("../net/packets.js").PacketTable} packets @param {import("../ui/joinscreen.js").Wish} wish
   * @param {string} token of a seat to take back, or ""
   * @param {(message: string) => void} ended
   */
  constructor(packets, wish, token, ended) {
    this.wish = wish;
    this.ended = ended;
    this.token = token;
    this.isIn = false;
    this.choices = [];
    this.renderer = new Renderer(byId("view"));
    this.minimap = new Minimap(byId("minimap"));
    this.netPanel = new NetPanel();
    this.feed = new Feed();
    this.floaters = new Floaters();
    this.input = new Input(byId("view"), () => this.#sendInput(), this.act);
    this.gamepad = new Gamepad(this.input);
    listenToTouch(byId("view"), this.input, byId("stick"), this.input.abort.signal);
    this.connection = new Connection(location.origin.replace("http", "ws"), packets, {
      opened: () => this.#join(),
      received: ({ id, args }) => this[`on${id}`]?.(...args),
      waiting: (secondsLeft) => this.#waitToReconnect(secondsLeft),
      ended: (code, reason) => this.#endedByServer(code, reason),
    });
    this.meter = new NetMeter(this.connection);
  }

  // Joining and leaving ------------------------------------------------------------------------------------------

  #join() {
    const { name, ...options } = this.wish;
    this.connection.send("JOIN", name, this.token ? { ...options, token: this.token } : options);
  }

  #waitToReconnect(secondsLeft) {
    this.isIn = false;
    this.input.release();
    screens.showLost(secondsLeft);
  }

  /** The person leaves the game. */
  leave() {
    this.connection.send("LEAVE");
    this.#end("");
  }

  async #endedByServer(code, reason) {
    const word = reason ? `The server closed the connection: ${reason}.` : CLOSED_TEXTS[code];
    this.#end(word ?? (await whyUnreachable()));
  }

  #end(message) {
    forgetSeat();
    this.connection.close();
    this.input.end();
    cancelAnimationFrame(this.frameRequest);
    screens.hideAll();
    this.ended(message);
  }

  // Packets, by their ids ----------------------------------------------------------------------------------------

  onWELCOME(playerId, roomId, token, settings) {
    this.connection.settle();
    this.isIn = true;
    this.token = token;
    this.wish.room = roomId;
    keepSeat(this.wish, token);
    showAddress(`?room=${encodeURIComponent(roomId)}`);
    screens.hideAll();
    this.world = new World(playerId, settings);
    this.camera = new Camera(settings);
    // A second WELCOME on the same connection: inputs that are under way keep their numbers.
    this.predictor = new Predictor(settings, this.world.clock, this.world.touching, this.predictor?.sequence);
    const send = (id, ...args) => this.connection.send(id, ...args);
    this.controls = new Controls(this.input, this.predictor, send);
    this.hud = new Hud(settings, playerId, this.act);
    this.hud.setPlaying(!this.wish.spectate);
    this.spectator = this.wish.spectate ? new Spectator(this.world, send) : null;
    show(byId("watching"), this.wish.spectate);
    this.meter.ping(performance.now());
    cancelAnimationFrame(this.frameRequest);
    this.frameAtMs = performance.now();
    this.#frame();
  }

  /** The operator has changed the settings. All parts of the page share this one object, so it is changed in place. */
  onSETTINGS(settings) {
    Object.assign(this.world.settings, settings);
    this.world.clock.setRate(settings.tick_rate);
  }

  onERROR(code, text) {
    if (this.isIn) {
      if (code !== "RATE_LIMITED") this.feed.add(text);
    } else if (code === "RATE_LIMITED") {
      setTimeout(() => this.isIn || this.#join(), JOIN_AGAIN_MS); // many players came back at once; the seat waits
    } else if (this.token) {
      this.token = ""; // the seat is gone: join as a new player
      this.#join();
    } else {
      this.#end(`The server says: ${text}.`);
    }
  }

  onROOM(status, players, capacity, msLeft) {
    this.hud.setRoom(status, players, capacity, msLeft, performance.now());
    if (status !== "ended") screens.hideResults();
  }

  onPLAYER(id, name, team) {
    const isNew = !this.world.players.has(id);
    this.world.addPlayer(id, name, team);
    if (isNew && this.world.clock.lastTick >= 0) this.feed.add(`${name} came in`);
    this.spectator?.playersChanged();
  }

  onPLAYER_GONE(id) {
    this.world.removePlayer(id);
    this.feed.add(`${this.world.nameOf(id)} has left`);
    this.spectator?.playersChanged();
  }

  onOBJECTS(numbers) {
    this.world.addObjects(numbers);
  }

  onOBJECTS_GONE(ids) {
    this.world.removeObjects(ids);
  }

  onSTATE(tick, sequence, moved, gone) {
    const nowMs = performance.now();
    const { world, predictor } = this;
    if (tick < world.clock.lastTick) {
      predictor.restart();
      this.controls.forget();
    }
    world.applyState(tick, moved, gone, nowMs);
    this.meter.snapshot(nowMs);
    predictor.followRoundTrip(this.meter.roundTripMs);
    const self = world.self();
    if (self) {
      predictor.reconcile(tick, sequence, self.track.last.x, self.track.last.y, nowMs);
      screens.hideDeath();
    } else {
      predictor.forget();
    }
  }

  onSELF(_health, _score, resources, age, experience, needed, weapon, choices) {
    const gained = this.hud.setResources(resources);
    this.hud.setAge(age, experience, needed, choices);
    this.choices = choices ?? [];
    this.predictor.speedFactor = this.world.settings.weapons?.[weapon]?.speed ?? 1;
    const place = this.renderer.places.get(this.world.playerId);
    if (!place) return;
    gained.forEach((amount, i) => {
      if (amount > 0) this.floaters.add(`+${amount} ${RESOURCES[i]}`, place, performance.now());
    });
  }

  onSCOREBOARD(rows) {
    this.hud.setScores(rows, (id) => this.world.teamOf(id));
  }

  onTEAMS(rows) {
    this.hud.setTeams(rows);
  }

  onCHAT(id, text) {
    this.feed.say(id, this.world.nameOf(id), text, performance.now());
  }

  onNOTICE(text) {
    this.feed.notice(text);
  }

  onSHUTDOWN(text) {
    this.feed.notice(text);
  }

  onDIED(id, killerId) {
    const { world } = this;
    const isOwn = id === world.playerId || killerId === world.playerId;
    const text = killerId === null ? `${world.nameOf(id)} died` : `${world.nameOf(killerId)} killed ${world.nameOf(id)}`;
    this.feed.add(text, isOwn ? "own" : "");
    if (id !== world.playerId) return;
    const word = killerId === null ? "You died" : `${world.nameOf(killerId)} killed you`;
    screens.showDeath(word, world.settings.respawn_after_s);
  }

  onGAME_OVER(results, nextInMs, places) {
    screens.hideDeath();
    screens.showResults(results, nextInMs, places, this.world.playerId);
  }

  onPONG(number) {
    this.meter.pong(number, performance.now());
  }

  // The person's actions -----------------------------------------------------------------------------------------

  /** @type {import("../input/input.js").Act} */
  act = (action, argument = 0) => {
    const { connection, input } = this;
    const acts = {
      eat: () => connection.send("EAT"),
      place: () => connection.send("PLACE", argument, input.angle),
      shoot: () => connection.send("SHOOT", input.angle),
      choose: () => argument < this.choices.length && connection.send("UPGRADE", this.choices[argument]),
      ready: () => connection.send("READY", true),
      chat: () => openChat(input, (text) => connection.send("CHAT", text)),
      net: () => this.netPanel.toggle(),
      help: () => screens.toggleHelp(),
      close: () => screens.closeAll(),
    };
    acts[action]();
  };

  #sendInput() {
    if (!this.isIn || this.spectator) return;
    const nowMs = performance.now();
    this.controls.update(nowMs);
    this.world.self()?.swing(this.input.isAttacking, nowMs);
  }

  // Pictures -----------------------------------------------------------------------------------------------------

  #frame = () => {
    this.frameRequest = requestAnimationFrame(this.#frame);
    const nowMs = performance.now();
    const passedMs = nowMs - this.frameAtMs;
    this.frameAtMs = nowMs;
    this.gamepad.poll();
    this.#sendInput();
    this.#draw(passedMs, nowMs);
    this.hud.tick(nowMs, this.world.clock.isStalled);
    this.meter.update(nowMs);
    this.netPanel.update(this.world, this.meter, nowMs);
  };

  #draw(passedMs, nowMs) {
    const { world, camera, renderer } = this;
    const self = world.self() && this.predictor.path.length ? this.predictor.position(nowMs) : null;
    const watched = this.spectator?.update(this.input.push, renderer.places, passedMs, nowMs) ?? self;
    if (watched) camera.follow(watched, passedMs);
    renderer.fit(camera);
    const drawn = self && { ...self, angle: this.input.angle };
    renderer.draw(world, camera, drawn, (id) => this.feed.sayingOf(id, nowMs), nowMs);
    this.floaters.draw(renderer, nowMs);
    this.minimap.draw(world, camera, renderer.places, nowMs);
    if (self) this.input.origin = renderer.toPage(camera, self);
  }
}
