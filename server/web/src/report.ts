// What the player tells the server about what its viewer saw and heard (server/wire, truth.go).

import { compare, type Sample } from "./sample";

/** The least time between two reports, in ms. */
export const REPORT_EVERY = 2000;
/** A longer time between two samples is a sleep of the computer, and reported by nobody. */
const LONGEST = 60_000;

/** Why there is no moving picture: see wire.Stall. */
export type Stall = "" | "media" | "host" | "network" | "play";

/** A report as the server reads it. Times in ms, counts since the last report. */
export interface Report {
  readonly type: "report";
  readonly protocol: "whep" | "hls";
  readonly span: number;
  readonly hidden?: boolean;
  readonly stall?: Stall;
  readonly shown: number;
  readonly dropped: number;
  readonly freezes: number;
  readonly frozen: number;
  readonly fps: number;
  readonly samples: number;
  readonly concealed: number;
  readonly silent: number;
  readonly buffer: number;
  readonly decode: number;
  readonly rtt: number;
  readonly loss: number;
  readonly layer?: string;
  readonly height: number;
  readonly playing?: number;
}

/** What came on screen in some time. Times in ms. */
export interface Shown {
  readonly shown: number;
  readonly freezes: number;
  readonly frozen: number;
}

/** What the counters of a session do not know. */
export interface Scene extends Shown {
  /** The page was not visible, at least for a while. */
  readonly hidden: boolean;
  readonly stall: Stall;
  readonly layer: string;
}

/** Makes the report of the time between two samples of a session; undefined where they tell nothing. */
export function report(before: Sample, after: Sample, scene: Scene): Report | undefined {
  const span = Math.round(after.at - before.at);
  if (span <= 0 || span > LONGEST) return undefined;
  const grown = (key: "dropped" | "samples" | "concealed" | "silent" | "decoding" | "frames" | "buffered" | "emitted") => Math.max(0, after[key] - before[key]);
  const mean = (sum: number, of: number) => (of > 0 ? Math.round(sum / of) : 0);
  const samples = Math.round(grown("samples"));
  const concealed = Math.min(samples, Math.round(grown("concealed")));
  return {
    type: "report",
    protocol: "whep",
    span,
    ...(scene.hidden ? { hidden: true } : {}),
    ...(scene.stall !== "" ? { stall: scene.stall } : {}),
    shown: scene.shown,
    dropped: Math.round(grown("dropped")),
    freezes: scene.freezes,
    frozen: Math.min(span, Math.round(scene.frozen)),
    fps: Math.round((scene.shown * 10_000) / span) / 10,
    samples,
    concealed,
    silent: Math.min(concealed, Math.round(grown("silent"))),
    buffer: mean(grown("buffered"), grown("emitted")),
    decode: mean(grown("decoding"), grown("frames")),
    rtt: Math.round(after.roundTrip ?? 0),
    loss: Math.round(compare(before, after).loss * 1000) / 1000,
    ...(scene.layer !== "" ? { layer: scene.layer } : {}),
    height: after.height,
    ...(after.playing !== undefined ? { playing: Math.round(after.playing) } : {}),
  };
}

/** The usual time between frames that is assumed before any was measured, in ms, and the longest that is believed. */
const USUAL = 100;
const USUAL_MOST = 200;
/** A report of frames that stands for more than so many was made by another video. */
const MISSED_MOST = 1000;

/**
 * Counts what comes on screen. A freeze is a time without a new frame that is longer than three frames, and than a frame and 150 ms
 * (W3C webrtc-stats, freezeCount); one that goes on counts in every report, because who looks at a still picture does not wait for its
 * end to know. Times in ms of a monotonic clock.
 */
export class Screen {
  #at: number | undefined;
  #presented = 0;
  #usual = USUAL;
  #shown = 0;
  #freezes = 0;
  #frozen = 0;
  /** Until when the freeze that goes on was counted; 0 if none does. */
  #counted = 0;

  /** Takes a frame that comes on screen, and how many did until now: a busy page is not told of each. */
  frame(at: number, presented: number): void {
    const n = Math.max(1, presented - this.#presented);
    this.#presented = presented;
    const before = this.#at;
    this.#at = at;
    if (before === undefined || n > MISSED_MOST) {
      this.#shown++;
      return;
    }
    this.#shown += n;
    const gap = Math.max(0, at - before) / n;
    if (gap > this.#limit()) this.#froze(before, at);
    this.#usual += (Math.min(gap, USUAL_MOST) - this.#usual) / 16;
    this.#counted = 0;
  }

  /** What came since the last call. Where no picture is expected to move, its standing still is no freeze. */
  take(now: number, expected: boolean): Shown {
    if (!expected) this.#at = undefined;
    else if (this.#at !== undefined && now - this.#at > this.#limit()) {
      this.#froze(this.#at, now);
      this.#counted = now;
    }
    const seen = { shown: this.#shown, freezes: this.#freezes, frozen: this.#frozen };
    this.#shown = this.#freezes = this.#frozen = 0;
    return seen;
  }

  #froze(from: number, to: number): void {
    this.#freezes++;
    this.#frozen += Math.max(0, to - Math.max(from, this.#counted));
  }

  #limit(): number {
    return Math.max(3 * this.#usual, this.#usual + 150);
  }
}
