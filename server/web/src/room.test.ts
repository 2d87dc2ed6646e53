import assert from "node:assert/strict";
import test from "node:test";
import { Announcer, CALM } from "./announcer";
import { Chat, type ChatWorld } from "./chat";
import { mark, tint } from "./marks";
import { DETOUR, PATIENCE, Room, type RoomWorld, type Socket } from "./room";
import { readRoom, type Answer, type Frame, type Joined, type RoomEvent } from "./roomwire";
import { apply, enter, KEPT, take, type Talk } from "./talk";
import { Texts } from "./text";
import { room as words } from "./words/room";
import answerJSON from "../../wire/testdata/event_answer.json";
import frameJSON from "../../wire/testdata/event_frame.json";
import joinedJSON from "../../wire/testdata/event_joined.json";
import giftJSON from "../../wire/testdata/room_gift.json";
import sayJSON from "../../wire/testdata/room_say.json";
import silenceJSON from "../../wire/testdata/room_silence.json";
import voteJSON from "../../wire/testdata/room_vote.json";

const read = <T>(json: unknown): T => readRoom(JSON.stringify(json)) as T;
const joined = read<Joined>(joinedJSON);
const frame = read<Frame>(frameJSON);
const bo = { alias: "m9", name: "Bo", role: "" };

const line = (n: number, text = `line ${n}`): RoomEvent => ({ n, at: 0, media: 0, by: bo, staff: false, said: { text, reply: 0, mentions: [], highlight: false } });
const told = (through: number, events: readonly RoomEvent[]): Frame => ({ type: "frame", through, events, skipped: 0, clock: 0 });

/** What is left of a value when all that Go leaves out is left out. */
function plain(v: unknown): unknown {
  if (Array.isArray(v)) return v.map(plain);
  if (typeof v !== "object" || v === null) return v;
  const kept = Object.entries(v).map(([k, x]) => [k, plain(x)] as const);
  return Object.fromEntries(kept.filter(([, x]) => x !== "" && x !== 0 && x !== false && x !== undefined && !(Array.isArray(x) && x.length === 0) && JSON.stringify(x) !== "{}"));
}

test("a room is read as the server writes it, and nothing else is", () => {
  for (const json of [joinedJSON, frameJSON, answerJSON]) assert.deepEqual(plain(read(json)), plain(json));
  for (const other of ["", "{", "7", "null", "[]", `{"type":"news"}`]) assert.equal(readRoom(other), undefined);
  const odd = read<Frame>({ type: "frame", through: "x", events: [null, { n: 4, said: 7, dance: {} }], now: [] });
  assert.deepEqual(odd.events.map((e) => e.n), [0, 4]);
});

test("what the page asks for is what the server reads", async () => {
  const sent: string[] = [];
  const { room, server } = connect((text) => sent.push(text));
  server.greet(0);
  void room.ask({ say: { text: "Hello", reply: 12 } });
  void room.ask({ vote: { poll: 8, option: 1 } });
  void room.ask({ gift: { gift: "rose", count: 5 } });
  void room.ask({ silence: { who: "m2", seconds: 600, reason: "insults" } });
  assert.deepEqual(sent.map((t) => JSON.parse(t)), [sayJSON, voteJSON, giftJSON, silenceJSON]);
  room.stop();
});

test("a frame changes what it says, and the second time nothing", () => {
  const before = enter(joined);
  const after = take(before, frame);
  assert.deepEqual(after.lines.map((l) => l.n), [12, 15]);
  assert.equal(after.pinned?.n, 12);
  assert.equal(after.through, 31);
  assert.deepEqual(after.showing, joined.state.showing); // what belongs to a picture waits for it
  assert.deepEqual(apply(after, frame.events.find((e) => e.showing)!).showing, { product: "ring", offer: "flash-1" });
  assert.deepEqual(after.result?.counts, [3, 6]);
  assert.equal(after.questions[0]?.votes, 15);
  assert.deepEqual(plain(take(after, frame)), plain(after));
});

test("lines are in the order of their numbers, each once, whatever comes how often and when", () => {
  let seed = 7;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let round = 0; round < 50; round++) {
    const numbers = Array.from({ length: 300 }, (_, i) => i + 13);
    let t: Talk = enter(joined);
    while (numbers.length > 0) {
      const n = numbers[Math.floor(random() * Math.min(5, numbers.length))]!; // its own line may come before those of all
      if (random() < 0.8) numbers.splice(numbers.indexOf(n), 1);
      t = take(t, told(n, [line(n)]));
    }
    assert.deepEqual(t.lines.map((l) => l.n), Array.from({ length: KEPT }, (_, i) => i + 313 - KEPT));
  }
});

test("of a removed message nothing is left, pinned, answered or asked", () => {
  let t = take(enter(joined), told(40, [line(32, "shame"), { ...line(33), pinned: { line: 32 } }]));
  t = take(t, told(41, [{ n: 41, at: 0, media: 0, staff: false, removed: { line: 32, reason: "" } }]));
  assert.ok(t.gone.has(32) && t.pinned === undefined && !JSON.stringify(t.lines).includes("shame"));
});

test("who comes back hears of what was missed and keeps what was read; after a gap that is too wide, one begins anew", () => {
  const before = take(enter(joined), told(40, [line(39), line(40)]));
  const whole = enter({ ...joined, through: 42, events: [line(41), line(42)], whole: true }, before);
  assert.deepEqual(whole.lines.map((l) => l.n), [12, 39, 40, 41, 42]);
  const gap = enter({ ...joined, through: 900, events: [line(890)], whole: false }, before);
  assert.deepEqual(gap.lines.map((l) => l.n), [890]);
});

test("links and names stand out, and markup is text", () => {
  const kinds = (text: string, ...names: string[]) => mark(text, names).map((p) => `${p.kind}:${p.text}`);
  assert.deepEqual(kinds("<b>no</b> & <script>alert(1)</script>"), ["text:<b>no</b> & <script>alert(1)</script>"]);
  assert.deepEqual(kinds("see https://shop.example/a?b=1, or (http://x.example)."), ["text:see ", "link:https://shop.example/a?b=1", "text:, or (", "link:http://x.example", "text:)."]);
  assert.deepEqual(kinds("看 https://shop.example/花。好"), ["text:看 ", "link:https://shop.example/花", "text:。好"]);
  assert.deepEqual(kinds("@Mia Li and @Mia, hello", "Mia", "Mia Li"), ["name:@Mia Li", "text: and ", "name:@Mia", "text:, hello"]);
  for (const text of ["javascript:alert(1)", "https://user:pw@shop.example/", "https://localhost/", "https:// x"]) assert.ok(mark(text).every((p) => p.kind === "text"), text);
  assert.equal(tint("m7", 8), tint("m7", 8));
});

test("a screen reader hears a summary now and then, first what concerns its listener", () => {
  const a = new Announcer((n) => `${n} more`);
  for (let i = 0; i < 40; i++) a.hear(`line ${i}`, "other");
  a.hear("Mia: hello", "host");
  a.hear("@Ada yes", "mine");
  assert.equal(a.due(0), "@Ada yes. Mia: hello. 40 more");
  a.hear("late", "other");
  assert.equal(a.due(CALM - 1), "");
  assert.equal(a.due(CALM), "late");
  assert.equal(a.due(3 * CALM), "");
});

/** A world in which nothing takes time but what the test lets pass. */
class Clockwork {
  time = 0;
  #sleepers: { at: number; wake: () => void }[] = [];

  pause(time: number, signals: readonly AbortSignal[]): Promise<void> {
    return new Promise((wake) => {
      if (signals.some((s) => s.aborted)) return wake();
      const sleeper = { at: this.time + time, wake: () => undefined as void };
      sleeper.wake = () => {
        for (const s of signals) s.removeEventListener("abort", sleeper.wake);
        this.#sleepers = this.#sleepers.filter((s) => s !== sleeper);
        wake();
      };
      this.#sleepers.push(sleeper);
      for (const s of signals) s.addEventListener("abort", sleeper.wake);
    });
  }

  async pass(time: number): Promise<void> {
    const end = this.time + time;
    for (;;) {
      for (let i = 0; i < 30; i++) await Promise.resolve();
      const due = this.#sleepers.filter((s) => s.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.time = Math.max(this.time, due.at);
      due.wake();
    }
    this.time = end;
  }
}

/** The connections that a client made, and the server at their other end. */
class Server {
  sockets: (Socket & { sent: string[]; closed: boolean })[] = [];
  afters: (number | undefined)[] = [];
  constructor(private readonly sent: (text: string) => void) {}

  connect(after: number | undefined): Socket {
    const sent: string[] = [];
    const socket = {
      onmessage: (_: unknown) => undefined as void, onclose: (_: number, __: string) => undefined as void, sent, closed: false,
      send: (text: string) => {
        sent.push(text);
        this.sent(text);
      },
      close: () => {
        if (socket.closed) return;
        socket.closed = true;
        socket.onclose(1006, "");
      },
    };
    this.sockets.push(socket);
    this.afters.push(after);
    return socket;
  }

  get last() {
    return this.sockets.at(-1)!;
  }

  say(message: object): void {
    this.last.onmessage(JSON.stringify(message));
  }

  greet(through: number, more: object = {}): void {
    this.say({ ...joinedJSON, through, events: [], whole: true, clock: 0, ...more });
  }

  close(code: number, reason = ""): void {
    const { last } = this;
    last.closed = true;
    last.onclose(code, reason);
  }
}

function connect(sent: (text: string) => void = () => undefined) {
  const clock = new Clockwork();
  const server = new Server(sent);
  let ids = 0;
  const world: RoomWorld = {
    connect: (after) => server.connect(after),
    pause: (time, signals) => clock.pause(time, signals),
    now: () => clock.time, random: () => 0.5, id: () => `a-${++ids}`,
  };
  const heard: string[] = [];
  const room = new Room(world, {
    joined: (j) => heard.push(`joined ${j.through}`), told: (f) => heard.push(`told ${f.through}`),
    linked: (on) => heard.push(on ? "on" : "off"), expelled: () => heard.push("expelled"),
  });
  room.start();
  return { clock, server, world, room, heard };
}

test("a lost connection comes back with the newest number, and what was not answered is sent again", async () => {
  const { clock, server, room, heard } = connect();
  server.greet(4);
  const answers: Answer[] = [];
  void room.ask({ say: { text: "one" } }).then((a) => answers.push(a));
  void room.ask({ say: { text: "two" } }).then((a) => answers.push(a));
  server.say({ type: "frame", through: 9 });
  server.say({ type: "answer", id: "a-1", n: 9 });
  server.close(1006);
  await clock.pass(3000);
  void room.ask({ say: { text: "three" } }).then((a) => answers.push(a));
  server.greet(11);
  assert.deepEqual(server.afters, [undefined, 9]);
  assert.deepEqual(server.last.sent.map((t) => (JSON.parse(t) as { id: string }).id), ["a-2", "a-3"]);
  server.say({ type: "answer", id: "a-3", n: 13 });
  server.say({ type: "answer", id: "a-2", n: 12 });
  server.say({ type: "answer", id: "a-2", n: 12 });
  await clock.pass(0);
  assert.deepEqual(answers.map((a) => a.n), [9, 13, 12]);
  assert.deepEqual(heard, ["joined 4", "on", "told 9", "off", "joined 11", "on"]);
  room.stop();
});

test("a connection that answers nothing is left for another one", async () => {
  const { clock, server, room } = connect();
  server.greet(4);
  void room.ask({ say: { text: "one" } });
  await clock.pass(PATIENCE + 3000);
  assert.equal(server.sockets.length, 2);
  assert.ok(server.sockets[0]!.closed);
  room.stop();
});

test("tries grow rare while the server is away, and a nudge makes one at once", async () => {
  const { clock, server, room } = connect();
  for (let i = 0; i < 400; i++) {
    server.close(1006);
    await clock.pass(1000);
  }
  const tries = server.sockets.length;
  assert.ok(tries > 60 && tries < 250, `${tries} tries`);
  server.close(1006);
  await clock.pass(0);
  room.nudge();
  await clock.pass(0);
  assert.equal(server.sockets.length, tries + 1);
  room.stop();
});

test("who is banned does not come back, and a server that starts anew says when", async () => {
  const { clock, server, heard } = connect();
  server.greet(4);
  server.close(1012, "4000");
  await clock.pass(3900);
  assert.equal(server.sockets.length, 1);
  await clock.pass(500);
  assert.equal(server.sockets.length, 2);
  server.greet(4);
  server.close(4403, "you may not be here");
  await clock.pass(100_000);
  assert.equal(server.sockets.length, 2);
  assert.equal(heard.at(-1), "off");
  assert.ok(heard.includes("expelled"));
});

test("likes travel together", async () => {
  const sent: string[] = [];
  const { clock, server, room } = connect((t) => sent.push(t));
  server.greet(0);
  for (let i = 0; i < 60; i++) room.like();
  await clock.pass(1000);
  assert.deepEqual(sent.map((t) => JSON.parse(t)), [{ like: { count: 50 } }, { like: { count: 10 } }]);
  room.stop();
});

function converse() {
  const clock = new Clockwork();
  const sent: { id: string; say?: { text: string }; name?: string }[] = [];
  const server = new Server((t) => sent.push(JSON.parse(t)));
  let ids = 0;
  let kept = "";
  const due: (() => void)[] = [];
  const world: ChatWorld = {
    connect: (after) => server.connect(after),
    pause: (time, signals) => clock.pause(time, signals),
    now: () => clock.time, random: () => 0.5, id: () => `a-${++ids}`,
    when: () => new Promise((shown) => due.push(shown)),
    recall: () => kept,
    keep: (name) => (kept = name),
    prepare: () => undefined,
  };
  const chat = new Chat("evening", new Texts("en", words), world);
  chat.start();
  return { clock, server, chat, sent, due, kept: () => kept };
}

test("what is refused is told in the words of the page where it has some", async () => {
  const { clock, server, chat, sent } = converse();
  server.greet(0);
  for (const [why, told] of [
    ["name_taken", { sentence: "Somebody here is called so already, or nearly so. Take another name." }],
    ["something_new", { text: "in English" }],
  ] as const) {
    chat.write("Hello");
    chat.send();
    server.say({ type: "answer", id: sent.at(-1)!.id, error: { code: "forbidden", text: "in English", why } });
    await clock.pass(2500);
    await import("./words/refused"); // as the page does
    await clock.pass(0);
    assert.deepEqual(chat.problem.value, told);
    assert.equal(chat.draft.value, "Hello");
    chat.write("");
  }
});

test("a message that is refused is back in the box, with the time that it takes", async () => {
  const { clock, server, chat, sent } = converse();
  server.greet(0);
  chat.write(" Hello ");
  chat.send();
  assert.equal(chat.draft.value, "");
  assert.equal(chat.wait.value, 2);
  chat.write("next");
  server.say({ type: "answer", id: sent[0]!.id, error: { code: "rate_limited", text: "wait", wait: 5000 } });
  await clock.pass(0);
  assert.equal(chat.draft.value, "Hello next");
  assert.deepEqual(chat.problem.value, { key: "limited" });
  assert.equal(chat.wait.value, 5);
  chat.send();
  assert.equal(sent.length, 1);
  await clock.pass(5250);
  assert.equal(chat.wait.value, 0);
  assert.equal(chat.problem.value, undefined);
  chat.send();
  assert.equal(sent[1]?.say?.text, "Hello next");
  server.say({ type: "answer", id: sent[1]!.id, error: { code: "forbidden", text: "this cannot be said here" } });
  await clock.pass(0);
  assert.deepEqual(chat.problem.value, { text: "this cannot be said here" });
  assert.equal(chat.wait.value, 0);
  chat.stop();
});

test("one's own message is there once, when it is back, and one that waits for a moderator says so", async () => {
  const { clock, server, chat, sent } = converse();
  server.greet(0);
  chat.write("Hello");
  chat.send();
  assert.equal(chat.sending.value.length, 1);
  server.say({ type: "answer", id: sent[0]!.id, n: 7 });
  await clock.pass(0);
  assert.equal(chat.sending.value.length, 1);
  server.say({ type: "frame", through: 7, events: [{ n: 7, at: 1, by: { alias: "m7", name: "Ada" }, said: { text: "Hello" } }] });
  await clock.pass(0);
  assert.equal(chat.sending.value.length, 0);
  assert.deepEqual(chat.talk.value?.lines.map((l) => l.n), [7]);
  await clock.pass(2000);
  chat.write("buy here");
  chat.send();
  server.say({ type: "answer", id: sent[1]!.id, n: 9 });
  await clock.pass(2600);
  assert.deepEqual(chat.sending.value.map((s) => s.awaits), [true]);
  await clock.pass(7000);
  assert.equal(chat.sending.value.length, 0);
  chat.stop();
});

test("the name is asked once, before the first message, which is sent then", async () => {
  const { clock, server, chat, sent, kept } = converse();
  server.greet(0, { me: { alias: "m7", name: "Guest 3F2A" } });
  chat.write("Hello");
  chat.send();
  assert.equal(chat.sheet.value, "name");
  assert.equal(sent.length, 0);
  void chat.call(" Ada ");
  server.say({ type: "answer", id: sent[0]!.id, error: { code: "conflict", text: "somebody is called so" } });
  await clock.pass(0);
  assert.equal(chat.sheet.value, "name");
  assert.equal(kept(), "");
  void chat.call("Ada L.");
  server.say({ type: "answer", id: sent[1]!.id });
  await clock.pass(0);
  assert.equal(kept(), "Ada L.");
  assert.equal(sent[2]?.say?.text, "Hello");
  chat.stop();
});

test("what the host shows appears with its picture, and not before", async () => {
  const { clock, server, chat, due } = converse();
  server.greet(0);
  server.say({ type: "frame", through: 1, events: [{ n: 1, at: 1, media: 81_900, showing: { product: "vase" } }, { n: 2, at: 1, media: 81_950, polled: { question: "Which?", options: ["a", "b"] } }] });
  server.say({ type: "frame", through: 2, now: { polls: [{ poll: 2, counts: [1, 4] }] } });
  await clock.pass(0);
  assert.deepEqual(chat.talk.value?.showing, joined.state.showing);
  assert.equal(chat.talk.value?.polls.length, 1);
  for (const shown of due) shown();
  await clock.pass(0);
  assert.deepEqual(chat.talk.value?.showing, { product: "vase", offer: "" });
  assert.deepEqual(chat.talk.value?.polls.at(-1)?.counts, [1, 4]);
  chat.stop();
});

test("where the usual way is away or not to be trusted a detour is taken besides, and left when it is of use again", async () => {
  const clock = new Clockwork();
  const main = new Server(() => undefined);
  const side = new Server(() => undefined);
  const news = new AbortController();
  const detour = { connect: (after: number | undefined) => side.connect(after), prepared: 0, prepare: () => void detour.prepared++, lossy: false, news: news.signal };
  const heard: string[] = [];
  let ids = 0;
  const world: RoomWorld = {
    connect: (after) => main.connect(after), detour, pause: (time, signals) => clock.pause(time, signals), now: () => clock.time, random: () => 0.5, id: () => `a-${++ids}`,
  };
  const room = new Room(world, {
    joined: (j) => heard.push(`joined ${j.through}`), told: (f) => heard.push(`told ${f.through}`),
    linked: (on) => heard.push(on ? "on" : "off"), expelled: () => heard.push("expelled"),
  });
  room.start();
  main.greet(4);
  await clock.pass(10 * DETOUR);
  assert.deepEqual([side.sockets.length, detour.prepared], [0, 1]);
  void room.ask({ say: { text: "one" } });
  main.close(1006);
  await clock.pass(DETOUR + 100);
  assert.deepEqual(side.afters, [4]);
  side.greet(6);
  assert.deepEqual(side.last.sent.map((t) => (JSON.parse(t) as { id: string }).id), ["a-1"]);
  side.say({ type: "answer", id: "a-1", n: 7 });
  side.say({ type: "frame", through: 7 });
  await clock.pass(1000);
  main.greet(7);
  await clock.pass(DETOUR + 100);
  assert.ok(side.last.closed && !main.last.closed);
  void room.ask({ say: { text: "two" } });
  assert.equal(side.last.sent.length, 1);
  assert.equal((JSON.parse(main.last.sent.at(-1)!) as { id: string }).id, "a-2");
  main.say({ type: "answer", id: "a-2", n: 8 });
  detour.lossy = true;
  news.abort();
  await clock.pass(DETOUR + 100);
  assert.equal(side.sockets.length, 2);
  side.greet(8);
  assert.ok(!main.last.closed);
  assert.deepEqual(heard.filter((h) => h === "on" || h === "off"), ["on", "off", "on", "on", "on"]);
  room.stop();
});
