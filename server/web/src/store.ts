// The one store of the page: signals that the view reads, and the intents that it dispatches.

import { computed, effect, signal, type Signal } from "@preact/signals";
import { Chat } from "./chat";
import type { Counter } from "./counter";
import { Door } from "./door";
import type { LinkFigures } from "./events";
import type { Front } from "./front";
import { MediaTime } from "./mediatime";
import { FullScreen, Picture, volumeSettable, type Block } from "./picture";
import { Player } from "./player";
import { report, REPORT_EVERY, Screen, type Stall } from "./report";
import { pause } from "./request";
import { browserRoom } from "./room";
import { compare, type Quality, type Sample } from "./sample";
import { idle, type Snapshot } from "./snapshot";
import { Texts, Words, type Language } from "./text";
import { Adviser, verdict, type Verdict } from "./verdict";
import { supported } from "./whep";
import type { Show } from "./wire";
import { room as roomWords, type RoomKey } from "./words/room";
import { Tunnel } from "./tunnel";
import { browser, liveShows, ticket, type Clock } from "./world";

/** The viewer's wish for sound, kept between visits. Volume from 0 to 1. */
interface Wish {
  readonly muted: boolean;
  readonly volume: number;
}

const KEPT = "vitrine.sound";
const NAME = "vitrine.name";
/** Overlays leave the picture when nobody has moved for so long, in ms. */
const CALM = 3000;
/** The panel compares samples this far apart, in ms: short enough to follow, long enough to be steady. */
const SPAN = 2000;
/** What the server said about the link is old after so long, in ms. */
const STALE = 4000;
/** The other live shows are asked for so long after the page opened, when nothing is slowed down by it, and how often, in ms. */
const SETTLED = 1500;
const SHOWS = 30_000;
/** A shop that could not be fetched is fetched again after so long, in ms. */
const SHOP_AGAIN = 10_000;

export class Store {
  readonly snapshot = signal<Snapshot>(idle);
  readonly quality = signal<Quality | undefined>(undefined);
  /** What the server last said about the link; undefined where it says nothing. */
  readonly link = signal<LinkFigures | undefined>(undefined);
  /** Loudness of a show without picture, 0 to 1. */
  readonly level = signal(0);
  readonly wish = signal<Wish>(recall());
  readonly blocked = signal<Block>("");
  /** What is laid over the picture: the connection's figures, the choice of quality, or nothing. */
  readonly panel = signal<"" | "figures" | "quality" | "shows">("");
  /** The layer that the viewer wants, "" for the server's choice. */
  readonly layer = signal("");
  /** What the viewer should know about the connection just now. */
  readonly advice = signal<Verdict | undefined>(undefined);
  readonly full = signal(false);
  readonly floating = signal(false);
  /** Nobody has moved for a while. */
  readonly calm = signal(false);
  /** Width through height of the picture. */
  readonly ratio = signal(16 / 9);
  /** The server's clock in ms, once a second. */
  readonly clock = signal(0);

  /** The room of the show. */
  readonly chat: Signal<Chat>;
  /** The shop; undefined until it has come. */
  readonly front = signal<Front | undefined>(undefined);
  /** Who is on stage beside the host. */
  readonly door = new Door(this);
  /** The viewer wants to see the room where it takes place from the picture. */
  readonly sociable = signal(true);
  /** All live shows of the server. */
  readonly shows = signal<readonly Show[]>([]);

  /** What belongs to which picture. */
  readonly time: MediaTime;

  readonly words: Words;
  readonly roomWords: Texts<RoomKey>;
  readonly picture: Picture;
  readonly canSetVolume = volumeSettable();
  readonly canFloat: boolean;
  readonly canFill: boolean;
  /** There is a show to control. */
  readonly inShow = computed(() => {
    const { state, stream } = this.snapshot.value;
    return state === "playing" || state === "reconnecting" || (state === "interrupted" && stream !== undefined);
  });

  /** There is a room to see. */
  readonly inRoom = computed(() => {
    const { state } = this.snapshot.value;
    return state !== "ended" && state !== "failed" && this.chat.value.talk.value !== undefined;
  });

  /** There are other shows to go to. */
  readonly elsewhere = computed(() => this.shows.value.some((s) => s.id !== this.show.value));

  /** There is a quality to choose. */
  readonly canChoose = computed(() => this.inShow.value && (this.snapshot.value.layers?.layers.length ?? 0) > 1);
  /** What the connection can do; undefined until something is known. */
  readonly verdict = computed(() => {
    const { link, quality, snapshot } = this;
    const q = quality.value;
    const known = link.value ?? (q && { type: "link", down: q.bitrate, loss: q.loss, rtt: q.roundTrip ?? 0, redundancy: 1 } as const);
    return known && verdict(known, snapshot.value.layers);
  });

  readonly #fullScreen: FullScreen;
  #player: Player;
  readonly #skew: Clock = { offset: 0 };
  #samples: Sample[] = [];
  #calmer: ReturnType<typeof setTimeout> | undefined;
  #forget: ReturnType<typeof setTimeout> | undefined;
  #stage: HTMLElement | null = null;
  readonly #adviser = new Adviser();
  readonly #screen = new Screen();
  /** This browser tells when frames come on screen; else those decoded have to do. */
  #seesFrames = false;
  /** The sample of the last report, and whether the page was hidden at any time since. */
  #reported: Sample | undefined;
  #hid = false;

  readonly show: Signal<string>;

  constructor(show: string, language: Language) {
    this.show = signal(show);
    this.time = new MediaTime({ now: () => performance.now(), pause });
    this.words = new Words(language);
    this.roomWords = new Texts(language, roomWords);
    this.picture = new Picture({
      blocked: (b) => (this.blocked.value = b),
      sized: (w, h) => {
        if (w > 0 && h > 0) this.ratio.value = w / h;
      },
      shown: (at, presented) => {
        this.#seesFrames = true;
        this.#screen.frame(at, presented);
      },
      floats: (on) => (this.floating.value = on),
      framed: (rtp, stream, ago) => this.time.frame(rtp, stream, ago),
    });
    this.#fullScreen = new FullScreen(() => this.#stage, this.picture.video, (on) => (this.full.value = on));
    this.canFloat = this.picture.floatable;
    this.canFill = this.#fullScreen.possible;
    const tunnel = this.#dig(show);
    this.#player = this.#watch(show, tunnel);
    this.chat = signal(this.#talk(show, tunnel));
    effect(() => this.picture.listen(this.wish.value.muted, this.wish.value.volume));
  }

  #dig(show: string): Tunnel {
    return new Tunnel({ ticket: () => ticket(show), now: () => performance.now() });
  }

  #watch(show: string, tunnel: Tunnel): Player {
    return new Player(browser(show, this.#skew, tunnel), {
      changed: (s) => this.#changed(s),
      measured: (s) => this.#measured(s),
      told: (l) => this.#told(l),
      timed: (c, stream) => this.time.learn(c, stream),
    });
  }

  #talk(show: string, tunnel: Tunnel): Chat {
    return new Chat(show, this.roomWords, {
      ...browserRoom(show, pause, tunnel),
      when: (media) => this.time.when(media),
      recall: () => recallText(NAME),
      keep: (name) => keepText(NAME, name),
      prepare: (s) => this.front.value?.counter.prepare(s),
      staged: (news) => this.chat.peek().show === show && this.door.hear(news),
    });
  }

  /** Goes to another show; sound, full screen and whoever is signed in stay as they are. */
  go(show: string): void {
    this.panel.value = "";
    if (show === this.show.value) return;
    this.door.enter(); // a guest says that they leave while the room still hears it
    this.#player.stop();
    this.chat.value.stop();
    this.quality.value = this.link.value = this.advice.value = undefined;
    this.layer.value = "";
    this.show.value = show;
    this.front.value?.counter.shop.enter(show);
    this.snapshot.value = idle;
    const tunnel = this.#dig(show);
    this.#player = this.#watch(show, tunnel);
    this.chat.value = this.#talk(show, tunnel);
    this.#player.start();
    this.stir();
  }

  /** Says how large the picture is seen, in pixels of height; 0 for as large as can be. */
  see(height: number): void {
    this.#player.see(true, height);
  }

  /** Asks which shows are live. */
  async look(): Promise<void> {
    this.shows.value = (await liveShows()) ?? this.shows.value;
  }

  toggleRoom(): void {
    this.sociable.value = !this.sociable.value;
  }

  /** Joins the show, and keeps the page in step with the browser: network, visibility, leaving and coming back. */
  start(): void {
    if (!supported()) {
      this.snapshot.value = { ...this.snapshot.value, state: "failed", reason: "unsupported" };
      return;
    }
    const nudge = () => {
      this.#player.nudge();
      this.chat.value.room.nudge();
    };
    addEventListener("online", nudge);
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#hid = true;
      else nudge();
    });
    addEventListener("pagehide", () => {
      this.#player.stop();
      this.chat.value.stop();
    });
    addEventListener("pageshow", (e) => e.persisted && this.#player.start());
    setTimeout(() => void this.look(), SETTLED);
    setInterval(() => document.hidden || void this.look(), SHOWS);
    setInterval(() => this.#tick(), 1000);
    this.#tick();
    this.#player.start();
    void this.#trade();
    this.stir();
  }

  /** Follows the server's clock: the room knows it to the ms, other answers to the second. */
  #tick(): void {
    this.clock.value = Date.now() + this.#skew.offset;
    const room = this.chat.value.time.value;
    this.front.value?.counter.tick(Math.abs(room - this.clock.value) < STALE ? room : this.clock.value);
  }

  /** The counter of the shop, for what is only seen when it is there. */
  get counter(): Counter {
    return this.front.value!.counter;
  }

  /** Fetches the shop; the show goes on without it for as long as that takes. */
  async #trade(): Promise<void> {
    while (!this.front.value) {
      try {
        const { open } = await import("./front");
        this.front.value = open(this.show.value, this.words.language);
        this.#tick();
      } catch {
        await pause(SHOP_AGAIN, []);
      }
    }
  }

  /** Takes the element that full screen shows. */
  stand(stage: HTMLElement | null): void {
    this.#stage = stage;
  }

  toggleMute(): void {
    if (this.blocked.value !== "") return this.unblock();
    const { muted, volume } = this.wish.value;
    this.#wish({ muted: !muted, volume: muted && volume === 0 ? 0.5 : volume });
  }

  /** Sets the volume, 0 to 1; 0 mutes. */
  setVolume(volume: number): void {
    const v = Math.min(1, Math.max(0, Math.round(volume * 100) / 100));
    this.#wish({ muted: v === 0, volume: v });
    if (v > 0 && this.blocked.value === "sound") this.picture.unblock();
  }

  nudgeVolume(by: number): void {
    this.setVolume((this.wish.value.muted ? 0 : this.wish.value.volume) + by);
  }

  /** Answers the tap that browsers ask for: plays, with sound. */
  unblock(): void {
    this.#wish({ ...this.wish.value, muted: false });
    this.picture.unblock();
    this.door.stage.value?.wake();
  }

  togglePanel(which: "figures" | "quality" | "shows"): void {
    this.panel.value = this.panel.value === which ? "" : which;
  }

  closePanel(): void {
    this.panel.value = "";
  }

  /** Asks for a layer of the picture, "" for the server's choice. */
  pin(layer: string): void {
    this.layer.value = layer;
    this.#player.pin(layer);
  }

  toggleFull(): void {
    void this.#fullScreen.toggle();
  }

  toggleFloat(): void {
    void this.picture.float();
  }

  /** Somebody moved: shows the overlays for a while. */
  stir(): void {
    this.calm.value = false;
    clearTimeout(this.#calmer);
    this.#calmer = setTimeout(() => (this.calm.value = true), CALM);
  }

  /** Somebody sent the overlays away. */
  settle(): void {
    clearTimeout(this.#calmer);
    this.calm.value = true;
  }

  #changed(next: Snapshot): void {
    const before = this.snapshot.value;
    this.snapshot.value = next;
    if (next.show?.state === "open") this.chat.value.start();
    else if (next.show) this.chat.value.stop();
    if (before.state === "playing" && next.state !== "playing") this.picture.keep();
    if (next.state === "playing" || next.state === "interrupted") this.picture.fade(next.state === "playing");
    if (next.stream !== before.stream) {
      this.#samples = [];
      this.#reported = undefined;
      this.picture.show(next.stream);
    }
    if (!this.inShow.value && next.state !== "joining") {
      this.picture.clear();
      this.panel.value = "";
    }
  }

  #measured(sample: Sample): void {
    this.#samples.push(sample);
    while (this.#samples.length > 2 && sample.at - this.#samples[1]!.at >= SPAN) this.#samples.shift();
    const first = this.#samples[0]!;
    if (this.panel.value === "figures" && sample.at > first.at) this.quality.value = compare(first, sample);
    if (this.snapshot.value.soundOnly) this.level.value = sample.level;
    this.#report(sample);
  }

  /** Reports what came since the last report, if that is due. */
  #report(sample: Sample): void {
    const before = this.#reported;
    if (!before || this.snapshot.value.state === "joining") {
      this.#screen.take(sample.at, true); // the time before the first picture is no freeze
      this.#reported = sample;
      return;
    }
    if (sample.at - before.at < REPORT_EVERY) return;
    const { soundOnly, layers } = this.snapshot.value;
    const stall = this.#stall();
    const screen = this.#screen.take(sample.at, !soundOnly && (stall === "" || stall === "media" || stall === "network"));
    const seen = this.#seesFrames ? screen : { shown: Math.max(0, sample.frames - before.frames), freezes: Math.max(0, sample.freezes - before.freezes), frozen: 0 };
    const made = report(before, sample, { ...seen, hidden: this.#hid || document.hidden, stall, layer: layers?.current ?? "" });
    this.#reported = sample;
    this.#hid = document.hidden;
    if (made) this.#player.report(made);
  }

  /** Why the picture does not move, if it should not or cannot. */
  #stall(): Stall {
    const { state, reason, show } = this.snapshot.value;
    if (this.blocked.value === "play") return "play";
    if (reason === "host" || show?.interrupted) return "host";
    if (reason === "offline" || reason === "server") return "network";
    return state === "reconnecting" ? "media" : "";
  }

  #told(link: LinkFigures): void {
    this.link.value = link;
    this.advice.value = this.#adviser.hear(verdict(link, this.snapshot.value.layers));
    clearTimeout(this.#forget);
    this.#forget = setTimeout(() => {
      this.link.value = this.advice.value = undefined;
    }, STALE);
  }

  #wish(w: Wish): void {
    this.wish.value = w;
    keepText(KEPT, JSON.stringify(w));
  }
}

/** Reads the wish of the last visit; sound at full volume on the first. */
function recall(): Wish {
  try {
    const w = JSON.parse(recallText(KEPT)) as Partial<Wish>;
    if (typeof w.muted === "boolean" && typeof w.volume === "number" && w.volume >= 0 && w.volume <= 1) {
      return { muted: w.muted, volume: w.volume };
    }
  } catch {
    // Nothing kept, or not by us.
  }
  return { muted: false, volume: 1 };
}

/** What was kept under a name; "" for nothing. */
function recallText(name: string): string {
  try {
    return localStorage.getItem(name) ?? "";
  } catch {
    return "";
  }
}

function keepText(name: string, text: string): void {
  try {
    localStorage.setItem(name, text);
  } catch {
    // A private window has no storage; what is kept lasts as long as the page.
  }
}
