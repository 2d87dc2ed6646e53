import assert from "node:assert/strict";
import test from "node:test";
import { readEvent, type MediaClock } from "./events";
import { LATEST, MediaTime } from "./mediatime";
import clockEvent from "../../wire/testdata/event_clock.json";

/** A page whose time passes when the test says so, and what has come up on it. */
function page() {
  let now = 0;
  const alarms = new Set<{ at: number; ring: () => void }>();
  const world = {
    now: () => now,
    pause: (time: number, signals: readonly AbortSignal[]) =>
      new Promise<void>((resolve) => {
        const alarm = { at: now + time, ring: () => (alarms.delete(alarm), resolve()) };
        alarms.add(alarm);
        for (const s of signals) s.addEventListener("abort", alarm.ring);
      }),
  };
  const time = new MediaTime(world);
  const stream = {};
  const up: string[] = [];
  const settle = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  return {
    time, stream, up, alarms,
    clock: (rtp: number, media: number, of = stream) => time.learn({ type: "clock", rtp, media }, of),
    card: (name: string, media: number) => void time.when(media).then(() => up.push(name)),
    frame: async (rtp: number | undefined, of: object | null = stream, ago = 0) => {
      time.frame(rtp, of, ago);
      await settle();
    },
    pass: async (ms: number) => {
      now += ms;
      for (const a of [...alarms]) if (a.at <= now) a.ring();
      await settle();
    },
  };
}

test("a clock is read as the server writes it, and only whole", () => {
  assert.deepEqual(readEvent(JSON.stringify(clockEvent)), clockEvent as MediaClock);
  for (const bad of [`{"type":"clock"}`, `{"type":"clock","rtp":1}`, `{"type":"clock","rtp":"1","media":2}`, `{"type":"clock","rtp":1,"media":null}`]) assert.equal(readEvent(bad), undefined, bad);
});

test("frames have the media time that the clock gives them, also where time stamps begin anew", async () => {
  const p = page();
  p.clock(2 ** 32 - 90, 1_000_000);
  for (const [rtp, media] of [[2 ** 32 - 90, 1_000_000], [0, 1_000_001], [90 * 40, 1_000_041], [2 ** 32 - 90 * 11, 999_990]] as const) {
    await p.frame(rtp);
    assert.equal(p.time.shown(), media, `${rtp}`);
  }
});

test("after a jump, frames before it go by the clock before", async () => {
  const p = page();
  p.clock(9000, 100_000);
  p.clock(18_000, 500_000);
  await p.frame(17_910);
  assert.equal(p.time.shown(), 100_099);
  await p.frame(18_090);
  assert.equal(p.time.shown(), 500_001);
  for (let i = 1; i < 20; i++) p.clock(18_000 + 90_000 * i, 500_000 + 1000 * i);
  await p.frame(9000);
  assert.equal(p.time.shown(), 499_900, "one that is older than all goes by the oldest kept");
});

test("an event comes up with the first frame taken at its time or later, in the order of asking", async () => {
  const p = page();
  p.clock(0, 100_000);
  await p.frame(0);
  p.card("second", 100_066);
  p.card("first", 100_033);
  p.card("as soon", 100_033);
  p.card("at once", 99_000);
  await p.frame(1500);
  assert.deepEqual(p.up, ["at once"]);
  await p.frame(2960);
  assert.deepEqual(p.up, ["at once", "first", "as soon"], "32.9 ms are 33");
  await p.frame(6000);
  assert.deepEqual(p.up.slice(3), ["second"]);
  assert.equal(p.time.shown(), 100_000 + 6000 / 90);
});

test("a frame that is told of late shows how far the picture is by then, and one told of early does not", async () => {
  const p = page();
  p.clock(0, 100_000);
  await p.frame(0);
  p.card("card", 100_050);
  await p.frame(3000, undefined, -8);
  assert.equal(p.time.shown(), 100_000 + 3000 / 90);
  await p.frame(3000, undefined, 17);
  assert.deepEqual(p.up, ["card"]);
  await p.frame(6000, undefined, 1000);
  assert.equal(p.time.shown(), 100_000 + 6000 / 90 + 50, "it may have stopped");
});

test("a picture that stops holds nothing for longer than 3 s, and then nothing at all", async () => {
  const p = page();
  p.clock(0, 100_000);
  await p.frame(0);
  await p.pass(2000);
  p.card("held", 100_500);
  await p.pass(LATEST - 2001);
  assert.equal(p.time.shown(), 100_000);
  await p.pass(1);
  assert.equal(p.time.shown(), undefined);
  assert.deepEqual(p.up, []);
  p.card("free", 100_500);
  await p.pass(1999);
  assert.deepEqual(p.up, ["free"]);
  await p.pass(1);
  assert.deepEqual(p.up, ["free", "held"]);
  assert.equal(p.alarms.size, 0);
});

test("where nothing tells the time of the picture, events come up when they come", async () => {
  const [silent, timeless, strange] = [page(), page(), page()];
  timeless.clock(0, 100_000);
  await timeless.frame(undefined);
  strange.clock(0, 100_000, {});
  await strange.frame(9000);
  await strange.frame(9000, null);
  for (const p of [silent, timeless, strange]) {
    p.card("now", 100_500);
    await p.pass(0);
    assert.deepEqual(p.up, ["now"]);
  }
});

test("what waits for the picture of one session goes on with that of the next", async () => {
  const p = page();
  p.clock(0, 100_000);
  await p.frame(0);
  p.card("card", 100_500);
  const next = {};
  await p.frame(123_456, next);
  assert.equal(p.time.shown(), undefined);
  p.clock(123_456, 100_480, next);
  await p.frame(123_456 + 90 * 19, next);
  assert.deepEqual(p.up, ["card"]);
});
