// A small simulation: a server that ticks, a line with delays and jitter, and a page that predicts and draws at 60 Hz.
//
// In:  delays in milliseconds. Out: the largest jumps in the drawing, and the size of the corrections.
async ({ upMs, downMs, jitterMs, seconds, seed, trees }) => {
  const { Predictor } = await import("/web/world/prediction.js");
  const { ServerClock } = await import("/web/lib/clock.js");
  const { walk } = await import("/web/world/movement.js");

  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const settings = { tick_rate: 20, map_size: 4000, player_speed: 300, player_scale: 35 };
  const circles = Array.from({ length: trees }, () => ({ x: 4000 * random(), y: 4000 * random(), scale: 90 }))
    .filter(({ x, y }) => Math.hypot(x - 2000, y - 2000) > 300);
  const touching = (x, y, scale) => circles.find((c) => Math.hypot(c.x - x, c.y - y) < c.scale + scale) ?? null;
  const late = (ms) => ms + jitterMs * random();

  const server = { x: 2000, y: 2000, direction: null, pending: null, tick: 0 };
  const clock = new ServerClock(settings.tick_rate);
  const predictor = new Predictor(settings, clock, touching);
  predictor.followRoundTrip(upMs + downMs + jitterMs);
  const events = []; // {atMs, run}: the events of both sides and their times
  const at = (atMs, run) => events.push({ atMs, run });
  const corrections = [];
  const jumps = [];
  let shown = null;
  let frameAtMs = 0;
  let arrivesMs = 0;
  let hearsMs = 0;

  for (let tick = 1; tick <= 20 * seconds; tick++) {
    at(tick * 50, () => {
      Object.assign(server, walk(server, server.direction, 300, settings, touching));
      const [x, y, sequence] = [Math.round(server.x), Math.round(server.y), server.pending];
      arrivesMs = Math.max(arrivesMs, tick * 50 + late(downMs)); // TCP: nothing overtakes
      at(arrivesMs, (nowMs) => {
        clock.observe(tick, nowMs);
        const before = predictor.path.length ? predictor.path[predictor.path.length - 1] : null;
        const step = predictor.baseStep + predictor.path.length - 1;
        predictor.reconcile(tick, sequence, x, y, nowMs);
        predictor.position(nowMs);
        const after = predictor.path[step - predictor.baseStep];
        if (before && after) corrections.push(Math.hypot(before.x - after.x, before.y - after.y));
      });
    });
  }
  for (let nowMs = 1000; nowMs < 1000 * seconds; nowMs += 80 + 700 * random()) {
    at(nowMs, () => {
      const direction = random() < 0.25 ? null : Math.floor(8 * random());
      const sequence = predictor.input(direction, nowMs);
      hearsMs = Math.max(hearsMs, nowMs + late(upMs));
      at(hearsMs, () => {
        server.direction = direction;
        server.pending = sequence;
      });
    });
  }
  for (let nowMs = 700; nowMs < 1000 * seconds; nowMs += 1000 / 60) {
    at(nowMs, () => {
      if (!predictor.path.length) return;
      const place = predictor.position(nowMs);
      if (shown) {
        const way = (settings.player_speed * (nowMs - frameAtMs)) / 1000;
        jumps.push(Math.max(0, Math.hypot(place.x - shown.x, place.y - shown.y) - way));
      }
      shown = place;
      frameAtMs = nowMs;
    });
  }
  while (events.length) {
    let next = 0;
    for (let i = 1; i < events.length; i++) if (events[i].atMs < events[next].atMs) next = i;
    const [{ atMs, run }] = events.splice(next, 1);
    run(atMs);
  }
  const wrong = corrections.filter((size) => size > 1);
  return {
    steps: corrections.length,
    corrected: wrong.length,
    largestCorrection: Math.max(0, ...corrections),
    largestJump: Math.max(...jumps),
    distance: Math.hypot(predictor.position(1000 * seconds).x - server.x, predictor.position(1000 * seconds).y - server.y),
  };
}
