// The player: joins a show, watches that media flows, and comes back whatever happens. It knows neither the page nor the
// browser: World is all it needs of them, so that tests run it on a made-up clock.
//
// Two loops share its state. One joins, watches the session and joins again; the other asks the server about the show,
// more often the more there is to learn. Bells wake who has something to gain from being early.

import { backoff, HURRY } from "./backoff";
import type { Sample } from "./sample";
import { Watch } from "./watch";
import { Refusal, type Show } from "./wire";

/**
 * - idle: not started, or stopped
 * - joining: no picture yet
 * - playing: media flows
 * - reconnecting: media flowed and stopped; the last picture stays
 * - waiting: the show has not begun, or its host has been away for long
 * - ended: the host closed the show
 * - failed: nothing that trying helps; a change on the server may
 */
export type State = "idle" | "joining" | "playing" | "reconnecting" | "waiting" | "ended" | "failed";

/** Why the state is not playing, where that is known. */
export type Reason = "" | "host" | "server" | "offline" | "busy" | "unknown" | "codec" | "unsupported";

/** What the view draws. A new object for every change. */
export interface Snapshot {
  readonly state: State;
  readonly reason: Reason;
  /** Joins that failed since media last flowed. */
  readonly tries: number;
  readonly show: Show | undefined;
  /** The media of the newest session. Its first frame may not have come yet. */
  readonly stream: MediaStream | undefined;
  /** The show has sound and no picture. */
  readonly soundOnly: boolean;
}

/** How the transport of a session does: shaky may come back, lost does not. */
export type Link = "connecting" | "up" | "shaky" | "lost";

/** A joined show. */
export interface Session {
  readonly stream: MediaStream;
  /** Called whenever link may have changed. */
  onlink: () => void;
  link(): Link;
  sample(): Promise<Sample>;
  /** Ends the session here and at the server. Idempotent. */
  close(): void;
}

/** What the player needs of the world. Times in ms. */
export interface World {
  /** Joins the show. Throws a Refusal, or another error if the server cannot be reached. */
  join(signal: AbortSignal): Promise<Session>;
  /** Asks about the show. Throws like join. */
  ask(signal: AbortSignal): Promise<Show>;
  /** Resolves after the time, or as soon as one of the signals fires. Never rejects. */
  pause(time: number, signals: readonly AbortSignal[]): Promise<void>;
  now(): number;
  random(): number;
  /** The page is not visible: nobody looks, and the browser may not decode the picture. */
  hidden(): boolean;
  online(): boolean;
}

/** No progress for so long is a stall, in ms. */
export const STALL = 2000;
/** A host who is away for longer is waited for with the slate, not with the last picture, in ms. */
export const GRACE = 30_000;
/** A stalled session whose host is on air is given up after so long, in ms. */
const PATIENCE = 3000;
/** A new session is looked at often for so long, in ms: the first picture should not wait for the look. */
const EAGER = 5000;
/** The longest pause that a refusal may ask for, in ms. */
const HINT = 30_000;
/** Media that flowed for so long proves that joining works: the next join starts without a pause, in ms. */
const PROOF = 5000;

/** What the server said last about joining. */
type Verdict = "unheard" | "live" | "not_live" | "closed" | "missing" | "codec";

const verdicts: Readonly<Record<string, Verdict>> = {
  not_live: "not_live",
  show_closed: "closed",
  not_found: "missing",
  no_codec: "codec",
};

/** Wakes whoever sleeps on it. */
class Bell {
  #next = new AbortController();

  get signal(): AbortSignal {
    return this.#next.signal;
  }

  ring(): void {
    const now = this.#next;
    this.#next = new AbortController();
    now.abort();
  }
}

/** What has been learnt about a session since it stalled. */
interface Stall {
  readonly since: number;
  /** The server could not be reached: it forgot the session if it restarted. */
  cut: boolean;
  /** When the host was first heard to be on air. */
  liveAt: number | undefined;
}

export class Player {
  #snapshot: Snapshot = { state: "idle", reason: "", tries: 0, show: undefined, stream: undefined, soundOnly: false };
  #running: AbortController | undefined;
  /** News from the server. */
  readonly #news = new Bell();
  /** A reason to ask the server at once. */
  readonly #doubt = new Bell();
  /** A reason to try at once. */
  readonly #hope = new Bell();

  #verdict: Verdict = "unheard";
  #refusedCodec = "";
  #heardAt = -Infinity;
  #reachable = true;
  /** The pause that the last refusal asked for. */
  #hint = 0;
  /** When media last flowed; undefined when there is no picture to keep. */
  #flowedAt: number | undefined;
  #troubleAt = 0;
  #stall: Stall | undefined;

  /**
   * @param onChange gets every snapshot
   * @param onSample gets the counters of the running session, two to twenty times a second
   */
  constructor(
    private readonly world: World,
    private readonly onChange: (s: Snapshot) => void,
    private readonly onSample: (s: Sample) => void,
  ) {}

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Starts the two loops; does nothing when they run. */
  start(): void {
    if (this.#running) return;
    const { signal } = (this.#running = new AbortController());
    this.#verdict = "unheard";
    this.#flowedAt = undefined;
    this.#stall = undefined;
    this.#troubleAt = this.world.now();
    this.#set({ state: "joining", reason: "", tries: 0 });
    void this.#play(signal);
    void this.#inquire(signal);
  }

  /** Ends the session and both loops. */
  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#set({ state: "idle", reason: "", stream: undefined });
  }

  /** Says that a try may succeed now: the network came back, or somebody looks again. */
  nudge(): void {
    this.#hope.ring();
    this.#doubt.ring();
  }

  async #play(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#admitted(signal);
      await this.#compose(signal);
      if (signal.aborted) return;
      this.#set({ tries: this.#snapshot.tries + 1 });
      try {
        await this.#visit(signal);
      } catch (e) {
        if (!signal.aborted) this.#refused(e);
      }
    }
  }

  /** Waits until nothing that the server said stands against joining. */
  async #admitted(signal: AbortSignal): Promise<void> {
    const from = this.world.now();
    while (!signal.aborted && this.#barred()) await this.world.pause(1000, [signal, this.#news.signal]);
    if (signal.aborted || this.world.now() - from < STALL) return;
    this.#troubleAt = this.world.now();
    this.#set({ tries: 0 });
    this.#trouble("");
  }

  /** Shows what stands against joining, if anything does. */
  #barred(): boolean {
    switch (this.#verdict) {
      case "closed":
        this.#rest("ended", "");
        return true;
      case "missing":
        this.#rest("failed", "unknown");
        return true;
      case "codec":
        this.#rest("failed", "codec");
        return true;
      case "not_live":
        this.#trouble("host");
        return true;
      default:
        return false;
    }
  }

  /** Pauses before a try. */
  async #compose(signal: AbortSignal): Promise<void> {
    const age = this.world.now() - this.#troubleAt;
    const pause = Math.max(this.#hint, backoff(this.#snapshot.tries, age, this.world.random()));
    this.#hint = 0;
    if (pause > 0) await this.world.pause(pause, [signal, this.#hope.signal]);
  }

  /** Joins once and stays as long as it goes well. */
  async #visit(signal: AbortSignal): Promise<void> {
    const session = await this.world.join(signal);
    try {
      await this.#watch(session, signal);
    } finally {
      session.close();
      if (!signal.aborted) {
        this.#stall = undefined;
        this.#trouble(this.#snapshot.reason);
      }
    }
  }

  /** Returns when the session is over or not worth waiting for. */
  async #watch(session: Session, signal: AbortSignal): Promise<void> {
    const link = new Bell();
    const watch = new Watch(this.world.now());
    session.onlink = () => link.ring();
    this.#set({ stream: session.stream });
    while (!signal.aborted && session.link() !== "lost") {
      const sample = await session.sample();
      if (signal.aborted) return;
      const now = this.world.now();
      const { show } = this.#snapshot;
      if (watch.look(sample, now, { hidden: this.world.hidden(), video: show?.live ? show.video : undefined })) {
        this.#flows(now, watch);
      }
      this.onSample(sample);
      const still = now - watch.movedAt;
      if (session.link() === "shaky" && still > STALL / 2) return;
      if (still >= STALL && this.#hopeless(now)) return;
      await this.world.pause(this.#rhythm(watch, now), [signal, link.signal, this.#news.signal]);
    }
  }

  /** How often to look at the session, in ms. Sound that comes alone moves with its loudness. */
  #rhythm(watch: Watch, now: number): number {
    if (!watch.moved && now - watch.startedAt < EAGER) return 50;
    return watch.soundOnly && !this.world.hidden() ? 100 : 500;
  }

  #flows(now: number, watch: Watch): void {
    this.#flowedAt = now;
    this.#stall = undefined;
    const proven = now - watch.startedAt >= PROOF;
    this.#set({ state: "playing", reason: "", soundOnly: watch.soundOnly, ...(proven ? { tries: 0 } : {}) });
  }

  /** Judges a stalled session by what the server has said since it stalled. */
  #hopeless(now: number): boolean {
    if (!this.#stall) {
      this.#stall = { since: now, cut: false, liveAt: undefined };
      this.#trouble("");
      this.#doubt.ring();
    }
    const stall = this.#stall;
    if (this.#heardAt < stall.since) return false;
    if (!this.#reachable) {
      stall.cut = true;
      this.#trouble(this.#unreachable());
      return false;
    }
    if (this.#verdict === "not_live") {
      stall.liveAt = undefined;
      this.#trouble("host");
      return false;
    }
    if (this.#verdict !== "live" || stall.cut) return true;
    stall.liveAt ??= now;
    this.#trouble("");
    return now - stall.liveAt >= PATIENCE;
  }

  /** Takes a failed join. */
  #refused(e: unknown): void {
    const verdict = e instanceof Refusal ? verdicts[e.code] : undefined;
    if (verdict) {
      this.#verdict = verdict;
      this.#refusedCodec = this.#snapshot.show?.video ?? "";
      this.#doubt.ring();
    } else if (e instanceof Refusal) {
      this.#hint = Math.min(e.retryAfter ?? 0, HINT) * (1 + this.world.random() / 4);
      this.#trouble(e.status === 429 || e.status === 503 ? "busy" : "server");
    } else {
      this.#trouble(this.#unreachable());
    }
  }

  #unreachable(): Reason {
    return this.world.online() ? "server" : "offline";
  }

  async #inquire(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const doubt = this.#doubt.signal; // heard while asking counts, too
      await this.#ask(signal);
      await this.world.pause(this.#cadence() * (0.8 + this.world.random() * 0.4), [signal, doubt]);
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    try {
      const show = await this.world.ask(signal);
      if (signal.aborted) return;
      this.#reachable = true;
      this.#verdict = this.#judge(show);
      this.#set({ show });
    } catch (e) {
      if (signal.aborted) return;
      this.#reachable = e instanceof Refusal;
      if (e instanceof Refusal && e.status === 404) this.#verdict = "missing";
    }
    this.#heardAt = this.world.now();
    this.#news.ring();
  }

  /** A browser that was refused for its codecs tries again when the show has another one. */
  #judge(show: Show): Verdict {
    if (show.state === "closed") return "closed";
    if (!show.live) return "not_live";
    return this.#verdict === "codec" && show.video === this.#refusedCodec ? "codec" : "live";
  }

  /** How often to ask, in ms. */
  #cadence(): number {
    const { state } = this.#snapshot;
    const slow = this.world.hidden() ? 4 : 1;
    if (this.#stall || state === "reconnecting") return this.world.now() - this.#troubleAt < HURRY ? 800 : 3000;
    if (state === "waiting") return 2500 * slow;
    if (state === "ended" || state === "failed") return 10_000 * slow;
    return 5000 * slow;
  }

  /** Shows a trouble that passes: over the last picture while that is young, as the slate when the host stays away. */
  #trouble(reason: Reason): void {
    const now = this.world.now();
    if (this.#snapshot.state === "playing") this.#troubleAt = now;
    if (this.#flowedAt !== undefined && (reason !== "host" || now - this.#flowedAt < GRACE)) {
      this.#set({ state: "reconnecting", reason });
    } else if (reason === "host") {
      this.#rest("waiting", "");
    } else {
      this.#set({ state: "joining", reason });
    }
  }

  /** Shows a state that has no picture to keep. */
  #rest(state: State, reason: Reason): void {
    this.#flowedAt = undefined;
    this.#set({ state, reason, soundOnly: false });
  }

  #set(change: Partial<Snapshot>): void {
    const old = this.#snapshot;
    if (Object.entries(change).every(([k, v]) => old[k as keyof Snapshot] === v)) return;
    this.#snapshot = { ...old, ...change };
    this.onChange(this.#snapshot);
  }
}
