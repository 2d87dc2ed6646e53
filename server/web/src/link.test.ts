import assert from "node:assert/strict";
import test from "node:test";
import { cushion, flat } from "./cushion";
import { pinLayer, readEvent } from "./events";
import { HEDGE, insist } from "./insist";
import { Words } from "./text";
import { Adviser, verdict } from "./verdict";
import { tell } from "./view/panel";
import layersEvent from "../../wire/testdata/event_layers.json";
import linkEvent from "../../wire/testdata/event_link.json";
import showEvent from "../../wire/testdata/event_show.json";
import wish from "../../wire/testdata/wish_layer.json";

test("the buffers grow at once with the loss, and with the round trip", () => {
  const table: [loss: number, roundTrip: number, hold: number][] = [
    [0, 500, 0],
    [0.049, 0, 0],
    [0.05, 0, 150],
    [0.19, 80, 250],
    [0.2, 0, 300],
    [0.45, 0, 500],
    [0.64, 80, 800],
    [0.65, 0, 650],
    [0.8, 80, 1050],
    [1, 0, 650],
  ];
  for (const [loss, roundTrip, hold] of table) assert.equal(cushion(flat, loss, roundTrip, 0).hold, hold, `${loss} ${roundTrip}`);
});

test("the buffers shrink after 15 calm seconds, to what the worst of them needed", () => {
  const after = (...reports: [loss: number, seconds: number][]) => {
    let [c, now] = [cushion(flat, 0.5, 0, 0), 0];
    for (const [loss, seconds] of reports) for (let i = 0; i < seconds; i++) c = cushion(c, loss, 0, (now += 1000));
    return c.hold;
  };
  assert.equal(after([0, 14]), 500);
  assert.equal(after([0, 15]), 0);
  assert.equal(after([0.019, 15]), 0);
  assert.equal(after([0.021, 15]), 150, "2 % need a little");
  assert.equal(after([0, 10], [0.1, 1], [0, 4]), 300);
  assert.equal(after([0, 10], [0.3, 1], [0, 14]), 500, "an unrest begins the wait anew");
  assert.equal(after([0, 10], [0.3, 1], [0, 15]), 0);
  assert.equal(after([0, 10], [0.7, 1]), 650);
});

/** A clock that only the test moves, for pauses. */
function clock() {
  const alarms = new Set<{ at: number; ring: () => void }>();
  let now = 0;
  return {
    now: () => now,
    pause: (time: number, signals: readonly AbortSignal[]) =>
      new Promise<void>((resolve) => {
        const alarm = { at: now + time, ring: () => (alarms.delete(alarm), resolve()) };
        alarms.add(alarm);
        for (const s of signals) s.addEventListener("abort", alarm.ring);
        if (signals.some((s) => s.aborted)) alarm.ring();
      }),
    pass: async (time: number) => {
      const end = now + time;
      for (;;) {
        for (let i = 0; i < 20; i++) await Promise.resolve();
        const next = [...alarms].sort((a, b) => a.at - b.at)[0];
        if (!next || next.at > end) break;
        now = Math.max(now, next.at);
        next.ring();
      }
      now = end;
    },
  };
}

/** A try that answers only when the test says so, or dies with its signal. */
interface Try {
  readonly at: number;
  readonly signal: AbortSignal;
  answer(text: string): void;
  fail(): void;
}

function tries(time: ReturnType<typeof clock>) {
  const all: Try[] = [];
  const send = (signal: AbortSignal) =>
    new Promise<string>((answer, reject) => {
      all.push({ at: time.now(), signal, answer, fail: () => reject(new Error("refused")) });
      signal.addEventListener("abort", () => reject(new Error("out of time")));
    });
  return { all, send };
}

test("a request that is answered in time is sent once", async () => {
  const time = clock();
  const { all, send } = tries(time);
  const result = insist(send, time.pause, new AbortController().signal);
  await time.pass(HEDGE - 1);
  all[0]!.answer("yes");
  await time.pass(60_000);
  assert.deepEqual([await result, all.length], ["yes", 1]);
});

test("a request without an answer is sent again beside the first, and the first answer ends all", async () => {
  const time = clock();
  const { all, send } = tries(time);
  const result = insist(send, time.pause, new AbortController().signal);
  await time.pass(400);
  assert.deepEqual(all.map((t) => Math.round(t.at)), [0, 120, 288]);
  all[1]!.answer("late");
  await time.pass(60_000);
  assert.deepEqual([await result, all.length, all.every((t) => t.signal.aborted)], ["late", 3, true]);
});

test("a server that refuses the connection is not insisted upon, one that is silent is given up in the end", async () => {
  const time = clock();
  const refused = tries(time);
  const first = insist(refused.send, time.pause, new AbortController().signal).catch((e: Error) => e.message);
  await time.pass(1);
  refused.all[0]!.fail();
  await time.pass(60_000);
  assert.deepEqual([await first, refused.all.length], ["refused", 1]);
  const silent = tries(time);
  const second = insist(silent.send, time.pause, new AbortController().signal).catch((e: Error) => e.message);
  await time.pass(60_000);
  assert.deepEqual([await second, silent.all.length], ["out of time", 6]);
});

test("who loses interest ends all tries", async () => {
  const time = clock();
  const { all, send } = tries(time);
  const interest = new AbortController();
  const result = insist(send, time.pause, interest.signal).catch((e: Error) => e.message);
  await time.pass(200);
  interest.abort();
  await time.pass(1);
  assert.deepEqual([await result, all.length, all.every((t) => t.signal.aborted)], ["out of time", 2, true]);
});

test("events are read as the server writes them, and what is none is passed over", () => {
  assert.deepEqual(readEvent(JSON.stringify(linkEvent)), linkEvent);
  assert.deepEqual(readEvent(JSON.stringify(layersEvent)), layersEvent);
  const show = readEvent(JSON.stringify(showEvent));
  assert.ok(show?.type === "show" && show.show.title === "Linen" && show.show.live);
  for (const other of ["", "7", "null", "[]", "{}", '{"type":"wave"}', '{"type":"show"}', '{"type":"layers"}', '{"type":"layers","layers":[null]}']) {
    assert.equal(readEvent(other), undefined, other);
  }
  assert.deepEqual(JSON.parse(pinLayer("f")), wish);
});

const layers = { ...layersEvent, type: "layers" } as const;
const good = { type: "link", down: 3_000_000, loss: 0, rtt: 30, redundancy: 1 } as const;

test("the network check says what the connection can do", () => {
  const table: [link: Partial<typeof good | Record<"down" | "loss" | "rtt", number>>, layers: Partial<typeof layers | { current: string; pinned: string; layers: [] }>, says: string, matters: boolean][] = [
    [{}, {}, "Your connection carries 720p.", false],
    [{ down: 1_900_000 }, {}, "Your connection carries 360p, not 720p.", false],
    [{ down: 1_900_000 }, { pinned: "f" }, "Your connection carries 360p, not 720p.", true],
    [{ down: 1_900_000 }, { pinned: "h" }, "Your connection carries 360p, not 720p.", false],
    [{ down: 200_000 }, { pinned: "h" }, "Your connection carries 180p, not 360p.", true],
    [{ down: 10_000 }, {}, "Your connection carries 180p, not 720p.", false],
    [{ down: 60_000 }, { current: "" }, "Your connection carries sound only now. The picture comes back by itself.", true],
    [{ loss: 0.7 }, { current: "" }, "Your connection carries sound only now. The picture comes back by itself.", true],
    [{ loss: 0.049 }, {}, "Your connection carries 720p.", false],
    [{ loss: 0.05 }, {}, "Your connection is losing some packets; the picture is protected.", false],
    [{ loss: 0.18 }, {}, "Your connection is losing a fifth of its packets; the picture is protected and may be a second late.", false],
    [{ loss: 0.33 }, {}, "Your connection is losing a third of its packets; the picture is protected and may be a second late.", true],
    [{ loss: 0.5 }, {}, "Your connection is losing half of its packets; the picture is protected and may be a second late.", true],
    [{ loss: 0.7 }, {}, "Your connection is losing most of its packets; the picture is protected and may be a second late.", true],
    [{ rtt: 600 }, {}, "Your connection answers slowly; the show may be a second late.", false],
    [{}, { layers: [], current: "" }, "Your connection carries the whole show.", false],
  ];
  for (const [l, s, says, matters] of table) {
    const v = verdict({ ...good, ...l }, { ...layers, ...s });
    assert.deepEqual([tell(new Words("en"), v), v.matters], [says, matters]);
    const chinese = tell(new Words("zh-CN"), v);
    assert.ok(/^您的网络.*。$/.test(chinese) && !/[{}]/.test(chinese), chinese);
  }
  assert.equal(verdict(good, undefined).key, "carriesAll");
});

test("a viewer hears of a bad connection when it lasts, for a while, and once", () => {
  const adviser = new Adviser();
  const bad = verdict({ ...good, loss: 0.5 }, layers);
  const fine = verdict(good, layers);
  const hear = (v: typeof bad, seconds: number) => Array.from({ length: seconds }, () => (adviser.hear(v) ? "x" : ".")).join("");
  assert.equal(hear(bad, 2) + hear(fine, 1), "...");
  assert.equal(hear(bad, 20), "..xxxxxxxx..........");
  assert.equal(hear(fine, 20) + hear(bad, 20), ".".repeat(40));
  assert.equal(hear(fine, 30) + hear(bad, 4), `${".".repeat(32)}xx`);
  assert.equal(hear(fine, 1) + hear(bad, 1), "..");
  assert.equal(hear(verdict(good, { ...layers, current: "" }), 4), "..xx");
});
