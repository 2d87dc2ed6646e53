import assert from "node:assert/strict";
import test from "node:test";
import { backoff, HURRY } from "./backoff";
import { compare, readSample } from "./sample";
import { back, paid } from "./paid";
import { readRelays } from "./relays";
import { improve, renew, restartFragment } from "./sdp";
import { stripeAmount } from "./stripe";
import { choose, duration, Words } from "./text";
import { readRefusal, readShow } from "./wire";
import closedShow from "../../wire/testdata/show_closed.json";
import interruptedShow from "../../wire/testdata/show_interrupted.json";
import liveShow from "../../wire/testdata/show_live.json";
import problem from "../../wire/testdata/problem.json";

test("a pause is at most 1 s while a trouble is young and 15 s ever, half of it chance", () => {
  assert.equal(backoff(0, 0, 0.9), 0);
  for (let tries = 1; tries < 200; tries += 3) {
    for (const age of [0, HURRY - 1, HURRY, 10 * HURRY, 1e9]) {
      const [least, most] = [backoff(tries, age, 0), backoff(tries, age, 0.999_999)];
      assert.ok(least > 0 && most <= (age < HURRY ? 1000 : 15_000) && Math.abs(most / least - 2) < 0.01, `${tries} ${age}: ${least} to ${most}`);
    }
  }
});

test("relays are read from links, and nothing else is", () => {
  const link = (url: string, rel: string) => `<${url}>; rel="${rel}"; username="1:A"; credential="a+/b="; credential-type="password"`;
  const [udp, tls] = ["turn:shop.example:3478?transport=udp", "turns:[2001:db8::1]:443?transport=tcp"];
  const header = [link(udp, "ice-server"), link("turn:x:1", "next"), "</style.css>; rel=preload", link("https://x/", "ice-server"), `<turn:y:1>; rel="ice-server"`, link(tls, "ice-server")].join(", ");
  assert.deepEqual(readRelays(header), [udp, tls].map((urls) => ({ urls, username: "1:A", credential: "a+/b=" })));
  assert.deepEqual(readRelays(null), []);
});

const lines = (...all: string[]) => all.map((l) => `${l}\r\n`).join("");

test("an offer asks for stereo and for lost packets in every Opus format and nowhere else", () => {
  const offer = lines("m=audio 9 UDP/TLS/RTP/SAVPF 111 112 63", "a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 transport-cc", "a=fmtp:111 minptime=10;useinbandfec=1", "a=rtpmap:112 opus/48000/2", "a=rtcp-fb:112 nack", "a=fmtp:112 stereo=0", "a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111");
  const want = lines("m=audio 9 UDP/TLS/RTP/SAVPF 111 112 63", "a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 nack", "a=rtcp-fb:111 transport-cc", "a=fmtp:111 minptime=10;useinbandfec=1;stereo=1", "a=rtpmap:112 opus/48000/2", "a=rtcp-fb:112 nack", "a=fmtp:112 stereo=0", "a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111");
  assert.equal(improve(offer), want);
  assert.equal(improve(want), want);
  assert.equal(improve("v=0\r\n"), "v=0\r\n");
});

test("a restart sends new credentials and puts those of the server into its answer", () => {
  const offer = lines("v=0", "a=group:BUNDLE 0 1", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=ice-ufrag:new", "a=ice-pwd:secret", "a=mid:0", "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=ice-ufrag:new", "a=ice-pwd:secret", "a=mid:1");
  assert.equal(restartFragment(offer), lines("m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0", "a=ice-ufrag:new", "a=ice-pwd:secret", "a=end-of-candidates"));
  const answer = lines("v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=candidate:1 1 udp 7 10.0.0.1 9 typ host", "a=mid:0", "a=ice-ufrag:old", "a=ice-pwd:past", "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:1", "a=ice-ufrag:old", "a=ice-pwd:past");
  const fragment = lines("a=ice-lite", "m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0", "a=ice-ufrag:fresh", "a=ice-pwd:hidden", "a=candidate:1 1 udp 7 10.0.0.2 9 typ host", "a=end-of-candidates");
  assert.equal(renew(answer, fragment), lines("v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0", "a=candidate:1 1 udp 7 10.0.0.2 9 typ host", "a=ice-ufrag:fresh", "a=ice-pwd:hidden", "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:1", "a=ice-ufrag:fresh", "a=ice-pwd:hidden"));
  assert.equal(renew(answer, ""), undefined);
});

test("two samples become what people read", () => {
  const report = (n: number) => [
    { type: "inbound-rtp", kind: "video", framesDecoded: 30 * n, packetsReceived: 90 * n, packetsLost: 10 * n, bytesReceived: 100_000 * n, totalProcessingDelay: 1.5 * n, frameWidth: 1280, frameHeight: 720, freezeCount: 1 },
    { type: "inbound-rtp", kind: "audio", packetsReceived: 50 * n, bytesReceived: 8000 * n, audioLevel: 0.25 },
    { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 },
    { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.02 },
  ];
  const q = compare(readSample(report(1), 1000), readSample(report(3), 3000));
  assert.deepEqual(q, { delay: 60, roundTrip: 20, bitrate: 864_000, width: 1280, height: 720, fps: 30, loss: 20 / 300, freezes: 1 });
  const empty = readSample([], 0);
  assert.deepEqual(compare(empty, empty), { delay: undefined, roundTrip: undefined, bitrate: 0, width: 0, height: 0, fps: 0, loss: 0, freezes: 0 });
});

test("a show is read as the server writes it, and nothing else is", () => {
  assert.deepEqual(readShow(liveShow), { ...liveShow, interrupted: false, since: Date.UTC(2026, 10, 21, 20, 15) });
  assert.deepEqual(readShow(closedShow), { id: "evening", title: "evening", state: "closed", live: false, interrupted: false, video: "", viewers: 0 });
  assert.equal(readShow(interruptedShow).interrupted, true);
  for (const other of [null, 7, "a", [], {}, { id: "a" }, { id: 1, live: true }]) assert.throws(() => readShow(other));
});

test("a refusal is read as the server writes it", async () => {
  const refusal = await readRefusal(new Response(JSON.stringify(problem), { status: 409, headers: { "Retry-After": "2" } }));
  assert.deepEqual([refusal.status, refusal.code, refusal.retryAfter], [409, problem.code, 2000]);
});

test("the page speaks the first language it knows", () => {
  assert.equal(choose(["fr", "zh-TW", "en"]), "zh-CN");
  assert.equal(choose(["en-GB", "zh"]), "en");
  assert.equal(choose(["fr"]), "en");
  assert.equal(new Words("en").viewers(1), "1 watching");
  assert.equal(new Words("en").viewers(12_345), "12.3K watching");
  assert.equal(new Words("zh-CN").viewers(12_345), "1.2万 人在看");
});

test("a span is read as a clock", () => {
  assert.deepEqual([-5, 0, 59_999, 61_000, 3_600_000, 36_061_000].map(duration), ["0:00", "0:00", "0:59", "1:01", "1:00:00", "10:01:01"]);
});

test("amounts are told to Stripe in its units, as the server tells them", () => {
  const amounts: [number, string, number][] = [[1999, "EUR", 1999], [1980, "JPY", 1980], [12340, "KWD", 12340], [5, "ISK", 500], [7, "UGX", 700], [4500, "MGA", 45]];
  for (const [minor, currency, want] of amounts) assert.equal(stripeAmount({ minor, currency }), want, currency);
});

test("who comes back from a bank brings their order, and what the provider wrote into the address is taken out", () => {
  const at = new URL(paid({ origin: "https://shop.example", pathname: "/watch/demo" }, "order-1"));
  at.search += "&payment_intent=pi_1&payment_intent_client_secret=pi_1_secret_x&redirect_status=succeeded";
  let left = "";
  const history = { state: null, replaceState: (_: unknown, __: string, to?: string | URL | null) => void (left = String(to)) };
  assert.equal(back(at, history), "order-1");
  assert.equal(left, "/watch/demo");
  assert.equal(back({ pathname: "/watch/demo", search: "?product=ring" }, history), "");
});
