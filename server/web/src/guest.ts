// Being on stage: gets a pass, sends, and comes back by itself after a loss, for as long as one is let. It knows neither the page nor the browser:
// GuestWorld is all it needs of them.

import { backoff } from "./backoff";
import { Bell } from "./bell";
import type { StagePass } from "./stagewire";
import type { Uplink } from "./whip";
import { Refusal } from "./wire";

/** A way that may come back is waited for so long, in ms: somebody who is away for longer is off the stage. */
export const SHAKY = 2500;
/** A way that does not come up within so long is left, in ms. */
export const OPEN_WITHIN = 8000;

/** The world as a guest needs it. Times in ms. */
export interface GuestWorld {
  /** Gets a pass. Throws a Refusal if one may not send. */
  pass(): Promise<StagePass>;
  /** Sends what there is to send. Throws like pass. */
  send(pass: StagePass, signal: AbortSignal): Promise<Uplink>;
  pause(time: number, signals: readonly AbortSignal[]): Promise<void>;
  now(): number;
  random(): number;
  changed(s: Sending): void;
}

/** How sending does: not at all, for the first time, well, or it comes back. */
export type Sending = "" | "opening" | "on" | "lost";

export class Guest {
  #running: AbortController | undefined;
  #uplink: Uplink | undefined;
  #sending: Sending = "";
  #pass: Promise<StagePass> | undefined;
  readonly #hope = new Bell();

  constructor(private readonly world: GuestWorld) {}

  get running(): boolean {
    return this.#running !== undefined;
  }

  /** Gets a pass, once: ahead, whoever is let on is on air the sooner. One that could not be had is asked for again. */
  prepare(): Promise<StagePass> {
    if (this.#pass) return this.#pass;
    const pass = (this.#pass = this.world.pass());
    pass.catch(() => this.#pass === pass && (this.#pass = undefined));
    return pass;
  }

  /** Sends until stop; does nothing when it does. */
  start(): void {
    if (this.#running) return;
    const { signal } = (this.#running = new AbortController());
    this.#set("opening");
    void this.#run(signal);
  }

  /** Ends, here and at the server. */
  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#uplink?.close();
    this.#uplink = this.#pass = undefined;
    this.#set("");
  }

  /** Sends another track of that kind, or none. */
  replace(kind: "audio" | "video", track: MediaStreamTrack | null): void {
    this.#uplink?.replace(kind, track);
  }

  /** A try may succeed now. */
  nudge(): void {
    this.#hope.ring();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { world } = this;
    let tries = 0;
    let troubleAt = world.now();
    while (!signal.aborted) {
      const pause = backoff(tries, world.now() - troubleAt, world.random());
      if (tries > 0) await world.pause(pause, [signal, this.#hope.signal]);
      if (signal.aborted) return;
      tries++;
      try {
        const pass = await this.prepare();
        if (signal.aborted) return;
        const uplink = (this.#uplink = await world.send(pass, signal));
        if (signal.aborted) return uplink.close();
        if (await this.#stay(uplink, signal)) [tries, troubleAt] = [1, world.now()];
        uplink.close();
      } catch (e) {
        if (e instanceof Refusal && (e.status === 401 || e.status === 403)) this.#pass = undefined; // it has lapsed; a new one is refused if one is off the stage
      }
      if (!signal.aborted) this.#set("lost");
    }
  }

  /** Stays while the way is there; tells whether it ever was. */
  async #stay(uplink: Uplink, signal: AbortSignal): Promise<boolean> {
    const { world } = this;
    const link = new Bell();
    uplink.onlink = () => link.ring();
    let [since, was, well] = [world.now(), false, false];
    while (!signal.aborted) {
      const now = uplink.link();
      if (now === "lost") return was;
      if (well) since = world.now(); // it was well until now
      well = now === "up";
      if (well) {
        was = true;
        this.#set("on");
      }
      const patience = well ? 1e9 : (was ? SHAKY : OPEN_WITHIN) - (world.now() - since);
      if (patience <= 0) return was;
      await world.pause(patience, [signal, link.signal]);
    }
    return was;
  }

  #set(s: Sending): void {
    if (s === this.#sending) return;
    this.#sending = s;
    this.world.changed(s);
  }
}
