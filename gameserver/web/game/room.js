// The room that the person is in: packets change the model of the world and the boxes of the page.
//
// In:  the packets that follow a WELCOME; each calls the method with its name. The person's intent.
// Out: the model that pictures.js draws, changed boxes, and packets with the intent.
// A WELCOME begins a room, and the WELCOME after a lost connection begins another one.

import { Controls } from "../input/controls.js";
import { byId, show } from "../lib/dom.js";
import { Hud } from "../ui/hud.js";
import * as screens from "../ui/screens.js";
import { Spectator } from "../ui/spectator.js";
import { Predictor } from "../world/prediction.js";
import { World } from "../world/world.js";

const RESOURCES = ["wood", "food", "stone", "gold"];

/**
 * @typedef {object} Page the parts of the game that outlast a room
 * @property {import("../lib/connection.js").Send} send
 * @property {import("../input/input.js").Act} act
 * @property {import("../input/input.js").Input} input
 * @property {import("../ui/feed.js").Feed} feed
 * @property {import("../lib/meter.js").NetMeter} meter
 * @property {import("../render/floaters.js").Floaters} floaters
 * @property {import("../render/renderer.js").Renderer} renderer
 */

export class Room {
  /**
   * @param {number} playerId @param {import("../world/settings.js").Settings} settings
   * @param {boolean} isSpectator @param {number} sequence of the last input that this page has sent @param {Page} page
   */
  constructor(playerId, settings, isSpectator, sequence, page) {
    this.page = page;
    this.world = new World(playerId, settings);
    this.predictor = new Predictor(settings, this.world.clock, this.world.touching, sequence);
    this.controls = new Controls(page.input, this.predictor, page.send);
    this.hud = new Hud(settings, playerId, page.act);
    this.hud.setPlaying(!isSpectator);
    this.spectator = isSpectator ? new Spectator(this.world, page.send) : null;
    show(byId("watching"), isSpectator);
    this.weapon = 0;
    /** @type {number[]} the weapons that the person can choose from */
    this.choices = [];
  }

  /** Sends the person's present intent. @param {import("../input/input.js").Input} input @param {number} nowMs */
  steer(input, nowMs) {
    if (this.spectator) return;
    this.controls.update(nowMs);
    this.world.self()?.swing(input.isAttacking, nowMs);
  }

  // The room and its players -------------------------------------------------------------------------------------

  /** @param {string} status @param {number} players @param {number} capacity @param {number | null} msLeft */
  onROOM(status, players, capacity, msLeft) {
    this.hud.setRoom(status, players, capacity, msLeft, performance.now());
    if (status !== "ended") screens.hideResults();
  }

  /**
   * The operator has changed the settings. All parts of the page share this one object, so it is changed in place.
   * @param {import("../world/settings.js").Settings} settings
   */
  onSETTINGS(settings) {
    Object.assign(this.world.settings, settings);
    this.world.clock.setRate(settings.tick_rate);
    this.hud.settingsChanged();
    this.#followSpeed();
  }

  /** Predicts with the speed of the player's weapon. */
  #followSpeed() {
    this.predictor.speedFactor = this.world.settings.weapons?.[this.weapon]?.speed ?? 1;
  }

  /** @param {number} id @param {string} name @param {number | null} team */
  onPLAYER(id, name, team) {
    const isNew = !this.world.players.has(id);
    this.world.addPlayer(id, name, team);
    if (isNew && this.world.clock.lastTick >= 0) this.page.feed.add(`${name} came in`);
    this.spectator?.playersChanged();
  }

  /** @param {number} id */
  onPLAYER_GONE(id) {
    this.world.removePlayer(id);
    this.page.feed.add(`${this.world.nameOf(id)} has left`);
    this.spectator?.playersChanged();
  }

  /** @param {number} id @param {string} text */
  onCHAT(id, text) {
    this.page.feed.say(id, this.world.nameOf(id), text, performance.now());
  }

  // The world ----------------------------------------------------------------------------------------------------

  /** @param {number[]} numbers */
  onOBJECTS(numbers) {
    this.world.addObjects(numbers);
  }

  /** @param {number[]} ids */
  onOBJECTS_GONE(ids) {
    this.world.removeObjects(ids);
  }

  /** @param {number} tick @param {number | null} sequence @param {number[]} moved @param {number[]} gone */
  onSTATE(tick, sequence, moved, gone) {
    const nowMs = performance.now();
    const { world, predictor } = this;
    const { meter } = this.page;
    if (tick < world.clock.lastTick) {
      predictor.restart();
      this.controls.forget();
    }
    world.applyState(tick, moved, gone, nowMs);
    meter.snapshot(nowMs);
    predictor.followRoundTrip(meter.roundTripMs);
    const place = world.self()?.track.last;
    if (place) {
      predictor.reconcile(tick, sequence, place.x, place.y, nowMs);
      screens.hideDeath();
    } else {
      predictor.forget();
    }
  }

  /**
   * @param {number} _health @param {number} _score @param {number[]} resources @param {number} age
   * @param {number} experience @param {number} needed @param {number} weapon @param {number[]} [choices]
   */
  onSELF(_health, _score, resources, age, experience, needed, weapon, choices = []) {
    const gained = this.hud.setResources(resources);
    this.hud.setAge(age, experience, needed, choices);
    this.choices = choices;
    this.weapon = weapon;
    this.#followSpeed();
    const place = this.page.renderer.places.get(this.world.playerId);
    if (!place) return;
    gained.forEach((amount, i) => {
      if (amount > 0) this.page.floaters.add(`+${amount} ${RESOURCES[i]}`, place, performance.now());
    });
  }

  // Scores and rounds --------------------------------------------------------------------------------------------

  /** @param {[number, string, number][]} rows */
  onSCOREBOARD(rows) {
    this.hud.setScores(rows, (id) => this.world.teamOf(id));
  }

  /** @param {[number, number][]} rows */
  onTEAMS(rows) {
    this.hud.setTeams(rows);
  }

  /** @param {number} id @param {number | null} killerId */
  onDIED(id, killerId) {
    const { world } = this;
    const isOwn = id === world.playerId || killerId === world.playerId;
    const text = killerId === null ? `${world.nameOf(id)} died` : `${world.nameOf(killerId)} killed ${world.nameOf(id)}`;
    this.page.feed.add(text, isOwn ? "own" : "");
    if (id !== world.playerId) return;
    const word = killerId === null ? "You died" : `${world.nameOf(killerId)} killed you`;
    screens.showDeath(word, world.settings.respawn_after_s);
  }

  /** @param {any[][]} results @param {number} nextInMs @param {number[]} [places] */
  onGAME_OVER(results, nextInMs, places) {
    screens.hideDeath();
    screens.showResults(results, nextInMs, places, this.world.playerId);
  }
}
