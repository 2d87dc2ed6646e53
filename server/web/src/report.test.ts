import assert from "node:assert/strict";
import test from "node:test";
import { readSample } from "./sample";
import { report, Screen, type Report } from "./report";
import type { Truth } from "./truth";
import golden from "../../wire/testdata/report_player.json";
import truth from "../../wire/testdata/truth.json";

const FRAME = 1000 / 30;

/** A screen that has shown ten seconds of a steady picture, and when it has. */
function steady(): { screen: Screen; at: number; n: number } {
  const screen = new Screen();
  let at = 0;
  let n = 0;
  for (; n < 300; n++) screen.frame((at += FRAME), n + 1);
  screen.take(at, true);
  return { screen, at, n };
}

test("a freeze is counted as long as it lasts, also while it goes on", () => {
  const { screen, at, n } = steady();
  assert.deepEqual(screen.take(at + 100, true), { shown: 0, freezes: 0, frozen: 0 });
  assert.deepEqual(screen.take(at + 500, true), { shown: 0, freezes: 1, frozen: 500 });
  assert.deepEqual(screen.take(at + 2500, true), { shown: 0, freezes: 1, frozen: 2000 });
  screen.frame(at + 3000, n + 1);
  assert.deepEqual(screen.take(at + 3001, true), { shown: 1, freezes: 1, frozen: 500 });
  screen.frame(at + 3000 + FRAME, n + 2);
  assert.deepEqual(screen.take(at + 3050, true), { shown: 1, freezes: 0, frozen: 0 });
});

test("a page that is too busy to hear of each frame does not take that for a freeze", () => {
  const { screen, at, n } = steady();
  screen.frame(at + 10 * FRAME, n + 10);
  assert.deepEqual(screen.take(at + 340, true), { shown: 10, freezes: 0, frozen: 0 });
});

test("a picture that need not move has not frozen", () => {
  const { screen, at, n } = steady();
  assert.deepEqual(screen.take(at + 60_000, false), { shown: 0, freezes: 0, frozen: 0 });
  screen.frame(at + 90_000, n + 1);
  assert.deepEqual(screen.take(at + 90_001, true), { shown: 1, freezes: 0, frozen: 0 });
});

test("a report says what the golden file says", () => {
  const video = (n: number) => ({ type: "inbound-rtp", kind: "video", framesDecoded: 50 * n, framesDropped: 2 * n, totalDecodeTime: 0.2 * n, packetsReceived: 490 * n, packetsLost: 10 * n, jitterBufferDelay: 3 * n, jitterBufferEmittedCount: 50 * n, frameHeight: 360, estimatedPlayoutTimestamp: 1795292100000 + 2208988800000 });
  const audio = (n: number) => ({ type: "inbound-rtp", kind: "audio", totalSamplesReceived: 96_000 * n, concealedSamples: 960 * n, silentConcealedSamples: 480 * n });
  const pair = { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.032 };
  const made = report(readSample([video(1), audio(1)], 1000), readSample([video(2), audio(2), pair], 3000), { shown: 48, freezes: 1, frozen: 400, hidden: false, stall: "media", layer: "h" });
  assert.deepEqual(made, golden as Report);
  assert.ok(JSON.stringify(made).length < 1024, "the server reads so much");
});

test("what makes no sense is not reported", () => {
  const s = readSample([], 1000);
  const scene = { shown: 0, freezes: 0, frozen: 0, hidden: true, stall: "", layer: "" } as const;
  assert.equal(report(s, s, scene), undefined);
  assert.equal(report(s, readSample([], 100_000), scene), undefined);
  const backwards = report({ ...s, concealed: 7, samples: 9 }, readSample([], 3000), { ...scene, frozen: 5000 });
  assert.equal(backwards?.concealed, 0);
  assert.equal(backwards?.frozen, 2000);
  assert.equal(backwards?.hidden, true);
});

test("the truth has the form of its golden file", () => {
  const t: Truth = truth as Truth;
  assert.equal(t.verdict.hop, "last_mile");
  assert.equal(t.byProtocol.whep?.viewers, 110);
  assert.equal(t.hops.uplink?.way?.rtt, 18);
});
