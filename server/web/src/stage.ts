// The stage as the page has it: who is seen and heard beside the host, battles, and how far the viewer is on the way there. It is a chunk of its own,
// which comes with the first word about a stage; what guests need comes later still, when somebody wants to be one.

import { computed, effect, signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { gains, Herald, type Said } from "./battle";
import type { Desk } from "./desk";
import { Feed } from "./feed";
import { Mixer } from "./mixer";
import type { Fields, Frame, Joined, RoomEvent } from "./roomwire";
import { afterBattled, afterStaged, HOST, scene, wanted, type Scene as Seen, type Spot } from "./scene";
import { nobody, readBattled, readMine, readNow, readStaged, type BattleCorner, type StageMine, type StageNow, type StageWish } from "./stagewire";
import type { Store } from "./store";
import { Texts } from "./text";
import { Dialogs, Dock, Strip } from "./view/strip";
import { Scene } from "./view/scene";
import { stageWords, type StageKey } from "./words/stage";

/** Where the build puts the style of the stage. */
declare const STAGE_STYLE: string;
/** A word about what happened to oneself, and what was won, are seen for so long, in ms. */
const TOLD = 12_000;
const FLIES = 1600;
/** So many fly at once. */
const SKY = 12;
/** Where the consent to be named is kept. */
const NAMED = "vitrine.named";

/** What is heard when a battle goes on: three short tones before it, and what tells apart its beginning, its end and its result. */
const cues = {
  countdown: [[660, 1], [660, 1], [660, 1]],
  fight: [[990, 0.5]],
  push: [[660, 0.15], [880, 0.15], [990, 0.3]],
  result: [[523, 0.18], [659, 0.18], [784, 0.5]],
} as const;

/** Points or a gift on their way to a side. */
export interface Rise {
  readonly key: number;
  readonly spot: string;
  readonly text: string;
  readonly gift: boolean;
}

/** Another show to which one may go, or go back. */
export interface Elsewhere {
  readonly show: string;
  /** "" for this server. */
  readonly server: string;
  readonly name: string;
}

export interface Views {
  readonly Scene: ComponentType<{ stage: Stage }>;
  readonly Strip: ComponentType<{ stage: Stage }>;
  readonly Dock: ComponentType<{ stage: Stage }>;
  readonly Dialogs: ComponentType<{ stage: Stage }>;
}

export class Stage implements Views {
  readonly Scene = Scene;
  readonly Strip = Strip;
  readonly Dock = Dock;
  readonly Dialogs = Dialogs;

  readonly words: Texts<StageKey>;
  readonly now = signal<StageNow | undefined>(undefined);
  readonly mine = signal<StageMine>(nobody);
  /** What there is to say about how one's way to the stage ended. */
  readonly ended = signal<StageMine | undefined>(undefined);
  readonly upright = signal(false);
  /** The height of the scene in pixels. */
  readonly height = signal(0);
  readonly hidden = signal(document.hidden);
  readonly feeds = signal<ReadonlyMap<string, Feed>>(new Map());
  readonly rising = signal<readonly Rise[]>([]);
  /** What a screen reader says. */
  readonly spoken = signal("");
  /** Where one came from, by a battle. */
  readonly before = signal<Elsewhere | undefined>(undefined);
  /** One may be named among those who gave most. */
  readonly named = signal(keptNamed());
  /** What guests need, once somebody wants to be one. */
  readonly desk = signal<Desk | undefined>(undefined);

  /** The viewer's alias in the room. */
  readonly me = computed(() => this.store.chat.value.talk.value?.me.alias ?? "");
  readonly seen = computed((): Seen | undefined => this.#seen());
  readonly kind = computed(() => this.seen.value?.kind ?? "");
  readonly ratio = computed(() => (this.kind.value === "" ? undefined : this.seen.value?.ratio));
  /** Where the host's own picture is. */
  readonly host = computed(() => {
    const s = this.seen.value;
    if (!s || s.kind === "" || s.program) return undefined;
    const host = s.spots.find((one) => one.id === HOST);
    return host && styleOf(host, s.fade);
  });

  readonly battle = computed(() => this.now.value?.battle);
  /** The viewer is on stage, and not to go elsewhere by a slip. */
  readonly onStage = computed(() => (this.desk.value?.sending.value ?? "") !== "");

  #mixer: Mixer | undefined;
  #through = 0;
  #key = 0;
  #coming: Promise<void> | undefined;
  readonly #herald = new Herald();

  constructor(readonly store: Store) {
    this.words = new Texts(store.words.language, stageWords);
    const upright = matchMedia("(max-aspect-ratio: 1/1)");
    const turn = () => (this.upright.value = upright.matches);
    upright.addEventListener("change", turn);
    turn();
    document.addEventListener("visibilitychange", () => (this.hidden.value = document.hidden));
    addEventListener("online", () => this.#each((f) => f.nudge()));
    addEventListener("pagehide", () => this.#each((f) => f.close()));
    addEventListener("pageshow", (e) => {
      if (!e.persisted) return;
      this.feeds.value = new Map();
      this.#follow();
    });
    effect(() => this.#follow());
    effect(() => store.see(this.#ownHeight()));
    effect(() => {
      const { muted, volume } = store.wish.value;
      this.#mixer?.listen(muted || (this.feeds.value.size === 0) ? 0 : volume);
    });
    effect(() => this.#sound());
    // Who talks with the others hears them at once.
    effect(() => this.#mixer?.delay(this.feeds.value.size > 0 && !this.onStage.value ? (this.seen.value?.late ?? 0) / 1000 : 0));
    effect(() => this.#say(this.#herald.hear(this.battle.value, store.chat.value.time.value)));
  }

  /** Takes what the room tells. */
  hear(news: Joined | Frame): void {
    if (news.type === "joined") {
      this.#through = news.through;
      this.now.value = news.state.stage && readNow(news.state.stage);
      this.#mine(news.stage);
      if (this.named.value && this.battle.value) void this.wish({ honour: { named: true } });
      return;
    }
    for (const e of news.events) if (e.n > this.#through) this.#told(e);
    this.#through = Math.max(this.#through, news.through);
    if (news.stage) this.#mine(news.stage);
  }

  /** Another show begins: nobody is on its stage as far as is known. */
  enter(): void {
    this.desk.value?.leave();
    this.now.value = undefined;
    this.mine.value = nobody;
    this.ended.value = undefined;
    this.#through = 0;
  }

  /** Answers the tap that browsers ask for. */
  wake(): void {
    this.#mixer?.start();
  }

  wish(wish: StageWish): Promise<boolean> {
    return this.store.chat.value.stage(wish);
  }

  /** Lets oneself be named among those who gave most, or no more. */
  honour(named: boolean): void {
    this.named.value = named;
    try {
      localStorage.setItem(NAMED, named ? "1" : "");
    } catch {
      // A private window has no storage: it lasts as long as the page.
    }
    void this.wish({ honour: { named } });
  }

  /** Opens what guests need. */
  attend(): Promise<void> {
    return (this.#coming ??= import("./desk")
      .then(({ Desk }) => void (this.desk.value = new Desk(this)))
      .catch(() => {
        this.#coming = undefined; // asked again, it is fetched again
      }));
  }

  /** Where an opponent's shop is. */
  shopOf({ room }: BattleCorner): Elsewhere {
    return { show: room.show, server: room.server, name: room.name || room.title || room.show };
  }

  /** Goes to another host's show on this server, and remembers the way back. Cart and sound stay. */
  visit(to: Elsewhere): void {
    const { store } = this;
    const back = this.before.value?.show === to.show;
    const us = this.battle.value?.corners.find((c) => c.id === this.battle.value?.us);
    const here = { show: store.show.value, server: "", name: us ? this.shopOf(us).name : (store.snapshot.value.show?.title ?? store.show.value) };
    this.before.value = back ? undefined : here;
    history.pushState(null, "", `/watch/${encodeURIComponent(to.show)}`);
    store.go(to.show);
  }

  /** A flight is over. */
  landed(key: number): void {
    this.rising.value = this.rising.value.filter((r) => r.key !== key);
  }

  #seen(): Seen | undefined {
    const now = this.now.value;
    const { state, show } = this.store.snapshot.value;
    if (!now || !["playing", "reconnecting", "interrupted"].includes(state)) return undefined;
    return scene(now, this.me.value, this.upright.value, show?.title || this.words.say("host"));
  }

  #told(e: RoomEvent): void {
    const before = this.battle.value;
    if (e.staged) this.now.value = afterStaged(readStaged(e.staged));
    if (e.battled) this.now.value = afterBattled(this.now.value ?? readNow({}), readBattled(e.battled));
    const { value: after } = this.battle;
    for (const [corner, points] of gains(before, after)) this.#rise(corner === after?.us ? HOST : corner, `+${this.words.short(points)}`, false);
    if (e.gifted && after) {
      const gift = this.store.chat.value.talk.value?.gifts.find((g) => g.id === e.gifted!.gift);
      if (gift) this.#rise(HOST, gift.emoji, true);
    }
  }

  #rise(spot: string, text: string, gift: boolean): void {
    if (document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const key = ++this.#key;
    this.rising.value = [...this.rising.value, { key, spot, text, gift }].slice(-SKY);
    setTimeout(() => this.landed(key), FLIES);
  }

  #mine(raw: Fields | undefined): void {
    const before = this.mine.value;
    const mine = raw ? readMine(raw) : nobody;
    this.mine.value = mine;
    if (mine.why !== "" && mine.state === "" && mine.why !== "left" && mine.why !== "withdrawn") {
      this.ended.value = mine;
      setTimeout(() => this.ended.value === mine && (this.ended.value = undefined), TOLD);
      this.spoken.value = this.sentence(mine);
    }
    if (mine.state === before.state) return;
    if (mine.state === "applied") this.ended.value = undefined;
    if (["invited", "admitted", "live", "away"].includes(mine.state)) void this.attend();
  }

  /** How one's way to the stage ended, in words. */
  sentence({ why, reason }: StageMine): string {
    const key = `end_${why}`;
    const said = this.words.has(key) ? this.words.say(key) : this.words.say("end_left");
    return reason === "" ? said : this.words.say("because", { what: said, why: reason });
  }

  /** Has a feed for each who is watched by a connection of their own, and says how large it is seen: not at all, where the host's picture has all. */
  #follow(): void {
    const { spots: all = [], program = false } = this.kind.value === "" ? {} : this.seen.value!;
    const spots = all.filter((s) => s.media !== "" && !s.mine);
    const before = this.feeds.peek();
    const after = new Map(spots.map((s) => [s.media, before.get(s.media) ?? new Feed(s, (this.#mixer ??= new Mixer((on) => this.#held(on))))]));
    for (const [media, feed] of before) if (!after.has(media)) feed.close();
    for (const s of spots) {
      after.get(s.media)!.tell(s);
      after.get(s.media)!.see(program ? 0 : wanted(s, this.height.value, this.seen.value!.ratio, devicePixelRatio, this.hidden.value));
    }
    if (after.size !== before.size || [...after.keys()].some((k) => !before.has(k))) this.feeds.value = after;
  }

  /** How large the host's own picture is seen beside others, in pixels of height; 0 for as large as can be. */
  #ownHeight(): number {
    const { store, seen } = this;
    const host = this.host.value && seen.value!.spots.find((s) => s.id === HOST);
    if (!host || this.height.value === 0 || store.floating.value || store.layer.value !== "") return 0;
    return Math.max(1, wanted(host, this.height.value, seen.value!.ratio, devicePixelRatio, false)); // a show goes on where its host is covered
  }

  /** Starts to play those on stage once the host is heard: then the browser allows sound. */
  #sound(): void {
    const { store } = this;
    const { muted } = store.wish.value;
    if (this.feeds.value.size === 0 || muted || store.blocked.value !== "" || this.#mixer?.started !== false) return;
    void store.chat.value.time.value; // the picture's element tells nobody that it has begun: it is looked at again
    if (!store.picture.video.paused && !store.picture.video.muted) this.#mixer.start();
  }

  /** Asks for the tap without which those on stage would not be heard. */
  #held(on: boolean): void {
    const { store } = this;
    if (on && !store.wish.value.muted && store.blocked.value === "") store.blocked.value = "sound";
  }

  #each(act: (f: Feed) => void): void {
    for (const f of this.feeds.value.values()) act(f);
  }

  #say(said: Said | undefined): void {
    if (!said) return;
    const { words } = this;
    if (said.key !== "scores") this.#mixer?.cue(cues[said.key]);
    if (said.key === "scores" || said.key === "result") {
      const scores = said.sides.map((s) => words.say("scoreOf", { name: s.name, n: String(s.score) })).join(", ");
      this.spoken.value = said.key === "scores" ? scores : `${words.say(`ends_${said.ending.key}`, { name: said.ending.name })}. ${scores}`;
    } else this.spoken.value = words.say(`says_${said.key}`);
  }
}

/** Where somebody is, as the style knows it. */
export function styleOf({ box, over }: Spot, fade: number): Record<string, string | number> {
  return { "--x": box?.x ?? 0, "--y": box?.y ?? 0, "--w": box?.w ?? 0, "--h": box?.h ?? 0, "--over": over, "--change": `${fade}ms` };
}

/** Opens the stage, with its style. */
export async function open(store: Store): Promise<Stage> {
  await new Promise<void>((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = STAGE_STYLE;
    link.onload = () => resolve();
    link.onerror = () => reject(new Error("no style"));
    document.head.append(link);
  });
  return new Stage(store);
}

function keptNamed(): boolean {
  try {
    return localStorage.getItem(NAMED) === "1";
  } catch {
    return false;
  }
}
