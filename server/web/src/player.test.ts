import assert from "node:assert/strict";
import test from "node:test";
import { HURRY } from "./backoff";
import type { Event } from "./events";
import { GRACE, PATIENCE, Player, STALL } from "./player";
import type { Report } from "./report";
import type { Sample } from "./sample";
import type { Link, Session, World } from "./session";
import type { State } from "./snapshot";
import { Refusal, type Code, type Show } from "./wire";

const show: Show = { id: "evening", title: "Evening", state: "open", live: true, interrupted: false, video: "H264", viewers: 1 };

/** A session whose media and transport the test turns on and off. */
class FakeSession implements Session {
  constructor(readonly world: FakeWorld) {}

  readonly stream = {} as MediaStream;
  onlink = () => undefined as void;
  onevent: (e: Event) => void = () => undefined;
  /** What a restart of its transport does: nothing, media again, or the server does not know the session. */
  heals: "no" | "yes" | "unknown" = "no";
  restarts: number[] = [];
  pins: string[] = [];
  sights: number[] = [];
  closed = false;
  picture = true;
  sound = true;
  #link: Link = "up";
  #sample: Sample = { at: 0, frames: 0, videoPackets: 0, audioPackets: 0, lost: 0, bytes: 0, width: 0, height: 0, freezes: 0, processing: 0, buffered: 0, emitted: 0, dropped: 0, decoding: 0, samples: 0, concealed: 0, silent: 0, playing: undefined, roundTrip: undefined, level: 0 };

  link(): Link {
    return this.#link;
  }

  set(link: Link): void {
    this.#link = link;
    this.onlink();
  }

  async sample(): Promise<Sample> {
    const s = this.#sample;
    this.#sample = { ...s, frames: s.frames + (this.picture ? 1 : 0), videoPackets: s.videoPackets + (this.picture ? 9 : 0), audioPackets: s.audioPackets + (this.sound ? 5 : 0) };
    return this.#sample;
  }

  async restart(): Promise<boolean> {
    this.restarts.push(this.world.time);
    if (this.heals === "yes") this.picture = this.sound = true;
    return this.heals !== "unknown" && this.world.fault === "";
  }

  see(picture: boolean, height: number): void {
    this.sights.push(picture ? height : 0);
  }

  pin(layer: string): void {
    this.pins.push(layer);
  }

  reports = 0;
  hears = true;

  tell(): boolean {
    if (this.hears) this.reports++;
    return this.hears;
  }

  close(): void {
    this.closed = true;
  }
}

/** A server and a clock that only the test moves. */
class FakeWorld implements World {
  time = 0;
  show: Show = show;
  /** What stands in the way of every request: a refusal's code, or no server at all. */
  fault: "" | "down" | { status: number; code: Code | "" } = "";
  joins: number[] = [];
  asks: number[] = [];
  sessions: FakeSession[] = [];
  away = false;
  readonly states: State[] = [];
  readonly player = new Player(this, {
    changed: (s) => this.states.at(-1) !== s.state && this.states.push(s.state),
    measured: () => undefined,
    told: () => undefined,
    timed: () => undefined,
  });
  #alarms = new Set<{ at: number; ring: () => void }>();

  get session(): FakeSession {
    const s = this.sessions.at(-1);
    assert.ok(s, "a session");
    return s;
  }

  get state(): State {
    return this.player.snapshot.state;
  }

  async join(): Promise<Session> {
    this.joins.push(this.time);
    this.#answer();
    if (this.show.state === "closed") throw new Refusal(409, "show_closed");
    if (!this.show.live) throw new Refusal(409, "not_live", 1000);
    this.sessions.push(new FakeSession(this));
    return this.session;
  }

  async ask(): Promise<Show> {
    this.asks.push(this.time);
    this.#answer();
    return this.show;
  }

  posted = 0;

  post(): void {
    this.posted++;
  }

  #answer(): void {
    if (this.fault === "down") throw new TypeError("Failed to fetch");
    if (this.fault !== "") throw new Refusal(this.fault.status, this.fault.code);
  }

  pause(time: number, signals: readonly AbortSignal[]): Promise<void> {
    return new Promise((resolve) => {
      const alarm = { at: this.time + time, ring: () => (this.#alarms.delete(alarm), resolve()) };
      this.#alarms.add(alarm);
      for (const s of signals) s.addEventListener("abort", alarm.ring, { once: true });
      if (signals.some((s) => s.aborted)) alarm.ring();
    });
  }

  now = () => this.time;
  random = () => 0.5;
  hidden = () => this.away;
  online = () => true;

  /** Lets the time pass, in ms. */
  async pass(time: number): Promise<void> {
    const end = this.time + time;
    for (;;) {
      for (let i = 0; i < 60; i++) await Promise.resolve();
      const next = [...this.#alarms].sort((a, b) => a.at - b.at)[0];
      if (!next || next.at > end) break;
      this.time = Math.max(this.time, next.at);
      next.ring();
    }
    this.time = end;
  }

  /** How many loops sleep. */
  get asleep(): number {
    return this.#alarms.size;
  }
}

async function playing(): Promise<FakeWorld> {
  const w = new FakeWorld();
  w.player.start();
  await w.pass(6000);
  assert.equal(w.state, "playing");
  return w;
}

test("a live show plays at once, asked for and joined at the same time", async () => {
  const w = new FakeWorld();
  w.player.start();
  await w.pass(1);
  assert.deepEqual(w.states, ["joining", "playing"]);
  assert.deepEqual([w.joins, w.asks], [[0], [0]]);
});

test("a show that has not begun is waited for, and joined when it begins", async () => {
  const w = new FakeWorld();
  w.show = { ...show, live: false, video: "" };
  w.player.start();
  await w.pass(60_000);
  assert.equal(w.state, "waiting");
  assert.ok(w.joins.length <= 2, `${w.joins.length} joins of a show that has not begun`);
  assert.ok(w.asks.length > 30 && w.asks.length < 52, `asked ${w.asks.length} times`);
  w.show = show;
  await w.pass(3500);
  assert.equal(w.state, "playing");
});

test("a stall keeps the session, and media that comes back goes on in it", async () => {
  const w = await playing();
  w.show = { ...show, live: false, video: "" };
  w.session.picture = w.session.sound = false;
  await w.pass(STALL - 1000);
  assert.equal(w.state, "playing");
  await w.pass(2000);
  assert.deepEqual([w.state, w.player.snapshot.reason], ["interrupted", "host"]);
  await w.pass(10_000);
  w.session.picture = w.session.sound = true;
  w.show = show;
  await w.pass(600);
  assert.deepEqual([w.state, w.sessions.length, w.session.closed], ["playing", 1, false]);
});

test("a host who stays away is waited for with the slate, in the same session", async () => {
  const w = await playing();
  w.show = { ...show, live: false, video: "" };
  w.session.picture = w.session.sound = false;
  await w.pass(GRACE + 3000);
  assert.equal(w.state, "waiting");
  w.session.picture = w.session.sound = true;
  await w.pass(600);
  assert.deepEqual([w.state, w.sessions.length], ["playing", 1]);
});

test("a session that stalls while its host is on air looks for a new way first, and is then joined anew", async () => {
  const w = await playing();
  const old = w.session;
  old.picture = old.sound = false;
  const from = w.time;
  await w.pass(PATIENCE + 600);
  assert.deepEqual([w.state, w.sessions.length, old.restarts.length], ["reconnecting", 1, 1]);
  assert.ok(old.restarts[0]! - from >= STALL && old.restarts[0]! - from <= STALL + 1000, `restarted after ${old.restarts[0]! - from} ms`);
  await w.pass(PATIENCE + 600);
  assert.deepEqual([w.state, w.sessions.length, old.closed, old.restarts.length], ["playing", 2, true, 1]);
});

test("a new way brings the media back in the same session", async () => {
  const w = await playing();
  w.session.heals = "yes";
  w.session.set("shaky");
  w.session.picture = w.session.sound = false;
  await w.pass(PATIENCE + 1200);
  assert.deepEqual([w.state, w.sessions.length, w.session.restarts.length], ["playing", 1, 1]);
});

test("a server that forgot the session is joined anew without more ado", async () => {
  const w = await playing();
  w.session.heals = "unknown";
  w.session.picture = w.session.sound = false;
  await w.pass(STALL + 1000);
  assert.deepEqual([w.state, w.sessions.length], ["playing", 2]);
});

test("the old session stays until the new one brings media, and wins if its own comes back first", async () => {
  const w = await playing();
  const old = w.session;
  const join = w.join.bind(w);
  w.join = async () => {
    const s = (await join()) as FakeSession;
    s.picture = s.sound = false;
    return s;
  };
  old.picture = old.sound = false;
  await w.pass(2 * PATIENCE + 1500);
  assert.deepEqual([w.state, w.sessions.length, old.closed, w.player.snapshot.stream === old.stream], ["reconnecting", 2, false, true]);
  old.picture = old.sound = true;
  await w.pass(600);
  assert.deepEqual([w.state, w.session.closed, old.closed, w.player.snapshot.stream === old.stream], ["playing", true, false, true]);
  await w.pass(60_000);
  assert.deepEqual([w.state, w.sessions.length], ["playing", 2]);
});

test("an old session that stays silent is closed with the first packet of the new one", async () => {
  const w = await playing();
  const old = w.session;
  old.picture = old.sound = false;
  await w.pass(2 * PATIENCE + 1500);
  assert.deepEqual([w.state, w.sessions.length, old.closed, w.player.snapshot.stream === w.session.stream], ["playing", 2, true, true]);
});

test("what the session tells is not asked for", async () => {
  const w = await playing();
  const asked = w.asks.length;
  for (let i = 0; i < 60; i++) {
    w.session.onevent({ type: "link", down: 2e6, loss: 0, rtt: 20, redundancy: 1 });
    await w.pass(1000);
  }
  assert.equal(w.asks.length, asked);
  w.session.onevent({ type: "show", show: { ...show, viewers: 7 } });
  assert.equal(w.player.snapshot.show?.viewers, 7);
  await w.pass(12_000);
  assert.ok(w.asks.length > asked, "a session that has gone quiet is not believed for ever");
});

test("a host who is interrupted is waited for with the slate for as long as the server says so", async () => {
  const w = await playing();
  w.session.picture = w.session.sound = false;
  for (let i = 0; i < 90; i++) {
    w.session.onevent({ type: "show", show: { ...show, live: i < 5, interrupted: true } });
    await w.pass(1000);
    assert.deepEqual([w.state, w.sessions.length, w.session.restarts.length], ["interrupted", 1, 0], `after ${i} s`);
  }
  w.session.onevent({ type: "show", show });
  w.session.picture = w.session.sound = true;
  await w.pass(600);
  assert.deepEqual([w.state, w.sessions.length], ["playing", 1]);
});

test("who comes while the host is interrupted sees the slate, and then the show", async () => {
  const w = new FakeWorld();
  w.show = { ...show, live: false, interrupted: true, video: "" };
  w.player.start();
  await w.pass(60_000);
  assert.equal(w.state, "interrupted");
  w.show = show;
  await w.pass(4000);
  assert.equal(w.state, "playing");
});

test("sound goes on alone where the server says that the link carries no picture", async () => {
  const w = await playing();
  const layers = [{ id: "q", height: 180, bitrate: 150_000 }];
  w.session.onevent({ type: "layers", layers, current: "", pinned: "" });
  w.session.picture = false;
  await w.pass(20_000);
  assert.deepEqual([w.state, w.player.snapshot.soundOnly, w.sessions.length], ["playing", true, 1]);
  w.session.picture = true;
  w.session.onevent({ type: "layers", layers, current: "q", pinned: "" });
  await w.pass(600);
  assert.deepEqual([w.state, w.player.snapshot.soundOnly], ["playing", false]);
});

test("a wish for a layer reaches the session and the one that follows it, once", async () => {
  const w = await playing();
  w.player.pin("f");
  assert.deepEqual(w.session.pins, ["f"]);
  w.session.set("lost");
  await w.pass(1);
  const layers = { type: "layers", layers: [{ id: "f", height: 720, bitrate: 2e6 }], current: "f", pinned: "" } as const;
  w.session.onevent(layers);
  w.session.onevent(layers);
  assert.deepEqual([w.sessions.length, w.session.pins], [2, ["f"]]);
});

test("how large a picture is seen reaches the session and the one that follows it", async () => {
  const w = await playing();
  w.player.see(true, 360);
  w.player.see(false, 0);
  assert.deepEqual(w.session.sights, [360, 0]);
  w.session.set("lost");
  await w.pass(1);
  w.session.onevent({ type: "layers", layers: [{ id: "f", height: 720, bitrate: 2e6 }], current: "f", pinned: "" });
  assert.deepEqual([w.sessions.length, w.session.sights], [2, [0]]);
});

test("a picture that stalls is a stall although the sound goes on", async () => {
  const w = await playing();
  w.session.picture = false;
  await w.pass(STALL + 600);
  assert.equal(w.state, "reconnecting");
});

test("a picture that nobody looks at may stand still", async () => {
  const w = await playing();
  w.away = true;
  w.session.picture = false;
  await w.pass(30_000);
  assert.deepEqual([w.state, w.sessions.length], ["playing", 1]);
});

test("a lost transport is replaced at once", async () => {
  const w = await playing();
  w.session.set("lost");
  await w.pass(1);
  assert.deepEqual([w.state, w.sessions.length, w.sessions[0]?.closed], ["playing", 2, true]);
  assert.deepEqual(w.states.slice(-3), ["playing", "reconnecting", "playing"]);
});

test("a shaky transport is kept while media flows", async () => {
  const w = await playing();
  w.session.set("shaky");
  await w.pass(30_000);
  assert.deepEqual([w.state, w.sessions.length, w.session.restarts.length], ["playing", 1, 0]);
});

test("a server that restarts is tried every second for two minutes, then less and less, and for ever", async () => {
  const w = await playing();
  w.fault = "down";
  const from = w.time;
  w.session.set("lost");
  await w.pass(HURRY);
  const gaps = w.joins.filter((t) => t >= from).map((t, i, all) => t - (all[i - 1] ?? from));
  assert.ok(Math.max(...gaps) <= 1000, `gaps ${gaps}`);
  assert.deepEqual([w.state, w.player.snapshot.reason], ["reconnecting", "server"]);
  const before = w.joins.length;
  await w.pass(600_000);
  const later = w.joins.length - before;
  assert.ok(later >= 80 && later < 200, `${later} tries in ten minutes`);
  w.fault = "";
  w.player.nudge();
  await w.pass(1);
  assert.equal(w.state, "playing");
});

test("a stalled session of a server that was away is given up as soon as the server answers", async () => {
  const w = await playing();
  w.fault = "down";
  w.session.heals = "unknown";
  w.session.picture = w.session.sound = false;
  await w.pass(8000);
  assert.deepEqual([w.state, w.player.snapshot.reason, w.sessions.length], ["reconnecting", "server", 1]);
  w.fault = "";
  await w.pass(1100);
  assert.deepEqual([w.state, w.sessions.length], ["playing", 2]);
});

test("a closed show ends, and comes back when it is opened again", async () => {
  const w = await playing();
  w.show = { ...show, state: "closed", live: false };
  w.session.set("lost");
  await w.pass(1000);
  assert.equal(w.state, "ended");
  w.show = show;
  await w.pass(13_000);
  assert.equal(w.state, "playing");
});

test("an unknown show is a failure that asking may heal", async () => {
  const w = new FakeWorld();
  w.fault = { status: 404, code: "not_found" };
  w.player.start();
  await w.pass(60_000);
  assert.deepEqual([w.state, w.player.snapshot.reason], ["failed", "unknown"]);
  assert.ok(w.joins.length <= 2);
  w.fault = "";
  await w.pass(13_000);
  assert.equal(w.state, "playing");
});

test("a refused codec is tried again when the show has another one", async () => {
  const w = new FakeWorld();
  const join = w.join;
  w.join = async () => {
    w.joins.push(w.time);
    throw new Refusal(406, "no_codec");
  };
  w.player.start();
  await w.pass(60_000);
  assert.deepEqual([w.state, w.player.snapshot.reason], ["failed", "codec"]);
  assert.ok(w.joins.length <= 2, `${w.joins.length} joins`);
  w.join = join;
  w.show = { ...show, video: "VP8" };
  await w.pass(13_000);
  assert.equal(w.state, "playing");
});

test("a full server is left alone for as long as it says", async () => {
  const w = new FakeWorld();
  w.join = async () => {
    w.joins.push(w.time);
    throw new Refusal(503, "unavailable", 4000);
  };
  w.player.start();
  await w.pass(60_000);
  assert.deepEqual([w.state, w.player.snapshot.reason], ["joining", "busy"]);
  const gaps = w.joins.slice(1).map((t, i) => t - w.joins[i]!);
  assert.ok(Math.min(...gaps) >= 4000, `gaps ${gaps}`);
});

test("a server whose answers contradict each other is not stormed", async () => {
  const w = new FakeWorld();
  w.join = async () => {
    w.joins.push(w.time);
    throw new Refusal(409, "not_live"); // while the show says that it is live
  };
  w.player.start();
  await w.pass(60_000);
  assert.ok(w.joins.length < 90, `${w.joins.length} joins in a minute`);
});

test("sound alone plays as such, and a picture that joins it is shown", async () => {
  const w = new FakeWorld();
  w.show = { ...show, video: "" };
  const join = w.join.bind(w);
  w.join = async () => {
    const s = (await join()) as FakeSession;
    s.picture = false;
    return s;
  };
  w.player.start();
  await w.pass(2000);
  assert.deepEqual([w.state, w.player.snapshot.soundOnly], ["playing", true]);
  w.session.picture = true;
  await w.pass(200);
  assert.deepEqual([w.state, w.player.snapshot.soundOnly], ["playing", false]);
});

test("stopping ends both loops and the session, and starting joins anew", async () => {
  const w = await playing();
  w.player.stop();
  await w.pass(60_000);
  assert.deepEqual([w.state, w.session.closed, w.asleep], ["idle", true, 0]);
  w.player.start();
  await w.pass(1);
  assert.deepEqual([w.state, w.sessions.length], ["playing", 2]);
});

test("a report goes by the session's channel, by HTTP where it has none, and nowhere before there is a session", async () => {
  const w = new FakeWorld();
  const r: Report = { type: "report", protocol: "whep", span: 2000, shown: 60, dropped: 0, freezes: 0, frozen: 0, fps: 30, samples: 0, concealed: 0, silent: 0, buffer: 0, decode: 0, rtt: 0, loss: 0, height: 720 };
  w.player.report(r);
  w.player.start();
  await w.pass(2000);
  w.player.report(r);
  assert.deepEqual([w.session.reports, w.posted], [1, 0]);
  w.session.hears = false;
  w.player.report(r);
  assert.deepEqual([w.session.reports, w.posted], [1, 1]);
});
