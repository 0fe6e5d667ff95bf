// A dormant room that wakes: the page draws its own player, which begins to walk, and an animal.
//
// In:  the time of the first input and the delays of the line, in milliseconds. Out: the largest jumps in the drawing.
async ({ wakesAtMs, upMs, downMs }) => {
  const { Predictor } = await import("/web/world/prediction.js");
  const { DELAY_TICKS, ServerClock } = await import("/web/lib/clock.js");
  const { Track } = await import("/web/world/interpolation.js");
  const { walk } = await import("/web/world/movement.js");

  const settings = { tick_rate: 20, map_size: 4000, player_speed: 300, player_scale: 35 };
  const nothing = () => null;
  const server = { x: 2000, y: 2000, direction: null, sequence: null, tick: 100 };
  const animal = { x: 1000, y: 1000 };
  const clock = new ServerClock(settings.tick_rate);
  const predictor = new Predictor(settings, clock, nothing);
  const track = new Track();
  predictor.followRoundTrip(upMs + downMs);
  const events = []; // {atMs, run}
  const at = (atMs, run) => events.push({ atMs, run });
  const found = { ownJump: 0, animalJump: 0, ownAtRest: 0, walked: 0, seenAfterMs: 0 };

  const sendState = (nowMs) => {
    const { x, y, sequence, tick } = server;
    const place = { ...animal };
    at(nowMs + downMs, (arrivesMs) => {
      const isNew = !track.last || track.last.x !== place.x;
      clock.observe(tick, arrivesMs);
      predictor.reconcile(tick, sequence, Math.round(x), Math.round(y), arrivesMs);
      if (isNew) track.add(tick, place.x, place.y, 0);
      if (sequence !== null && !found.seenAfterMs) found.seenAfterMs = arrivesMs - wakesAtMs;
    });
  };
  const update = (nowMs) => {
    server.tick += 1;
    Object.assign(server, walk(server, server.direction, 300, settings, nothing));
    animal.x += 5; // as fast as it wanders
    sendState(nowMs);
  };

  // A dormant room sends two STATEs a second. Nothing moves, and the ticks go on.
  let countedToMs = 0;
  const heardMs = wakesAtMs + upMs;
  for (let nowMs = 0; nowMs < heardMs; nowMs += 500) {
    at(nowMs, () => {
      server.tick += 10;
      countedToMs = nowMs;
      sendState(nowMs);
    });
  }
  at(wakesAtMs, (nowMs) => {
    const sequence = predictor.input(0, nowMs);
    at(heardMs, () => {
      Object.assign(server, { direction: 0, sequence });
      server.tick += Math.max(0, Math.round((heardMs - countedToMs) / 50) - 1);
      update(heardMs);
    });
  });
  for (let tick = 1; tick < 60; tick++) at(heardMs + 50 * tick, update);

  let before = null;
  const frameMs = 1000 / 60;
  for (let nowMs = 2500; nowMs < heardMs + 2500; nowMs += frameMs) {
    at(nowMs, () => {
      const own = predictor.position(nowMs);
      const other = track.at(Math.min(clock.lastTick, clock.tickAt(nowMs) - DELAY_TICKS));
      if (before) {
        const way = nowMs > wakesAtMs ? (300 * frameMs) / 1000 : 0;
        found.ownJump = Math.max(found.ownJump, Math.hypot(own.x - before.own.x, own.y - before.own.y) - way);
        found.animalJump = Math.max(found.animalJump, Math.abs(other.x - before.other.x) - (100 * frameMs) / 1000);
      }
      if (nowMs < wakesAtMs) found.ownAtRest = Math.max(found.ownAtRest, Math.hypot(own.x - 2000, own.y - 2000));
      found.walked = own.x - 2000;
      before = { own, other };
    });
  }
  while (events.length) {
    let next = 0;
    for (let i = 1; i < events.length; i++) if (events[i].atMs < events[next].atMs) next = i;
    const [{ atMs, run }] = events.splice(next, 1);
    run(atMs);
  }
  return found;
};
