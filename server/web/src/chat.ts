// The room of one show as the view reads it: signals, and the intents that it dispatches. It lives as long as the viewer
// stays in the show.

import { computed, signal } from "@preact/signals";
import { Announcer, type Concern } from "./announcer";
import { Room, type RoomWorld } from "./room";
import { MAX_LINE, MAX_NAME, type Answer, type Frame, type Joined, type Modes, type RoomEvent, type Showing, type Wish } from "./roomwire";
import { apply, enter, find, seconded, take, timed, voted, type Talk } from "./talk";
import type { RoomKey } from "./words/room";
import type { Texts } from "./text";

/** A message that one has sent and that has not come back. */
export interface Sending {
  readonly key: number;
  readonly text: string;
  /** The number that it will have; 0 while the server has not said. */
  readonly n: number;
  /** The server has taken it, but does not show it yet. */
  readonly awaits: boolean;
}

/** A gift that is seen for a moment. */
export interface Flying {
  readonly key: string;
  readonly name: string;
  readonly gift: string;
  readonly emoji: string;
  readonly count: number;
  readonly until: number;
}

/** What is said beside the box: a text of the server's, a sentence of the page's, or words by their key. */
export type Problem = { readonly text: string } | { readonly sentence: string } | { readonly key: RoomKey };

/** What lies over the conversation. */
export type Sheet = "" | "emoji" | "gifts" | "name" | "line" | "report" | "staff";

/** The world as a chat needs it. */
export interface ChatWorld extends RoomWorld {
  /** Resolves when the picture of a media time is on screen, or when nothing can tell. */
  when(media: number): Promise<void>;
  /** The name that one gave before; "" for none. */
  recall(): string;
  keep(name: string): void;
  /** Gets ready to show what will be shown. */
  prepare(s: Showing): void;
  /** Takes what the room tells, for the stage. */
  staged?(news: Joined | Frame): void;
}

/** What the server calls those who have not chosen a name. */
const GUEST = /^Guest [0-9A-Z]+$/;
/** A message that was taken, but is not there after so long, waits for a moderator, in ms. So long one is told. */
const BACK_WITHIN = 2500;
const TOLD_FOR = 6000;
/** A gift is seen for so long after the last of its combo, in ms; so many are at once. */
const FLIES = 3500;
const LANES = 3;
/** The result of a poll is shown for so long, in ms. */
export const RESULT = 20_000;
/** How often what changes with time is looked at, in ms. */
const TICK = 250;

export class Chat {
  readonly talk = signal<Talk | undefined>(undefined);
  readonly linked = signal(false);
  readonly expelled = signal(false);
  readonly draft = signal("");
  readonly reply = signal<RoomEvent | undefined>(undefined);
  readonly sending = signal<readonly Sending[]>([]);
  readonly problem = signal<Problem | undefined>(undefined);
  readonly tab = signal<"chat" | "questions">("chat");
  readonly sheet = signal<Sheet>("");
  /** The line that the menu is for. */
  readonly picked = signal<RoomEvent | undefined>(undefined);
  readonly flying = signal<readonly Flying[]>([]);
  readonly cheered = signal(false);
  /** What a screen reader says. */
  readonly spoken = signal("");
  /** This machine's clock and the server's, in ms, as of the last tick. */
  readonly clock = signal(0);
  readonly time = signal(0);
  /** Until when one may not write, by the clock. */
  readonly #pausedUntil = signal(0);
  /** In how many seconds one may write; 0 for now. */
  readonly wait = computed(() => Math.max(0, Math.ceil((this.#pausedUntil.value - this.clock.value) / 1000)));
  /** Why nobody like this one may write; undefined if they may. */
  readonly barred = computed(() => this.#bar());

  readonly room: Room;
  #running: AbortController | undefined;
  #key = 0;
  /** One has chosen a name here. */
  #named = false;
  /** The server's clock minus ours. */
  #skew = 0;
  readonly #announcer: Announcer;

  constructor(
    readonly show: string,
    readonly words: Texts<RoomKey>,
    private readonly world: ChatWorld,
  ) {
    this.#announcer = new Announcer((n) => words.count("more", n));
    this.room = new Room(world, {
      joined: (j) => this.#entered(j),
      told: (f) => this.#told(f),
      linked: (on) => (this.linked.value = on),
      expelled: () => (this.expelled.value = true),
    });
  }

  start(): void {
    if (this.#running || this.expelled.value) return;
    const { signal } = (this.#running = new AbortController());
    this.clock.value = this.world.now();
    this.room.start();
    void this.#tick(signal);
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.room.stop();
  }

  /** Sends what is in the box: a message, or on the other page a question. Without a name yet, asks for it first. */
  send(): void {
    const text = this.draft.value.trim().slice(0, MAX_LINE);
    const talk = this.talk.value;
    if (text === "" || !talk || this.barred.value || this.wait.value > 0) return;
    this.sheet.value = "";
    if (this.#nameless) {
      const name = this.world.recall();
      if (name === "") this.sheet.value = "name";
      else void this.#called(name);
      return;
    }
    this.problem.value = undefined;
    this.draft.value = "";
    if (this.tab.value === "questions") void this.#ask(text);
    else void this.#say(text, talk);
  }

  /** Gives oneself a name, and sends what waited for it. */
  async call(name: string): Promise<void> {
    name = name.trim().slice(0, MAX_NAME);
    if (name !== "") await this.#called(name);
  }

  /** Goes on with the name that the server gave. */
  stay(): void {
    this.#named = true;
    this.send();
  }

  /** Nobody has said yet what this one is called; the server calls guests so. */
  get #nameless(): boolean {
    const me = this.talk.value?.me;
    return !this.#named && me !== undefined && me.role === "" && (me.name === "" || GUEST.test(me.name));
  }

  async #called(name: string): Promise<void> {
    const { error } = await this.room.ask({ name });
    if (error) {
      this.sheet.value = "name";
      return this.#refused(error);
    }
    this.world.keep(name);
    this.#named = true;
    this.sheet.value = "";
    this.problem.value = undefined;
    this.#change((t) => ({ ...t, me: { ...t.me, name } }));
    this.send();
  }

  async #say(text: string, { modes, me, moderates }: Talk): Promise<void> {
    const item = { key: ++this.#key, text, n: 0, awaits: false };
    const to = this.reply.value;
    this.reply.value = undefined;
    this.sending.value = [...this.sending.value, item];
    if (!moderates && me.role === "") this.#pause(modes.pause * 1000);
    const { n, error } = await this.room.ask({ say: { text, ...(to ? { reply: to.n } : {}) } });
    if (error) {
      this.#unsend(item.key);
      this.#restore(text);
      this.#pause(0); // what was not said needs none, unless the server says so
      this.reply.value ??= to;
      return this.#refused(error);
    }
    this.#resend(item.key, { n });
    if (this.#back(n)) return this.#unsend(item.key);
    await this.world.pause(BACK_WITHIN, []);
    if (this.#back(n)) return this.#unsend(item.key);
    this.#resend(item.key, { awaits: true });
    await this.world.pause(TOLD_FOR, []);
    this.#unsend(item.key);
  }

  async #ask(text: string): Promise<void> {
    const { error } = await this.room.ask({ ask: { text } });
    if (!error) return;
    this.#restore(text);
    this.#refused(error);
  }

  /** Takes a vote in a poll; there is one. */
  async vote(poll: number, option: number): Promise<void> {
    this.#change((t) => voted(t, poll, option));
    await this.#try({ vote: { poll, option } }, () => this.#change((t) => voted(t, poll, -1)));
  }

  /** Asks what somebody else has asked, too. */
  async second(n: number): Promise<void> {
    this.#change((t) => seconded(t, n, true));
    await this.#try({ second: { n } }, () => this.#change((t) => seconded(t, n, false)));
  }

  async cheer(): Promise<void> {
    this.cheered.value = true;
    await this.#try({ cheer: {} }, () => (this.cheered.value = false));
  }

  give(gift: string): Promise<boolean> {
    return this.#try({ gift: { gift, count: 1 } });
  }

  like(): void {
    this.room.like();
  }

  /** Reports the picked line. */
  async report(reason: string): Promise<void> {
    const line = this.picked.value;
    this.sheet.value = "";
    if (line && (await this.#try({ report: { line: line.n, reason } }))) this.problem.value = { key: "reported" };
  }

  /** Wishes something of the stage; tells whether that went well. */
  stage(wish: object): Promise<boolean> {
    return this.#try({ stage: wish });
  }

  /** Does what the staff may do. */
  order(wish: Wish): void {
    this.sheet.value = "";
    void this.#try(wish);
  }

  /** Sets who may write how often. */
  async settle(modes: Modes): Promise<void> {
    await this.#try({ modes });
  }

  /** Begins an answer to a message. */
  answer(line: number): void {
    this.reply.value = this.quoted(line);
    this.tab.value = "chat";
    this.sheet.value = "";
  }

  /** Opens the menu of a line. */
  pick(line: RoomEvent): void {
    this.picked.value = line;
    this.sheet.value = "line";
  }

  toggle(sheet: Sheet): void {
    this.sheet.value = this.sheet.value === sheet ? "" : sheet;
  }

  write(text: string): void {
    this.draft.value = text;
  }

  /** The message that was answered, if it is still there. */
  quoted(n: number): RoomEvent | undefined {
    return this.talk.value && find(this.talk.value, n);
  }

  /** The line names this one. */
  concerns(e: RoomEvent): boolean {
    const alias = this.talk.value?.me.alias ?? "";
    return e.said !== undefined && (e.said.mentions.includes(alias) || this.quoted(e.said.reply)?.by?.alias === alias);
  }

  async #try(wish: Wish, undo?: () => void): Promise<boolean> {
    const { error } = await this.room.ask(wish);
    if (!error) return true;
    undo?.();
    this.#refused(error);
    return false;
  }

  #refused(error: NonNullable<Answer["error"]>): void {
    if (error.wait > 0 && error.why === "") {
      this.#pause(error.wait);
      this.problem.value = { key: "limited" };
      return;
    }
    const told: Problem = error.code === "internal" || error.text === "" ? { key: "broken" } : { text: error.text };
    this.problem.value = told;
    if (error.why !== "") void this.#translate(told, error.why);
  }

  /** Tells why something was refused in the language of the page, unless something else is told by then. */
  async #translate(told: Problem, why: string): Promise<void> {
    const words = await import("./words/refused").catch(() => undefined);
    const sentence = words?.refusal(this.words.language, why);
    if (sentence !== undefined && this.problem.value === told) this.problem.value = { sentence };
  }

  /** Puts a text that was not sent back into the box. */
  #restore(text: string): void {
    this.draft.value = `${text} ${this.draft.value}`.trim();
  }

  #pause(time: number): void {
    this.clock.value = this.world.now();
    this.#pausedUntil.value = this.clock.value + time;
  }

  #unsend(key: number): void {
    this.sending.value = this.sending.value.filter((s) => s.key !== key);
  }

  #resend(key: number, change: Partial<Sending>): void {
    this.sending.value = this.sending.value.map((s) => (s.key === key ? { ...s, ...change } : s));
  }

  #back(n: number): boolean {
    return n > 0 && (this.talk.value?.lines.some((l) => l.n === n) ?? false);
  }

  #change(by: (t: Talk) => Talk): void {
    if (this.talk.value) this.talk.value = by(this.talk.value);
  }

  #entered(j: Joined): void {
    this.#skew = j.clock === 0 ? 0 : j.clock - this.world.now();
    const before = this.talk.value;
    const next = enter(j, before);
    this.world.prepare(j.state.showing);
    const later = j.state.showingAt > 0 && before !== undefined;
    this.talk.value = later ? { ...next, showing: before.showing } : next;
    if (later) void this.world.when(j.state.showingAt).then(() => this.#change((t) => (t.base === j.through ? { ...t, showing: j.state.showing } : t)));
    if (before) for (const e of j.events) this.#hear(e);
    this.world.staged?.(j);
  }

  #told(f: Frame): void {
    if (f.clock > 0) this.#skew = f.clock - this.world.now();
    const fresh = f.events.filter((e) => !this.talk.value?.lines.some((l) => l.n === e.n));
    this.#change((t) => take(t, f));
    for (const e of f.events) {
      if (e.showing) this.world.prepare(e.showing);
      if (timed(e)) void this.world.when(e.media).then(() => this.#change((t) => apply(t, e)));
    }
    for (const e of fresh) this.#hear(e);
    this.world.staged?.(f);
    this.sending.value = this.sending.value.some((s) => this.#back(s.n)) ? this.sending.value.filter((s) => !this.#back(s.n)) : this.sending.value;
  }

  /** Notes what is to be said aloud, and what flies by. */
  #hear(e: RoomEvent): void {
    const { words } = this;
    const name = e.by?.name ?? "";
    const own = e.by?.alias === this.talk.value?.me.alias;
    const concern: Concern = own || this.concerns(e) ? "mine" : e.by?.role === "host" || e.by?.role === "producer" ? "host" : "other";
    if (e.said) this.#announcer.hear(words.say("says", { name, text: e.said.text }), concern);
    if (e.announced?.text) this.#announcer.hear(words.say("says", { name: words.say("announcement"), text: e.announced.text }), "host");
    if (e.polled) this.#announcer.hear(words.say("says", { name: words.say("poll"), text: e.polled.question }), "host");
    if (e.answered?.text) this.#announcer.hear(words.say("says", { name, text: words.say("answers", { text: e.answered.text }) }), "host");
    if (e.gifted) this.#fly(e);
  }

  #fly({ by, gifted }: RoomEvent): void {
    const gift = this.talk.value?.gifts.find((g) => g.id === gifted!.gift);
    if (!gift || !by) return;
    const key = `${by.alias} ${gift.id}`;
    const one = { key, name: by.name, gift: gift.name, emoji: gift.emoji, count: Math.max(gifted!.combo, gifted!.count), until: this.world.now() + FLIES };
    const others = this.flying.value.filter((f) => f.key !== key);
    const at = this.flying.value.findIndex((f) => f.key === key);
    this.flying.value = at < 0 ? [...others, one].slice(-LANES) : this.flying.value.map((f) => (f.key === key ? one : f));
  }

  /** Follows the time: countdowns, what has been seen for long enough, and what is said aloud. */
  async #tick(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const now = (this.clock.value = this.world.now());
      this.time.value = now + this.#skew;
      if (this.flying.value.some((f) => f.until <= now)) this.flying.value = this.flying.value.filter((f) => f.until > now);
      const { problem, talk } = this;
      if (problem.value && "key" in problem.value && problem.value.key === "limited" && this.wait.value === 0) problem.value = undefined;
      if (talk.value?.result && this.time.value - talk.value.result.endedAt > RESULT) talk.value = { ...talk.value, result: undefined };
      if (talk.value?.silenced?.until && talk.value.silenced.until < this.time.value) talk.value = { ...talk.value, silenced: undefined };
      const said = this.#announcer.due(now);
      if (said !== "") this.spoken.value = said;
      await this.world.pause(TICK, [signal]);
    }
  }

  #bar(): string | undefined {
    const { words } = this;
    const t = this.talk.value;
    if (!t) return undefined;
    if (t.silenced) {
      const at = new Date(t.silenced.until).toLocaleTimeString(words.language, { hour: "2-digit", minute: "2-digit" });
      return t.silenced.until > 0 ? words.say("silenced", { time: at }) : words.say("silencedLong");
    }
    return t.modes.paused && !t.moderates && t.me.role === "" ? words.say("paused") : undefined;
  }
}
