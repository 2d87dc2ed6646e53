import assert from "node:assert/strict";
import test from "node:test";
import { ending, gains, Herald, left, sides, weightsOf } from "./battle";
import { trouble } from "./camera";
import { Guest, OPEN_WITHIN, SHAKY, type GuestWorld, type Sending } from "./guest";
import { afterBattled, grid, HOST, initials, near, scene, wanted, type Spot } from "./scene";
import type { Link } from "./session";
import { readBattle, readBattled, readMine, readNow, readPass, readStaged, STAGE_UNITS, type Battle, type StageNow, type StageWish } from "./stagewire";
import type { Uplink } from "./whip";
import { Refusal } from "./wire";
import applyJSON from "../../wire/testdata/stage_apply.json";
import honourJSON from "../../wire/testdata/stage_honour.json";
import leaveJSON from "../../wire/testdata/stage_leave.json";
import mineJSON from "../../wire/testdata/stage_mine.json";
import passJSON from "../../wire/testdata/stage_pass.json";
import resultJSON from "../../wire/testdata/battle_result.json";
import scoredJSON from "../../wire/testdata/battle_scored.json";
import selfJSON from "../../wire/testdata/stage_self.json";
import stagedJSON from "../../wire/testdata/stage_staged.json";

const guest = (alias: string, more: object = {}) => ({ alias, name: alias.toUpperCase(), role: "", state: "live", media: `s~${alias}`, since: 1, ...more });
const halves = (a: string, b: string) => [a, b].map((spot, i) => ({ spot, x: (i * STAGE_UNITS) / 2, y: 0, w: STAGE_UNITS / 2, h: STAGE_UNITS }));
const corner = (id: string, team: number, more: object = {}) => ({ id, room: { show: id, name: `Shop ${id}` }, state: "here", team, score: 0, media: id, ...more });
const rawBattle = (more: object = {}) => ({ id: "b", seq: 3, phase: "fight", us: "a", since: 0, until: 400, round: 1, corners: [corner("a", 0), corner("b", 1)], ...more });
const battle = (more: object = {}): Battle => readBattle(rawBattle(more));
const stage = (more: object): StageNow => readNow({ layout: { kind: "side" }, ...more });
const spot = (of: StageNow, id: string, me = "me", upright = false): Spot => scene(of, me, upright, "Host").spots.find((s) => s.id === id)!;

/** What the page does not need: of a battle the hosts' own answers, and the signature, which is for machines; of guests what is for the staff. */
const unread = new Set(["agreed", "at", "signer", "signature"]);

/** What is left of a value when all that Go leaves out, and all that is not read, is left out. */
function plain(v: unknown, under = ""): unknown {
  if (Array.isArray(v)) return v.map((x) => plain(x, under));
  if (typeof v !== "object" || v === null) return v;
  const kept = Object.entries(v).flatMap(([k, x]) => (unread.has(k) || (under === "result" && k === "battle") || (under === "guests" && k === "refused") ? [] : [[k, plain(x, k)] as const]));
  return Object.fromEntries(kept.filter(([, x]) => x !== "" && x !== 0 && x !== false && x !== undefined && !(Array.isArray(x) && x.length === 0) && JSON.stringify(x) !== "{}"));
}

test("a stage and a battle are read as the server writes them, and wishes are what it reads", () => {
  assert.deepEqual(plain(readStaged(stagedJSON)), plain(stagedJSON));
  assert.deepEqual(plain(readMine(mineJSON)), plain(mineJSON));
  assert.deepEqual(plain(readPass(passJSON)), plain(passJSON));
  assert.deepEqual(plain(readBattled(scoredJSON)), plain(scoredJSON));
  assert.deepEqual(plain(readBattled(resultJSON)), plain(resultJSON));
  const wishes: StageWish[] = [{ apply: { text: "may I show mine?" } }, { self: { muted: true, dark: false } }, { leave: {} }, { honour: { named: true } }];
  assert.deepEqual(wishes.map((w) => JSON.stringify(w, (_, v) => (v === false ? undefined : (v as unknown)))), [applyJSON, selfJSON, leaveJSON, honourJSON].map((w) => JSON.stringify(w)));
});

test("whatever comes is read, and what is missing is nothing", () => {
  for (const odd of [{}, { guests: 7, layout: [], battle: "x" }, { guests: [null, 3, {}], layout: { boxes: [null] } }]) assert.equal(readNow(odd as never).open, false);
  assert.equal(readNow({ battle: {} }).battle?.corners.length, 0);
  assert.equal(readMine({}).state, "");
  assert.equal(readStaged({ what: "left", who: { alias: "a" } }).who?.alias, "a");
  assert.equal(readBattle({ result: {} }).result?.winner, -1);
  const unsafe = readBattle({ corners: [{ room: { show: "a", server: "javascript:alert(1)" } }] });
  assert.equal(unsafe.corners[0]?.room.server, "");
});

test("nobody is seen on a stage without guests and battles, whoever waits for it", () => {
  const empty = stage({ open: true, waiting: 9, guests: [guest("a", { state: "applied", media: "" }), guest("b", { state: "invited", media: "" })] });
  assert.equal(scene(empty, "a", false, "Host").kind, "");
});

test("each is where the layout says, the later over the earlier, and by a connection of their own but for the viewer", () => {
  const now = stage({ layout: { kind: "side", boxes: halves(HOST, "a"), fade: 300 }, guests: [guest("a"), guest("me"), guest("late", { state: "admitted" }), guest("soon", { state: "admitted", coming: true })] });
  const { spots, fade, kind } = scene(now, "me", false, "Host");
  assert.deepEqual([kind, fade, spots.map((s) => [s.id, s.box?.x, s.media])], ["group", 300, [["host", 0, ""], ["a", 0.5, "s~a"], ["me", undefined, ""], ["late", undefined, ""], ["soon", undefined, "s~soon"]]]);
  assert.deepEqual(spots.slice(-2).map((s) => s.placard), ["connecting", ""]);
  const all = scene(stage({ guests: [guest("a"), guest("b")] }), "me", false, "Host").spots;
  assert.ok(all.every((s) => s.box !== undefined)); // a layout that says nothing is a grid
});

test("of a picture that holds all the others are heard from their own tracks, later, and nobody hears themselves", () => {
  const layout = { kind: "grid", boxes: halves(HOST, "a"), program: true, late: 120 };
  const { spots, ratio, late, program } = scene(stage({ layout, guests: [guest("a"), guest("me")] }), "me", true, "Host");
  assert.deepEqual([spots.map((s) => s.media), ratio, late, program], [["", "s~a", ""], 16 / 9, 120, true]);
  assert.equal(scene(stage({ layout: { ...layout, program: false }, guests: [guest("a")] }), "me", false, "Host").late, 0);
});

test("on a phone held upright two lie beneath each other, and two who fight stay side by side", () => {
  const two = stage({ layout: { kind: "side", boxes: halves(HOST, "a") }, guests: [guest("a")] });
  const upright = scene(two, "me", true, "Host");
  assert.deepEqual(upright.spots.map((s) => s.box), [{ x: 0, y: 0, w: 1, h: 0.5 }, { x: 0, y: 0.5, w: 1, h: 0.5 }]);
  assert.ok(upright.ratio < 16 / 9);
  const duel = scene(stage({ layout: { kind: "side", boxes: halves(HOST, "b") }, battle: rawBattle() }), "me", true, "Host");
  assert.deepEqual([duel.kind, duel.spots.map((s) => s.box?.x), duel.spots[0]?.name], ["duel", [0, 0.5], "Shop a"]);
  const pip = stage({ layout: { kind: "pip", boxes: [{ spot: HOST, x: 0, y: 0, w: 10000, h: 10000 }, { spot: "a", x: 7000, y: 7000, w: 2500, h: 2500 }] }, guests: [guest("a")] });
  assert.equal(scene(pip, "me", true, "Host").ratio, 16 / 9);
});

test("a grid holds any number, fills its rows, and nobody lies over another", () => {
  for (let n = 1; n <= 17; n++) {
    const cells = grid(n);
    assert.equal(cells.length, n);
    for (const [i, a] of cells.entries()) {
      assert.ok(a.x >= 0 && a.y >= 0 && a.x + a.w <= 1.0001 && a.y + a.h <= 1.0001, `${n}`);
      for (const b of cells.slice(i + 1)) assert.ok(a.x + a.w <= b.x + 1e-9 || b.x + b.w <= a.x + 1e-9 || a.y + a.h <= b.y + 1e-9 || b.y + b.h <= a.y + 1e-9, `${n}`);
    }
  }
});

test("who is muted is not heard, who is far away or ducked is heard softly, and who shows nothing and says nothing is not fetched", () => {
  const on = (more: object) => spot(stage({ guests: [guest("a", more)] }), "a");
  assert.deepEqual([on({ muted: true }).gain, on({ selfMuted: true }).muted, on({ pan: -50 }).pan, on({}).gain], [0, true, -0.5, 1]);
  assert.ok(near(100) < 0.25 && near(100) > 0 && near(50) > near(100));
  assert.equal(on({ muted: true, selfDark: true }).media, "");
  assert.deepEqual([on({ dark: true }).placard, on({ state: "away" }).placard], ["dark", "away"]);
  const loser = spot(stage({ battle: rawBattle({ corners: [corner("a", 0), corner("b", 1, { state: "forfeit", media: "b" })] }) }), "b");
  assert.deepEqual([loser.media, loser.placard], ["b", ""], "who has lost pays the penalty in everybody's sight");
  const heard = (how: string) => spot(stage({ battle: rawBattle({ corners: [corner("a", 0), corner("b", 1, { heard: how })] }) }), "b").gain;
  assert.deepEqual([heard(""), heard("muted")], [1, 0]);
  assert.ok(heard("ducked") > 0 && heard("ducked") < 0.3);
});

test("a picture is asked for as large as it is seen, and not where nobody sees it", () => {
  const s = spot(stage({ guests: [guest("a")] }), "a");
  const asked = (of: object, height = 720, hidden = false) => wanted({ ...s, ...of }, height, 16 / 9, 1, hidden);
  assert.deepEqual([asked({}), asked({}, 720, true), asked({}, 12), asked({ placard: "dark" }), asked({ box: undefined }), asked({ covered: true })], [720, 0, 0, 0, 0, 0]);
  assert.equal(asked({ box: { x: 0, y: 0, w: 0.5, h: 0.125 } }), 360, "a wide place is filled by a larger picture, of which a part is seen");
  const box = (spot: string, x: number, w: number) => ({ spot, x, y: 0, w, h: STAGE_UNITS });
  const free = stage({ layout: { kind: "free", boxes: [box(HOST, 0, 5000), box("a", 5000, 5000), box("b", 0, 6000)] }, guests: [guest("a"), guest("b")] });
  assert.deepEqual(scene(free, "me", false, "Host").spots.map((s) => [s.id, s.covered]), [[HOST, true], ["a", false], ["b", false]]);
  assert.equal(wanted(s, 700, 16 / 9, 3, false), 1440); // eyes see no more than two pixels a point
});

test("letters stand for any name", () => {
  assert.deepEqual(["Eva Martín", "bo", "林小雨", "  ", "a b c", "👩‍🎤 Kim"].map(initials), ["EM", "B", "林", "?", "AC", "👩K"]);
});

test("scores come alone and late ones change nothing", () => {
  const now = stage({ battle: rawBattle() });
  const told = (more: object) => readBattled({ id: "b", what: "scored", ...more });
  const after = afterBattled(now, told({ seq: 5, scores: [20, 9] }));
  assert.deepEqual([after.battle?.seq, after.battle?.corners.map((c) => c.score)], [5, [20, 9]]);
  assert.equal(afterBattled(after, told({ seq: 4, scores: [1, 1] })), after);
  assert.equal(afterBattled(after, told({ seq: 6, id: "other", scores: [1, 1] })), after);
  assert.equal(afterBattled(after, told({ seq: 6, scores: [1] })), after);
  assert.equal(afterBattled(after, readBattled({ id: "b", seq: 4, what: "heard", now: rawBattle({ seq: 4 }) })), after);
  assert.equal(afterBattled(after, readBattled({ id: "b", seq: 7, what: "unlinked" })).battle, undefined);
  assert.deepEqual([...gains(now.battle, after.battle)], [["a", 20], ["b", 9]]);
  assert.equal(gains(now.battle, { ...after.battle!, round: 2 }).size, 0);
});

test("sides are this room's first, share the points, and are teams where there are any", () => {
  const b = battle({ us: "b", corners: [corner("a", 0, { score: 30 }), corner("b", 1, { score: 10 })] });
  assert.deepEqual(sides(b).map((s) => [s.name, s.part, s.leads, s.ours]), [["Shop b", 0.25, false, true], ["Shop a", 0.75, true, false]]);
  const teams = battle({ corners: [corner("a", 0, { score: 1 }), corner("b", 1), corner("c", 0, { score: 2 }), corner("d", 1)] });
  assert.deepEqual(sides(teams).map((s) => [s.name, s.score]), [["Shop a + Shop c", 3], ["Shop b + Shop d", 0]]);
  assert.deepEqual(sides(battle()).map((s) => s.part), [0.5, 0.5]);
  assert.equal(sides(battle({ corners: [corner("a", 0), corner("b", 0), corner("c", 0)] })).length, 3);
});

test("weights that are not said are the usual ones, and none is none", () => {
  const none = { coin: 0, vote: 0, like: 0, likesMost: 0, paid: 0 };
  assert.deepEqual(weightsOf(none), { coin: 10, vote: 20, like: 1, likesMost: 5000, paid: 2 });
  assert.deepEqual(weightsOf({ ...none, vote: 5 }), { ...none, vote: 5 });
});

test("the clock counts whole seconds down to nothing", () => {
  assert.deepEqual([0, 1, 1000, 1001, 2999, 9000].map((t) => left(battle({ until: 3000 }), t)), [3, 3, 2, 2, 1, 0]);
  assert.equal(left(battle({ until: 0 }), 5), 0);
});

test("every outcome has its words", () => {
  const end = (outcome: string, winner = -1) => ending(battle({ result: { outcome, winner } }));
  assert.deepEqual(end("won", 1), { key: "won", name: "Shop b", ours: false });
  assert.deepEqual(end("forfeited", 0), { key: "won_forfeit", name: "Shop a", ours: true });
  assert.deepEqual([end("drawn")?.key, end("void")?.key, end("won", 7)?.key], ["drawn", "void", "void"]);
  assert.equal(ending(battle()), undefined);
});

test("a screen reader hears the beginning, the points at each quarter, the push and the result, each once", () => {
  const h = new Herald();
  const heard: string[] = [];
  const at = (b: Battle | undefined, now: number) => {
    const said = h.hear(b, now);
    if (said) heard.push(`${now} ${said.key}`);
  };
  at(battle({ phase: "countdown" }), 0);
  for (let now = 0; now < 400; now += 10) at(battle(), now);
  for (let now = 400; now < 440; now += 10) at(battle({ phase: "push", since: 400, until: 440 }), now);
  for (let now = 440; now < 500; now += 10) at(battle({ phase: "lap", since: 440, until: 600, result: { outcome: "drawn" } }), now);
  at(battle({ phase: "countdown", round: 2 }), 600);
  assert.deepEqual(heard, ["0 countdown", "0 fight", "100 scores", "200 scores", "300 scores", "400 push", "440 result", "600 countdown"]);
  const late = new Herald();
  assert.equal(late.hear(battle(), 250), undefined); // who comes late hears of what follows
  assert.equal(late.hear(battle(), 301)?.key, "scores");
});

test("each failure of a device has its words", () => {
  assert.deepEqual(["NotAllowedError", "SecurityError", "NotFoundError", "OverconstrainedError", "NotReadableError", "AbortError"].map(trouble), ["denied", "denied", "none", "none", "busy", "busy"]);
});

/** A world in which time passes only when everybody waits. */
class Backstage implements GuestWorld {
  time = 0;
  passes = 0;
  said: Sending[] = [];
  links: FakeUplink[] = [];
  refuse: Refusal | undefined;
  readonly #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  pass() {
    this.passes++;
    return Promise.resolve({ media: "s~me", token: `${this.passes}`, until: 0 });
  }

  send() {
    if (this.refuse) return Promise.reject(this.refuse);
    const up = new FakeUplink();
    this.links.push(up);
    return Promise.resolve(up);
  }

  pause(time: number, signals: readonly AbortSignal[]) {
    return new Promise<void>((wake) => {
      if (signals.some((s) => s.aborted)) return wake();
      this.#sleepers.push({ until: this.time + time, wake });
      for (const s of signals) s.addEventListener("abort", () => wake(), { once: true });
    });
  }

  now = () => this.time;
  random = () => 0.5;
  changed = (s: Sending) => void this.said.push(s);

  async run(time: number) {
    const end = this.time + time;
    for (;;) {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      const next = this.#sleepers.filter((s) => s.until <= end).sort((a, b) => a.until - b.until)[0];
      if (!next) break;
      this.#sleepers.splice(this.#sleepers.indexOf(next), 1);
      this.time = Math.max(this.time, next.until);
      next.wake();
    }
    this.time = end;
  }
}

class FakeUplink implements Uplink {
  onlink = () => undefined as void;
  now: Link = "connecting";
  closed = false;
  replaced: string[] = [];
  link = () => this.now;
  replace = (kind: string) => void this.replaced.push(kind);
  close = () => void (this.closed = true);

  turn(l: Link) {
    this.now = l;
    this.onlink();
  }
}

test("a guest sends, comes back after a loss within the grace, and ends for good", async () => {
  const w = new Backstage();
  const g = new Guest(w);
  void g.prepare();
  g.start();
  await w.run(0);
  w.links[0]!.turn("up");
  await w.run(60_000);
  assert.deepEqual([w.said, w.links.length], [["opening", "on"], 1]);
  w.links[0]!.turn("shaky");
  await w.run(SHAKY - 1);
  w.links[0]!.turn("up"); // it came back by itself
  await w.run(10_000);
  assert.equal(w.links.length, 1);
  w.links[0]!.turn("lost");
  await w.run(1000);
  assert.deepEqual([w.said.at(-1), w.links.length, w.links[0]!.closed, w.passes], ["lost", 2, true, 1]);
  w.links[1]!.turn("up");
  g.replace("video", null);
  await w.run(100);
  assert.deepEqual([w.said.at(-1), w.links[1]!.replaced], ["on", ["video"]]);
  g.stop();
  await w.run(60_000);
  assert.deepEqual([w.said.at(-1), w.links.length, w.links[1]!.closed, g.running], ["", 2, true, false]);
});

test("a way that does not open is left, and a pass that has lapsed is replaced", async () => {
  const w = new Backstage();
  const g = new Guest(w);
  g.start();
  await w.run(OPEN_WITHIN + 500);
  assert.ok(w.links.length >= 2 && w.links[0]!.closed);
  assert.equal(w.passes, 1);
  w.refuse = new Refusal(401, "");
  w.links.at(-1)!.turn("lost");
  await w.run(5000);
  assert.ok(w.passes >= 2 && !w.said.includes("on"));
  g.stop();
});
