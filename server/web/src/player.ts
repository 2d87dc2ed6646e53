// The player: joins a show, watches that media flows, and comes back whatever happens. It knows neither the page nor the
// browser: World is all it needs of them, so that tests run it on a made-up clock.
//
// Two loops share its state. One joins, watches the session and joins again; the other asks the server about the show by
// HTTP, more often the more there is to learn, and not at all while the session itself brings the news. Bells wake who has
// something to gain from being early.

import { backoff, HURRY } from "./backoff";
import { Bell } from "./bell";
import type { Event, Layers } from "./events";
import { Relay, Silence, type Visit } from "./relay";
import type { Report } from "./report";
import type { Sample } from "./sample";
import type { Session, World } from "./session";
import { idle, type Listener, type Reason, type Snapshot, type State } from "./snapshot";
import type { Watch } from "./watch";
import { Refusal, type Show } from "./wire";

/** No progress for so long is a stall, in ms: shorter when the server says that the host is away. */
export const STALL = 2000;
const STALL_AS_TOLD = 500;
/** A host who is away for longer without a word is waited for as one who has not begun, in ms. */
export const GRACE = 30_000;
/** A stalled session whose host is on air is left for a new one after so long without media, in ms. */
export const PATIENCE = 3000;
/** The server tells about the link once a second: it is there, and need not be asked, for so long after, in ms. */
const TOLD = 3500;
const TOLD_IN_DOUBT = 1500;
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

/** What has been learnt about a session since it stalled. */
interface Stall {
  readonly since: number;
  /** From when on media is missed: it stopped, its host came back, or the transport was restarted. */
  from: number;
  /** Looking for a new way: not yet, under way, found, or the server does not know the session. */
  restart: "" | "asked" | "done" | "refused";
}

export class Player {
  #snapshot = idle;
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
  /** When the session last brought news. */
  #toldAt = -Infinity;
  #reachable = true;
  /** The pause that the last refusal asked for. */
  #hint = 0;
  /** When media last flowed; undefined when there is no picture to keep. */
  #flowedAt: number | undefined;
  #troubleAt = 0;
  #stall: Stall | undefined;
  #session: Session | undefined;
  /** The layer that the viewer wants, and the sessions that have heard of it. */
  #layer = "";
  /** How large the picture is seen; undefined where nobody has said. */
  #seen: { readonly picture: boolean; readonly height: number } | undefined;
  readonly #asked = new WeakSet<Session>();
  readonly #relay: Relay;

  constructor(
    private readonly world: World,
    private readonly listener: Listener,
  ) {
    this.#relay = new Relay(
      world,
      (e, by) => this.#told(e, by),
      (v) => this.#look(v),
    );
  }

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
    this.#set({ state: "joining", reason: "", tries: 0, layers: undefined });
    void this.#play(signal);
    void this.#inquire(signal);
  }

  /** Ends the session and both loops. */
  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#relay.release();
    this.#set({ state: "idle", reason: "", stream: undefined });
  }

  /** Says that a try may succeed now: the network came back, or somebody looks again. */
  nudge(): void {
    this.#hope.ring();
    this.#doubt.ring();
  }

  /** Asks for a layer of the picture, "" for the server's choice, in this session and those that follow. */
  pin(layer: string): void {
    this.#layer = layer;
    this.#session?.pin(layer);
  }

  /** Says how large the picture is seen, in pixels of height, or that it is not, in this session and those that follow. */
  see(picture: boolean, height: number): void {
    this.#seen = { picture, height };
    this.#session?.see(picture, height);
  }

  /** Tells the server what its viewer saw and heard. */
  report(r: Report): void {
    if (this.#session && !this.#session.tell(r)) this.world.post(r);
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

  /** Enters once and stays as long as it goes well. */
  async #visit(signal: AbortSignal): Promise<void> {
    const visit = await this.#relay.enter(signal);
    this.#session = visit.session;
    try {
      await this.#watch(visit, signal);
    } finally {
      if (signal.aborted) {
        visit.session.close();
      } else {
        this.#relay.leave(visit);
        this.#stall = undefined;
        this.#trouble(this.#snapshot.reason);
      }
    }
  }

  /** Returns when the session is over or not worth waiting for. */
  async #watch(visit: Visit, signal: AbortSignal): Promise<void> {
    const { session, watch } = visit;
    const link = new Bell();
    session.onlink = () => link.ring();
    this.#set({ stream: session.stream });
    while (!signal.aborted && session.link() !== "lost") {
      const flows = await this.#look(visit, (s) => signal.aborted || this.listener.measured(s));
      if (signal.aborted) return;
      const now = this.world.now();
      if (flows) this.#flows(now, watch);
      const still = now - watch.movedAt;
      if (still >= (this.#snapshot.show?.interrupted ? STALL_AS_TOLD : STALL) && this.#hopeless(visit, now, signal)) return;
      await this.world.pause(this.#rhythm(watch, now), [signal, link.signal, this.#news.signal]);
    }
  }

  /** Takes a sample; tells whether media flowed since the one before. */
  async #look({ session, watch }: Visit, take?: (s: Sample) => void): Promise<boolean> {
    const sample = await session.sample();
    take?.(sample);
    const { show, layers } = this.#snapshot;
    const video = layers && layers.layers.length > 0 && layers.current === "" ? "" : show?.live ? show.video : undefined;
    return watch.look(sample, this.world.now(), { hidden: this.world.hidden(), video });
  }

  /** How often to look at the session, in ms: often while something is expected; sound alone moves with its loudness. */
  #rhythm(watch: Watch, now: number): number {
    if (!watch.moved && now - watch.startedAt < EAGER) return 50;
    if (this.#stall) return 200;
    return watch.soundOnly && !this.world.hidden() ? 100 : 250;
  }

  #flows(now: number, watch: Watch): void {
    this.#flowedAt = now;
    this.#stall = undefined;
    const proven = now - watch.startedAt >= PROOF;
    this.#set({ state: "playing", reason: "", soundOnly: watch.soundOnly, ...(proven ? { tries: 0 } : {}) });
  }

  /**
   * Judges a stalled session by what the server has said since it stalled. One that brings neither media nor news has its
   * transport restarted at once: either a new way is found, or the server was started anew and does not know the session.
   */
  #hopeless({ session, watch }: Visit, now: number, signal: AbortSignal): boolean {
    if (!this.#stall) {
      this.#stall = { since: now, from: watch.movedAt, restart: "" };
      this.#trouble(this.#away() ? "host" : "");
      this.#doubt.ring();
    }
    const stall = this.#stall;
    if (this.#heardAt < stall.since) return false;
    if (!this.#reachable) {
      this.#trouble(this.#unreachable());
      return false;
    }
    if (this.#away()) {
      stall.from = now;
      this.#trouble("host");
      return false;
    }
    if (this.#verdict !== "live") return true;
    this.#trouble("");
    if (stall.restart === "refused") return true;
    if (stall.restart !== "" || this.#hears(now)) return stall.restart !== "asked" && now - stall.from >= PATIENCE;
    stall.restart = "asked";
    void session.restart(signal).then((known) => {
      stall.restart = known ? "done" : "refused";
      if (known) stall.from = this.world.now();
      this.#news.ring();
    });
    return false;
  }

  /** The host sends nothing, but the show is not over. */
  #away(): boolean {
    return this.#verdict === "not_live" || (this.#verdict === "live" && this.#snapshot.show?.interrupted === true);
  }

  /** The session has brought news lately. */
  #hears(now: number): boolean {
    return now - this.#toldAt < (this.#stall ? TOLD_IN_DOUBT : TOLD);
  }

  /** Takes a failed join. */
  #refused(e: unknown): void {
    const verdict = e instanceof Refusal ? verdicts[e.code] : undefined;
    if (verdict) {
      this.#verdict = verdict;
      this.#refusedCodec = this.#snapshot.show?.video ?? "";
      this.#doubt.ring();
    } else if (e instanceof Silence) {
      this.#trouble("");
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
      if (!this.#hears(this.world.now())) await this.#ask(signal);
      await this.world.pause(this.#cadence() * (0.8 + this.world.random() * 0.4), [signal, doubt]);
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    try {
      const show = await this.world.ask(signal);
      if (signal.aborted) return;
      this.#heard(show);
    } catch (e) {
      if (signal.aborted) return;
      this.#reachable = e instanceof Refusal;
      if (e instanceof Refusal && e.status === 404) this.#verdict = "missing";
      this.#heardAt = this.world.now();
      this.#news.ring();
    }
  }

  /** Takes news of the session. */
  #told(e: Event, by: Session): void {
    this.#toldAt = this.#heardAt = this.world.now();
    this.#reachable = true;
    if (e.type === "show") this.#heard(e.show);
    else if (e.type === "layers") this.#sees(e, by);
    else if (e.type === "clock") this.listener.timed(e, by.stream);
    else this.listener.told(e);
  }

  /** Takes the sizes of the picture; a session that is new to the viewer's choice hears of it. */
  #sees(layers: Layers, by: Session): void {
    this.#set({ layers });
    if (this.#asked.has(by)) return;
    this.#asked.add(by);
    if (this.#seen) by.see(this.#seen.picture, this.#seen.height);
    if (this.#layer !== layers.pinned) by.pin(this.#layer);
  }

  #heard(show: Show): void {
    this.#reachable = true;
    this.#verdict = this.#judge(show);
    this.#set({ show });
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
    if (this.#stall || state === "reconnecting" || state === "interrupted") return this.world.now() - this.#troubleAt < HURRY ? 500 : 3000;
    if (state === "waiting") return 1500 * slow;
    if (state === "ended" || state === "failed") return 10_000 * slow;
    return 5000 * slow;
  }

  /** Shows a trouble that passes: over the last picture while that is young, as the slate when the host stays away. */
  #trouble(reason: Reason): void {
    const now = this.world.now();
    if (this.#snapshot.state === "playing") this.#troubleAt = now;
    const young = this.#flowedAt !== undefined && now - this.#flowedAt < GRACE;
    if (reason === "host") {
      if (young || this.#snapshot.show?.interrupted) this.#set({ state: "interrupted", reason });
      else this.#rest("waiting", "");
    } else {
      this.#set({ state: this.#flowedAt !== undefined ? "reconnecting" : "joining", reason });
    }
  }

  /** Shows a state that has no picture to keep. */
  #rest(state: State, reason: Reason): void {
    this.#flowedAt = undefined;
    this.#relay.release();
    this.#set({ state, reason, soundOnly: false });
  }

  #set(change: Partial<Snapshot>): void {
    const old = this.#snapshot;
    if (Object.entries(change).every(([k, v]) => old[k as keyof Snapshot] === v)) return;
    this.#snapshot = { ...old, ...change };
    this.listener.changed(this.#snapshot);
  }
}
