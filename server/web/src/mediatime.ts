// What is shown with which picture. The server tells for every session how the RTP time stamps of its picture go with the
// time at which the host's camera took it (MediaClock), the browser tells the time stamp of every frame that it shows, and
// an event of the room names the media time that it belongs to: so it can wait for its frame.

import type { MediaClock } from "./events";
import type { World } from "./session";

/** Ticks of a picture's RTP clock in a millisecond, for every codec (RFC 6184 §8.2.1, RFC 7741 §6.1). */
const TICKS = 90;
/**
 * Nothing waits for its frame longer than this, in ms, and a picture that has stood still for so long tells nothing: an event
 * of a show without picture, of a hidden page or of a browser without time stamps is shown when it comes. Its server time
 * could say no more, for what has come is past.
 */
export const LATEST = 3000;
/** A frame counts as taken at a time that it misses by so much, in ms: times are rounded, and cameras are not exact. */
const SLACK = 5;
/** A picture has gone on for so long at most since the frame that was last told of, in ms: beyond, it may as well have stopped. */
const GONE_ON = 50;
/** So many clocks are kept: the frames of those before are long gone. */
const KEPT = 8;

/** Tells the media time of what is on screen, in ms on the host's clock. It knows neither the browser nor the server. */
export class MediaTime {
  /** By the stream of each session, newest first. */
  readonly #clocks = new WeakMap<object, MediaClock[]>();
  #shown: number | undefined;
  #shownAt = -Infinity;
  readonly #waiting = new Set<{ readonly media: number; readonly due: AbortController }>();

  constructor(private readonly world: Pick<World, "now" | "pause">) {}

  /** Takes what the server told about a stream. */
  learn(clock: MediaClock, stream: object): void {
    const known = this.#clocks.get(stream) ?? [];
    this.#clocks.set(stream, [clock, ...known].slice(0, KEPT));
  }

  /**
   * Takes a frame that came on screen so long ago, in ms, by its RTP time stamp where the browser tells it. Browsers tell of
   * frames one refresh of the screen late, busy pages hear of them later still: the picture has gone on by that.
   */
  frame(rtp: number | undefined, stream: object | null, ago: number): void {
    const clocks = stream === null || rtp === undefined ? undefined : this.#clocks.get(stream);
    this.#shown = clocks && rtp !== undefined ? read(clocks, rtp) + Math.min(GONE_ON, Math.max(0, ago)) : undefined;
    if (this.#shown === undefined) return;
    this.#shownAt = this.world.now();
    for (const w of this.#waiting) if (this.#reached(w.media)) w.due.abort();
  }

  /** The media time of the picture on screen when a frame was last told of; undefined where that is not known. */
  shown(): number | undefined {
    return this.world.now() - this.#shownAt < LATEST ? this.#shown : undefined;
  }

  /**
   * Resolves with the first frame on screen that was taken at the media time or later, at once if that is past or nothing
   * tells, and never later than LATEST. What waited for one frame goes on in the order in which it began to wait.
   */
  async when(media: number): Promise<void> {
    if (this.shown() === undefined || this.#reached(media)) return;
    const w = { media, due: new AbortController() };
    this.#waiting.add(w);
    await this.world.pause(LATEST, [w.due.signal]);
    this.#waiting.delete(w);
  }

  #reached(media: number): boolean {
    return this.#shown !== undefined && this.#shown + SLACK >= media;
  }
}

/** The media time of a frame, by the newest clock that had begun; one that is older than all goes by the oldest. */
function read(clocks: readonly MediaClock[], rtp: number): number {
  const clock = clocks.find((c) => since(c, rtp) >= 0) ?? clocks.at(-1)!;
  return clock.media + since(clock, rtp) / TICKS;
}

/** Ticks from the clock's time stamp to another; time stamps have 32 bits and begin anew. */
const since = (clock: MediaClock, rtp: number): number => (rtp - clock.rtp) | 0;
